package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// RevokeToken ends the session of a token for another service (RFC 7009).
type RevokeToken struct {
	services Services
	reader   tokenReader
}

// NewRevokeToken makes the use case.
func NewRevokeToken(services Services, ports Ports) *RevokeToken {
	return &RevokeToken{services, tokenReader{ports: ports}}
}

// RevokeTokenIn is a token of either kind and the credential of the service.
type RevokeTokenIn struct {
	Service ServiceCredential
	Token   string
}

// RevokeTokenOut is the session that was ended.
type RevokeTokenOut struct {
	Actor domain.Actor // zero if the token was not valid
	Ended bool
}

// Do fails with invalid_client for an unknown service. A token that is not valid counts
// as revoked.
func (uc *RevokeToken) Do(ctx context.Context, in RevokeTokenIn) (RevokeTokenOut, error) {
	if !uc.services.Authenticate(in.Service) {
		return RevokeTokenOut{}, domain.ErrInvalidClient
	}
	presented, err := uc.reader.parse(in.Token)
	if err != nil {
		return RevokeTokenOut{}, nil
	}
	out := RevokeTokenOut{Actor: presented.Actor()}
	ended, _, err := uc.reader.ports.Sessions.End(ctx, out.Actor, port.SessionFilter{Only: out.Actor.SessionID})
	out.Ended = ended > 0
	return out, err
}
