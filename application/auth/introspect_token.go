package auth

import (
	"context"
	"errors"

	"github.com/doorcode-auth/doorcode/domain"
)

// IntrospectToken tells another service what a token is worth now (RFC 7662).
type IntrospectToken struct {
	services Services
	verify   *VerifyToken
}

// NewIntrospectToken makes the use case.
func NewIntrospectToken(services Services, verify *VerifyToken) *IntrospectToken {
	return &IntrospectToken{services, verify}
}

// IntrospectTokenIn is a token and the service that asks about it.
type IntrospectTokenIn struct {
	Service ServiceCredential
	Token   string
}

// IntrospectTokenOut is what the token is, if it is good.
type IntrospectTokenOut struct {
	Active bool
	Token  PresentedToken
}

// Do fails with invalid_client for a service that is not known. A token that is
// not good is no fault.
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
