// Package client is for services that accept doorcode's access tokens: it verifies a
// token, fetches and caches the public keys for that, and has a middleware for net/http.
// Five lines protect a route; the example of the package and README.md show them.
//
// A token is verified offline, with the keys that doorcode publishes at
// /.well-known/jwks.json. So this package CANNOT SEE REVOCATION: a token is accepted
// until its exp, even after the end of its session, after a sign-out, and after its user
// was disabled or deleted. How long that can be is doorcode's jwt.access_token_lifetime.
// If it is too long, shorten it, or introspect the token at doorcode: POST
// /api/auth/introspect (RFC 7662).
//
// The checks, in this order:
//
//	form        at most 8 KiB, three parts of canonical base64url, no duplicate names
//	header      typ is at+jwt, no crit; jku, jwk, x5u and x5c are ignored
//	key         found by kid among the published keys, bound to its own algorithm:
//	            RS256 RS384 RS512 ES256 ES384 ES512
//	signature
//	claims      iss, aud, token_type; sub, user id, sid, jti, amr; iat, auth_time, exp
//
// The keys are fetched for the first token, when they are older than the max-age of
// doorcode's response, and when a token names an unknown key. Invented tokens cannot
// cause more than one fetch every few seconds. While doorcode does not answer, the cached
// keys are used for a day at most. Without keys the response is 503 and not 401, because
// the token cannot be verified.
//
// It does not know permissions, does not refresh tokens, and reads them from the
// Authorization header only. It cannot verify tokens of HS256, HS384 and HS512, whose
// keys are secrets of doorcode: set jwt.algorithm to ES256 or RS256 there.
package client
