package port

import "github.com/doorcode-auth/doorcode/domain"

// AccessTokens signs and parses access tokens.
type AccessTokens interface {
	// SignAccess must make a token that ParseAccess parses to the same claims, with a new jti and the
	// times cut to seconds.
	SignAccess(c domain.AccessClaims) (token string, err error)
	// ParseAccess must refuse with token_not_valid every text that is not a valid access token of this
	// service: signed by it, begun and not expired.
	// It must refuse a refresh token.
	ParseAccess(token string) (domain.AccessClaims, error)
	// KeySet must be a JWK Set (RFC 7517) in JSON of every public key that ParseAccess verifies
	// with, without any secret.
	KeySet() []byte
}
