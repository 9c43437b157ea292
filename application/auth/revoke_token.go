package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// RevokeToken lets another service end the session of a token (RFC 7009).
type RevokeToken struct {
	services Services
	reader   tokenReader
}

// NewRevokeToken makes the use case.
func NewRevokeToken(services Services, access port.AccessTokens, refresh port.RefreshTokens, sessions port.Sessions) *RevokeToken {
	return &RevokeToken{services, tokenReader{access: access, refresh: refresh, sessions: sessions}}
}

// RevokeTokenIn is a token of either kind and the service that wants it revoked.
type RevokeTokenIn struct {
	Service ServiceCredential
	Token   string
}

// RevokeTokenOut is whose session was ended.
type RevokeTokenOut struct {
	Actor domain.Actor // zero if the token was not good
	Ended bool
}

// Do fails with invalid_client for a service that is not known. A token that is
// not good, or no more, is as revoked as it can be.
func (uc *RevokeToken) Do(ctx context.Context, in RevokeTokenIn) (RevokeTokenOut, error) {
	if !uc.services.Authenticate(in.Service) {
		return RevokeTokenOut{}, domain.ErrInvalidClient
	}
	shown, err := uc.reader.read(in.Token)
	if err != nil {
		return RevokeTokenOut{}, nil
	}
	out := RevokeTokenOut{Actor: shown.Actor()}
	ended, _, err := uc.reader.sessions.End(ctx, out.Actor, port.SessionFilter{Only: out.Actor.SessionID})
	out.Ended = ended > 0
	return out, err
}
