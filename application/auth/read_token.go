package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ReadToken authenticates the bearer of an access token by its claims alone. The use
// case that acts for the user checks user and session, in a read that it makes anyway.
type ReadToken struct{ tokens port.AccessTokens }

// NewReadToken makes the use case.
func NewReadToken(tokens port.AccessTokens) *ReadToken { return &ReadToken{tokens} }

// ReadTokenIn is the presented token, "" if missing.
type ReadTokenIn struct{ Token string }

// ReadTokenOut is the bearer.
type ReadTokenOut struct{ Actor domain.Actor }

// Do fails with not_authenticated without a token, and with token_not_valid unless it is
// an access token of this service that has not expired.
func (uc *ReadToken) Do(_ context.Context, in ReadTokenIn) (ReadTokenOut, error) {
	if in.Token == "" {
		return ReadTokenOut{}, domain.ErrNotAuthenticated
	}
	claims, err := uc.tokens.ParseAccess(in.Token)
	if err != nil {
		return ReadTokenOut{}, err
	}
	return ReadTokenOut{Actor: claims.Actor()}, nil
}
