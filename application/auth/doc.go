// Package auth has the use cases of signing in: asking for a code, giving it
// back, and reading the tokens that come of it. How a code reaches its person is
// in delivery; what a code and a proof are is in domain.
package auth
