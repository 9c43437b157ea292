package port

import "github.com/doorcode-auth/doorcode/domain"

// AccessTokens signs and reads the tokens that people show to be let in.
type AccessTokens interface {
	// SignAccess must make a token that ParseAccess reads back as the same claims, with a new jti and the times cut to seconds.
	SignAccess(c domain.AccessClaims) (token string, err error)
	// ParseAccess must refuse with token_not_valid every text that is not an access token of ours whose time has come and not passed.
	// It must refuse a refresh token.
	ParseAccess(token string) (domain.AccessClaims, error)
	// KeySet must be a JWK Set (RFC 7517) in JSON of every public key whose tokens ParseAccess takes, with nothing secret in it.
	KeySet() []byte
}
