package auth

import (
	"context"
	"errors"

	"github.com/doorcode-auth/doorcode/domain"
)

// IntrospectToken tells another service whether a token is valid now (RFC 7662).
type IntrospectToken struct {
	services Services
	verify   *VerifyToken
}

// NewIntrospectToken makes the use case.
func NewIntrospectToken(services Services, verify *VerifyToken) *IntrospectToken {
	return &IntrospectToken{services, verify}
}

// IntrospectTokenIn is a token and the credential of the service.
type IntrospectTokenIn struct {
	Service ServiceCredential
	Token   string
}

// IntrospectTokenOut is the token, if it is valid.
type IntrospectTokenOut struct {
	Active bool
	Token  PresentedToken
}

// Do fails with invalid_client for an unknown service. A token that is not valid is
// inactive and not a fault.
func (uc *IntrospectToken) Do(ctx context.Context, in IntrospectTokenIn) (IntrospectTokenOut, error) {
	if !uc.services.Authenticate(in.Service) {
		return IntrospectTokenOut{}, domain.ErrInvalidClient
	}
	out, err := uc.verify.Do(ctx, VerifyTokenIn{Token: in.Token})
	switch {
	case errors.Is(err, domain.ErrTokenNotValid):
		return IntrospectTokenOut{}, nil
	case err != nil:
		return IntrospectTokenOut{}, err
	default:
		return IntrospectTokenOut{Active: true, Token: out.Token}, nil
	}
}
