package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// VerifyToken tells whether a token of either kind is good, and changes nothing.
type VerifyToken struct{ reader tokenReader }

// NewVerifyToken makes the use case.
func NewVerifyToken(
	access port.AccessTokens, refresh port.RefreshTokens, sessions port.Sessions, clock port.Clock, policy domain.SessionPolicy,
) *VerifyToken {
	return &VerifyToken{tokenReader{access, refresh, sessions, clock, policy}}
}

// VerifyTokenIn is the token as it was shown.
type VerifyTokenIn struct{ Token string }

// VerifyTokenOut is what it is.
type VerifyTokenOut struct{ Token PresentedToken }

// Do fails with token_not_valid unless it is an access token of a session that
// stands, or the refresh token that is current.
func (uc *VerifyToken) Do(ctx context.Context, in VerifyTokenIn) (VerifyTokenOut, error) {
	shown, err := uc.reader.look(ctx, in.Token)
	if err == nil && shown.Kind == RefreshToken && shown.Verdict != domain.RefreshCurrent {
		err = refusal(shown.Verdict)
	}
	return VerifyTokenOut{Token: shown}, err
}
