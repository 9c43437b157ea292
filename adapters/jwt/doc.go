// Package jwt signs and verifies tokens: JSON Web Tokens (RFC 7519) with golang-jwt,
// behind port.AccessTokens and port.RefreshTokens. It owns the keys and the format of
// tokens. It does not know whether the session or the user of a token still exists:
// that is for a store.
//
//	          access                        refresh
//	header    alg, kid, typ at+jwt          alg HS256, kid, typ rt+jwt
//	key       as configured (keyChain)      derived from the secret key
//	claims    sub user_id sid jti           sub sid jti gen
//	          iat exp auth_time amr         iat exp
//	          iss aud                       iss aud
//	          token_type access             token_type refresh
//	          client_id
//
// client_id, which RFC 9068 requires, is the audience: doorcode has no registry of OAuth
// clients, and issues tokens for its audience only. Without an audience it is the issuer,
// without both doorcode. It is ignored when a token is read.
//
// A key belongs to one algorithm, and is looked up by its kid in a map that is filled
// from the configuration (RFC 8725, 3.1 and 3.10): a token chooses neither.
//
// The kinds exclude each other three times over: each has keys of its own, a typ and a
// token_type (RFC 8725, 3.11 and 3.12). Both are verified by one function, codec.parse,
// which refuses anything that codec.sign does not write.
package jwt
