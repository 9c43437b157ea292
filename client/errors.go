package client

import (
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// Error is the reason why a request or a token is refused: one of the constants below,
// for errors.Is. It never quotes a token.
type Error string

// The reasons. errors.Is(err, ErrInvalidToken) holds for all reasons about the token.
const (
	ErrNoToken         Error = "the request has no bearer token"
	ErrKeysUnavailable Error = "the keys of doorcode are not available"

	ErrInvalidToken   Error = "the token is not valid"
	ErrTooLong        Error = "the token is too long"
	ErrMalformed      Error = "the token is malformed"
	ErrWrongType      Error = "the token is of another type"
	ErrCriticalHeader Error = "the token has a critical header"
	ErrUnknownKey     Error = "the token is signed by an unknown key"
	ErrWrongAlgorithm Error = "the token is not signed by the algorithm of its key"
	ErrTampered       Error = "the signature of the token does not fit"
	ErrIncomplete     Error = "a claim of the token is missing or cannot be right"
	ErrExpired        Error = "the token has expired"
	ErrFromFuture     Error = "the token is from the future"
	ErrWrongIssuer    Error = "the token has another issuer"
	ErrWrongAudience  Error = "the token is for another audience"
)

// Error is the reason as text.
func (e Error) Error() string { return string(e) }

// Is makes every reason about the token match ErrInvalidToken.
func (e Error) Is(target error) bool {
	return target == ErrInvalidToken && e != ErrNoToken && e != ErrKeysUnavailable
}

// reasonOf translates an error of the library, whose text may quote the token. It returns
// the first failed check in the order of Verify: a forged token is ErrTampered, however
// old it is.
func reasonOf(err error) Error {
	if own, ok := errors.AsType[Error](err); ok {
		return own
	}
	for _, known := range []struct {
		err    error
		reason Error
	}{
		{jwt.ErrTokenMalformed, ErrMalformed},
		{jwt.ErrTokenSignatureInvalid, ErrTampered},
		{jwt.ErrTokenRequiredClaimMissing, ErrIncomplete},
		{jwt.ErrTokenExpired, ErrExpired},
		{jwt.ErrTokenUsedBeforeIssued, ErrFromFuture},
		{jwt.ErrTokenNotValidYet, ErrFromFuture},
		{jwt.ErrTokenInvalidIssuer, ErrWrongIssuer},
		{jwt.ErrTokenInvalidAudience, ErrWrongAudience},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return ErrMalformed
}

// unavailableError is ErrKeysUnavailable with its cause.
type unavailableError struct{ cause error }

func (e *unavailableError) Error() string { return ErrKeysUnavailable.Error() + ": " + e.cause.Error() }

func (e *unavailableError) Unwrap() []error { return []error{ErrKeysUnavailable, e.cause} }
