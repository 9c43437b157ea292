package jwt

import (
	"errors"

	"github.com/golang-jwt/jwt/v5"
)

// reason is why a token is refused: the cause of token_not_valid, for logs. It never
// quotes the token.
type reason string

const (
	tooLong        reason = "too_long"
	malformed      reason = "malformed"
	wrongAlgorithm reason = "wrong_algorithm"
	criticalHeader reason = "critical_header"
	wrongType      reason = "wrong_type"
	unknownKey     reason = "unknown_key"
	badSignature   reason = "bad_signature"
	badClaim       reason = "bad_claim"
	expired        reason = "expired"
	fromFuture     reason = "from_the_future"
	wrongIssuer    reason = "wrong_issuer"
	wrongAudience  reason = "wrong_audience"
)

// Reason is the constant, for a log.
func (r reason) Reason() string { return string(r) }

// Error is the reason as a sentence.
func (r reason) Error() string { return sentences[r] }

var sentences = map[reason]string{
	tooLong:        "the token is too long",
	malformed:      "the token is malformed",
	wrongAlgorithm: "the token is not signed by the algorithm of its key",
	criticalHeader: "the token has a critical header",
	wrongType:      "the token is of another type",
	unknownKey:     "the token is signed by an unknown key",
	badSignature:   "the signature of the token does not fit",
	badClaim:       "a claim of the token is missing or cannot be right",
	expired:        "the token has expired",
	fromFuture:     "the token is from the future",
	wrongIssuer:    "the token has another issuer",
	wrongAudience:  "the token is for another audience",
}

// reasonOf translates an error of the library, whose text may quote the token. It
// returns the first failed check in the order of parse: a forged token has a bad
// signature, however old it is.
func reasonOf(err error) reason {
	if own, ok := errors.AsType[reason](err); ok {
		return own
	}
	for _, known := range []struct {
		err    error
		reason reason
	}{
		{jwt.ErrTokenMalformed, malformed},
		{jwt.ErrTokenUnverifiable, wrongAlgorithm},
		{jwt.ErrTokenSignatureInvalid, badSignature},
		{jwt.ErrTokenRequiredClaimMissing, badClaim},
		{jwt.ErrTokenExpired, expired},
		{jwt.ErrTokenUsedBeforeIssued, fromFuture},
		{jwt.ErrTokenNotValidYet, fromFuture},
		{jwt.ErrTokenInvalidIssuer, wrongIssuer},
		{jwt.ErrTokenInvalidAudience, wrongAudience},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return malformed
}
