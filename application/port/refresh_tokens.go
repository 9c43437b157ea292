package port

import "github.com/doorcode-auth/doorcode/domain"

// RefreshTokens signs and parses refresh tokens.
type RefreshTokens interface {
	// SignRefresh must make a token that ParseRefresh parses to the same claims, with a jti and the
	// times cut to seconds.
	// Of the same claims it must make the same token, and for every session and generation another jti.
	SignRefresh(c domain.RefreshClaims) (token string, err error)
	// ParseRefresh must refuse with token_not_valid every text that is not a valid refresh token of
	// this service: signed by it, begun and not expired.
	// It must refuse an access token.
	ParseRefresh(token string) (domain.RefreshClaims, error)
}
