package client

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// ask sends a request to a protected route that answers with the subject.
func (f *forge) ask(target string, authorization ...string) *httptest.ResponseRecorder {
	route := f.verifier.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, ok := FromContext(r.Context())
		if !ok {
			f.t.Error("the route has no claims")
		}
		_, _ = w.Write([]byte(claims.Subject))
	}))
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.Header["Authorization"] = authorization
	w := httptest.NewRecorder()
	route.ServeHTTP(w, r)
	return w
}

func TestProtect_letsThrough(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER ", "Bearer   "} {
		if w := f.ask("/", scheme+f.good()); w.Code != http.StatusOK || w.Body.String() != someUser {
			t.Errorf("%q: got %d %s, want 200 %s", scheme, w.Code, w.Body, someUser)
		}
	}
}

func TestProtect_refuses(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	good := f.good()
	for name, row := range map[string]struct {
		target string
		header []string
		code   string
	}{
		"nothing":                {"/", nil, "not_authenticated"},
		"an empty header":        {"/", []string{""}, "not_authenticated"},
		"another scheme":         {"/", []string{"Basic YTpi"}, "not_authenticated"},
		"no scheme":              {"/", []string{good}, "not_authenticated"},
		"a token in the URL":     {"/?access_token=" + good, nil, "not_authenticated"},
		"a scheme alone":         {"/", []string{"Bearer"}, "not_authenticated"},
		"an empty token":         {"/", []string{"Bearer "}, "not_authenticated"},
		"spaces for a token":     {"/", []string{"Bearer   "}, "not_authenticated"},
		"a tab for a space":      {"/", []string{"Bearer \t" + good}, "token_not_valid"},
		"a token and more":       {"/", []string{"Bearer " + good + " x"}, "token_not_valid"},
		"two tokens":             {"/", []string{"Bearer " + good + ", Bearer " + good}, "token_not_valid"},
		"two headers":            {"/", []string{"Bearer " + good, "Bearer " + good}, "token_not_valid"},
		"a token that is no one": {"/", []string{"Bearer x"}, "token_not_valid"},
		"a refresh token":        {"/", []string{"Bearer " + f.head("typ", `"rt+jwt"`)}, "token_not_valid"},
	} {
		w := f.ask(row.target, row.header...)
		challenge := map[string]string{
			"not_authenticated": "Bearer", "token_not_valid": `Bearer error="invalid_token"`,
		}[row.code]
		if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusUnauthorized || got != challenge {
			t.Errorf("%s: got %d %q, want 401 %q", name, w.Code, got, challenge)
		}
		wantProblem(t, name, w, row.code)
	}
}

// Without keys no token can be verified: that is not a 401, or clients would discard
// their tokens.
func TestProtect_withoutKeys(t *testing.T) {
	t.Parallel()
	f := newForge(t)
	f.doorcode.behave(text(500, ""))
	w := f.ask("/", "Bearer "+f.good())
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != retryAfter ||
		w.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("got %d %v, want 503 and Retry-After", w.Code, w.Header())
	}
	wantProblem(t, "no keys", w, "unavailable")
	if w := f.ask("/"); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token: got %d, want 401", w.Code)
	}
}

func wantProblem(t *testing.T, name string, w *httptest.ResponseRecorder, code string) {
	t.Helper()
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%s: %v: %s", name, err, w.Body)
	}
	title := map[string]string{
		"not_authenticated": "Not authenticated", "token_not_valid": "Token not valid", "unavailable": "Unavailable",
	}[code]
	if p.Code != code || p.Status != w.Code || p.Title != title || p.Type != "urn:doorcode:problem:"+code ||
		!strings.Contains(p.Detail, "access token") {
		t.Errorf("%s: got %+v, want %s", name, p, code)
	}
	if h := w.Header(); h.Get("Content-Type") != "application/problem+json" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: got %v, want problem+json that is not cached", name, h)
	}
}

func TestFromContext_withoutProtect(t *testing.T) {
	t.Parallel()
	if claims, ok := FromContext(t.Context()); ok || claims.Subject != "" {
		t.Errorf("got %+v, want no claims", claims)
	}
}
