package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// RefreshSession exchanges a refresh token for new tokens.
type RefreshSession struct {
	ports   Ports
	signer  signer
	notices *notices.Queue
}

// NewRefreshSession makes the use case.
func NewRefreshSession(ports Ports, queue *notices.Queue, policy domain.SessionPolicy) *RefreshSession {
	return &RefreshSession{ports, signer{ports.AccessTokens, ports.RefreshTokens, policy}, queue}
}

// RefreshSessionIn is the presented refresh token.
type RefreshSessionIn struct{ Token string }

// RefreshSessionOut is the verdict and the new tokens. The actor is known for every
// token of this service.
type RefreshSessionOut struct {
	Actor   domain.Actor
	Verdict domain.RefreshVerdict
	Tokens  TokenPair
}

// Do fails with token_not_valid unless the refresh token is current or repeated within
// the grace period. A reused token ends its session.
func (uc *RefreshSession) Do(ctx context.Context, in RefreshSessionIn) (RefreshSessionOut, error) {
	claims, err := uc.signer.refresh.ParseRefresh(in.Token)
	if err != nil {
		return RefreshSessionOut{}, err
	}
	now, policy := uc.ports.Clock.Now(), uc.signer.policy
	out := RefreshSessionOut{Actor: claims.Actor()}
	done, err := uc.ports.Sessions.Rotate(ctx, port.Rotation{
		SessionID: claims.SessionID, UserUUID: claims.UserUUID, Generation: claims.Generation, Policy: policy, Now: now,
	})
	if err != nil {
		return out, err
	}
	switch out.Verdict = done.Verdict; out.Verdict {
	case domain.RefreshCurrent, domain.RefreshRepeat:
	case domain.RefreshReused:
		uc.notices.Enqueue(domain.Event{
			Name: domain.EventSessionReused, At: now, UserUUID: out.Actor.UserUUID, SessionID: out.Actor.SessionID,
		}, domain.Identifier{})
		fallthrough
	default:
		return out, refusal(out.Verdict)
	}
	if policy.Rotates {
		out.Tokens, err = uc.signer.sign(done.Session, claims.UserUUID, now)
	} else {
		out.Tokens, err = uc.signer.signAccess(done.Session, claims.UserUUID, now)
	}
	return out, err
}
