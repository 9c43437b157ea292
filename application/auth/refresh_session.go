package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// RefreshSession exchanges a refresh token for new tokens.
type RefreshSession struct {
	sessions port.Sessions
	clock    port.Clock
	signer   signer
	notices  *notices.Queue
}

// NewRefreshSession makes the use case.
func NewRefreshSession(
	sessions port.Sessions, clock port.Clock, access port.AccessTokens, refresh port.RefreshTokens, notices *notices.Queue,
	policy domain.SessionPolicy,
) *RefreshSession {
	return &RefreshSession{sessions, clock, signer{access, refresh, policy}, notices}
}

// RefreshSessionIn is the refresh token as it was shown.
type RefreshSessionIn struct{ Token string }

// RefreshSessionOut is what became of it. The actor is told of every token of ours.
type RefreshSessionOut struct {
	Actor   domain.Actor
	Verdict domain.RefreshVerdict
	Tokens  TokenPair
}

// Do fails with token_not_valid for what is no good refresh token. One that was
// good before its successor was made ends its session, but for a moment in which
// the answer may have been lost.
func (uc *RefreshSession) Do(ctx context.Context, in RefreshSessionIn) (RefreshSessionOut, error) {
	claims, err := uc.signer.refresh.ParseRefresh(in.Token)
	if err != nil {
		return RefreshSessionOut{}, err
	}
	now := uc.clock.Now()
	out := RefreshSessionOut{Actor: claims.Actor()}
	done, err := uc.sessions.Rotate(ctx, port.Rotation{
		SessionID: claims.SessionID, UserUUID: claims.UserUUID, Generation: claims.Generation, Policy: uc.signer.policy, Now: now,
	})
	if err != nil {
		return out, err
	}
	if out.Verdict = done.Verdict; out.Verdict == domain.RefreshReused {
		uc.tellReuse(out.Actor, now)
	}
	switch {
	case done.Verdict != domain.RefreshCurrent && done.Verdict != domain.RefreshRepeat:
		return out, refusal(done.Verdict)
	case uc.signer.policy.Rotates:
		out.Tokens, err = uc.signer.sign(done.Session, claims.UserUUID, now)
	default:
		out.Tokens, err = uc.signer.signAccess(done.Session, claims.UserUUID, now)
	}
	return out, err
}
