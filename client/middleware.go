package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// Protect lets nobody through to next without a good access token in the
// Authorization header. next finds out who it is with FromContext. Everybody else
// gets the answer of WriteError.
func (v *Verifier) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, err := v.VerifyRequest(r)
		if err != nil {
			WriteError(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(NewContext(r.Context(), claims)))
	})
}

// VerifyRequest checks the access token of a request. It is Protect's first half,
// for routers that have a middleware of another form; WriteError is the other.
func (v *Verifier) VerifyRequest(r *http.Request) (Claims, error) {
	token, err := bearer(r.Header)
	var claims Claims
	if err == nil {
		claims, err = v.Verify(r.Context(), token)
	}
	if err != nil {
		v.cfg.Logger.DebugContext(r.Context(), "a request was refused", "err", err)
	}
	return claims, err
}

// bearer is the token of the one Authorization header (RFC 6750, 2.1). Tokens
// elsewhere, such as in the URL, which logs keep, are not looked for.
func bearer(h http.Header) (string, error) {
	lines := h.Values("Authorization")
	if len(lines) == 0 {
		return "", ErrNoToken
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	switch {
	case len(lines) > 1:
		return "", ErrMalformed
	case !strings.EqualFold(scheme, "Bearer"):
		return "", ErrNoToken
	}
	return strings.TrimLeft(token, " "), nil
}

type contextKey struct{}

// retryAfter is how long a caller does well to wait when the keys are not available,
// in seconds.
const retryAfter = "5"

// NewContext is a context with the claims of whoever is at work, for FromContext.
// Protect calls it; tests of handlers can, too.
func NewContext(ctx context.Context, claims Claims) context.Context {
	return context.WithValue(ctx, contextKey{}, claims)
}

// FromContext is who is at work. It is false where no Protect is before.
func FromContext(ctx context.Context) (Claims, bool) {
	claims, ok := ctx.Value(contextKey{}).(Claims)
	return claims, ok
}

// problem is the body of an answer (RFC 9457), with the codes that doorcode has.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

// WriteError answers a request that VerifyRequest refused, as application/problem+json:
// 401 with WWW-Authenticate (RFC 6750, 3), or 503 with Retry-After when nobody can
// tell whether the token is good. Why a token is refused it does not say.
func WriteError(w http.ResponseWriter, err error) {
	h := w.Header()
	p := problem{Type: "about:blank", Status: http.StatusUnauthorized}
	switch {
	case errors.Is(err, ErrInvalidToken):
		h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		p.Code, p.Detail = "token_not_valid", "The access token is not valid"
	case errors.Is(err, ErrNoToken):
		h.Set("WWW-Authenticate", "Bearer")
		p.Code, p.Detail = "not_authenticated", "An access token is needed"
	default:
		h.Set("Retry-After", retryAfter)
		p.Status, p.Code, p.Detail = http.StatusServiceUnavailable, "unavailable", "The access token cannot be checked at present"
	}
	p.Title = http.StatusText(p.Status)
	body, _ := json.Marshal(p) // texts and a number can always be encoded
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // fails when the client has gone, and nobody is left to tell
}
