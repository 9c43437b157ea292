// Package client is for services that accept doorcode's access tokens. It owns what
// such a service needs: the checks of a token, the public keys that they take, and
// the middleware for net/http. A route is protected in five lines; the example of
// the package and README.md show them.
//
// A token is checked offline, by the keys that doorcode publishes at
// /.well-known/jwks.json. So this package CANNOT SEE REVOCATION: a token stays
// accepted until its exp after its session has been ended, after the user has been
// disabled or deleted, and after they have signed out. How long that can be is
// doorcode's jwt.access_token_lifetime. Where it is too long, shorten that, or ask
// doorcode itself about a token: POST /api/auth/introspect (RFC 7662).
//
// What is checked of a token, in this order:
//
//	form        at most 8 KiB, three parts of canonical base64url, no name twice
//	header      typ is at+jwt, no crit; jku, jwk, x5u and x5c are never looked at
//	key         found by kid among the published keys, held to its own algorithm:
//	            RS256 RS384 RS512 ES256 ES384 ES512
//	signature
//	claims      iss, aud, token_type; sub, user id, sid, jti, amr; iat, auth_time, exp
//
// The keys are fetched when the first token comes, and again when they are as old as
// doorcode lets them be kept, or when a token names a key that is not among them.
// That is bounded: nobody can make this service ask doorcode more often than every
// few seconds by inventing tokens. When doorcode does not answer, the keys that are
// there stay in use for a day at most. When there are none, the answer is 503 and not
// 401, for nobody knows whether the token is good.
//
// It does not know permissions, does not refresh tokens, reads them from no place
// but the Authorization header, and cannot check tokens of HS256, HS384 and HS512,
// whose keys are secrets of doorcode: those want jwt.algorithm ES256 or RS256.
package client
