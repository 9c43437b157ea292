package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// Protect calls next for requests with a valid access token in the Authorization header,
// with the claims in the context (FromContext). It answers other requests with
// WriteError.
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

// VerifyRequest verifies the access token of a request. With WriteError it makes a
// middleware for other routers.
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

// bearer returns the token of the only Authorization header (RFC 6750, 2.1). A token in
// the URL, which logs keep, is ignored.
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
	if token = strings.TrimLeft(token, " "); token == "" {
		return "", ErrNoToken
	}
	return token, nil
}

type contextKey struct{}

// NewContext returns a context with claims, for FromContext. Protect calls it; tests of
// handlers can, too.
func NewContext(ctx context.Context, claims Claims) context.Context {
	return context.WithValue(ctx, contextKey{}, claims)
}

// FromContext returns the claims of a request, false without Protect.
func FromContext(ctx context.Context) (Claims, bool) {
	claims, ok := ctx.Value(contextKey{}).(Claims)
	return claims, ok
}

// retryAfter is sent while the keys are unavailable, in seconds.
const retryAfter = "5"

// problem is the body of an error response (RFC 9457), with doorcode's types, titles and
// codes.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

// WriteError answers a request that VerifyRequest refused with application/problem+json:
// 401 with WWW-Authenticate (RFC 6750, 3), or 503 with Retry-After if the keys are
// unavailable. The response does not contain the reason why a token is refused.
func WriteError(w http.ResponseWriter, err error) {
	h := w.Header()
	p := problem{Status: http.StatusUnauthorized}
	switch {
	case errors.Is(err, ErrInvalidToken):
		h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		p.Code, p.Title, p.Detail = "token_not_valid", "Token not valid", "The access token is not valid"
	case errors.Is(err, ErrNoToken):
		h.Set("WWW-Authenticate", "Bearer")
		p.Code, p.Title, p.Detail = "not_authenticated", "Not authenticated", "An access token is needed"
	default:
		h.Set("Retry-After", retryAfter)
		p.Status = http.StatusServiceUnavailable
		p.Code, p.Title, p.Detail = "unavailable", "Unavailable", "The access token cannot be checked at present"
	}
	p.Type = "urn:doorcode:problem:" + p.Code
	body, _ := json.Marshal(p) // texts and a number can always be encoded
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // fails if the client has disconnected
}
