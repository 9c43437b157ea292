// Package auth has the use cases of authentication: request and verify a code, refresh
// and end sessions, and read tokens. Sending a code is in delivery; the rules of codes,
// proofs and sessions are in domain.
package auth
