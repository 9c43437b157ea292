package exchange

import (
	"net/http"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/domain"
)

// Credential is how clients send an access token (RFC 6750).
type Credential struct {
	Header  string   // in canonical form: "Authorization"
	Schemes []string // accepted before the token; clients are told the first: "Bearer"
}

// Token is the access token of a request, "" if there is none. Two headers are an error.
func (b Credential) Token(h http.Header) (string, error) {
	lines := h[b.Header]
	if len(lines) > 1 {
		return "", domain.ErrTokenNotValid
	}
	if len(lines) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	if !slices.ContainsFunc(b.Schemes, func(ours string) bool { return strings.EqualFold(scheme, ours) }) {
		return "", nil
	}
	return strings.TrimLeft(token, " "), nil
}
