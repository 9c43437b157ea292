package jwt

import (
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// reason is why a token is refused: the hidden cause of token_not_valid. It is one
// of these sentences and never quotes the token, for a log may show it.
type reason string

const (
	tooLong        reason = "the token is too long"
	malformed      reason = "the token is malformed"
	wrongAlgorithm reason = "the token is not signed by the algorithm of its key"
	criticalHeader reason = "the token has a critical header"
	wrongType      reason = "the token is of another type"
	unknownKey     reason = "the token is signed by an unknown key"
	tampered       reason = "the signature of the token does not fit"
	incomplete     reason = "a claim of the token is missing or cannot be right"
	expired        reason = "the token has expired"
	tooEarly       reason = "the token is from the future"
	wrongIssuer    reason = "the token has another issuer"
	wrongAudience  reason = "the token is for another audience"
)

// Error is the sentence.
func (r reason) Error() string { return string(r) }

// reasonOf translates an error of the library, whose text may quote the token. It
// names the first thing that is wrong, in the order in which it is looked at: a
// token that is tampered with is that, however old it is.
func reasonOf(err error) reason {
	var own reason
	if errors.As(err, &own) {
		return own
	}
	for _, known := range []struct {
		err    error
		reason reason
	}{
		{jwt.ErrTokenMalformed, malformed},
		{jwt.ErrTokenUnverifiable, wrongAlgorithm},
		{jwt.ErrTokenSignatureInvalid, tampered},
		{jwt.ErrTokenRequiredClaimMissing, incomplete},
		{jwt.ErrTokenExpired, expired},
		{jwt.ErrTokenUsedBeforeIssued, tooEarly},
		{jwt.ErrTokenNotValidYet, tooEarly},
		{jwt.ErrTokenInvalidIssuer, wrongIssuer},
		{jwt.ErrTokenInvalidAudience, wrongAudience},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return malformed
}
