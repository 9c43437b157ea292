package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ReadToken says who shows an access token. Whether the user and the session
// still stand is for the use case that acts for them, in the read it makes
// anyway.
type ReadToken struct {
	tokens port.AccessTokens
}

// NewReadToken makes the use case.
func NewReadToken(tokens port.AccessTokens) *ReadToken { return &ReadToken{tokens} }

// ReadTokenIn is the token as it was shown, "" if none was.
type ReadTokenIn struct{ Token string }

// ReadTokenOut is who showed it.
type ReadTokenOut struct{ Actor domain.Actor }

// Do fails with not_authenticated without a token, and with token_not_valid for
// one that is none of ours, not an access token, or out of its time.
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
