package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/domain"
)

// VerifyToken checks a token of either kind, and changes nothing.
type VerifyToken struct{ tokenReader }

// NewVerifyToken makes the use case.
func NewVerifyToken(ports Ports, policy domain.SessionPolicy) *VerifyToken {
	return &VerifyToken{tokenReader{ports, policy}}
}

// VerifyTokenIn is the presented token.
type VerifyTokenIn struct{ Token string }

// VerifyTokenOut is the token with its session.
type VerifyTokenOut struct{ Token PresentedToken }

// Do fails with token_not_valid unless it is an access token of a session that has not
// ended, or a current refresh token.
func (uc *VerifyToken) Do(ctx context.Context, in VerifyTokenIn) (VerifyTokenOut, error) {
	presented, err := uc.introspect(ctx, in.Token)
	if err == nil && presented.Kind == RefreshToken && presented.Verdict != domain.RefreshCurrent {
		err = refusal(presented.Verdict)
	}
	return VerifyTokenOut{Token: presented}, err
}
