package httpapi_test

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/test/acceptance"
)

// The answer of each path to an empty request.
var paths = []struct {
	method, path string
	status       int
}{
	{http.MethodPost, "/api/auth/otp/request", http.StatusBadRequest},
	{http.MethodPost, "/api/auth/otp/verify", http.StatusBadRequest},
	{http.MethodGet, "/api/auth/otp/:challenge_id/status", http.StatusNotFound},
	{http.MethodGet, "/api/auth/otp/:challenge_id/events", http.StatusNotFound},
	{http.MethodPost, "/webhooks/sendgrid", http.StatusForbidden},
	{http.MethodPost, "/webhooks/twilio", http.StatusForbidden},
	{http.MethodPost, "/api/auth/token/refresh", http.StatusBadRequest},
	{http.MethodPost, "/api/auth/token/verify", http.StatusBadRequest},
	{http.MethodGet, "/api/auth/sessions", http.StatusUnauthorized},
	{http.MethodDelete, "/api/auth/sessions/:id", http.StatusUnauthorized},
	{http.MethodPost, "/api/auth/logout", http.StatusUnauthorized},
	{http.MethodPost, "/api/auth/introspect", http.StatusBadRequest},
	{http.MethodPost, "/api/auth/revoke", http.StatusBadRequest},
	{http.MethodGet, "/api/profile", http.StatusUnauthorized},
	{http.MethodPatch, "/api/profile", http.StatusUnauthorized},
	{http.MethodGet, "/api/profile/sources", http.StatusUnauthorized},
	{http.MethodGet, "/api/admin/analytics/sources", http.StatusUnauthorized},
	{http.MethodGet, "/api/admin/analytics/registrations", http.StatusUnauthorized},
	{http.MethodGet, "/api/admin/analytics/funnel", http.StatusUnauthorized},
	{http.MethodPost, "/accounts/otp/request", http.StatusBadRequest},
	{http.MethodPost, "/accounts/otp/verify", http.StatusBadRequest},
	{http.MethodPost, "/accounts/token/refresh", http.StatusBadRequest},
	{http.MethodPost, "/accounts/logout", http.StatusUnauthorized},
	{http.MethodGet, "/", http.StatusOK},
	{http.MethodGet, "/.well-known/jwks.json", http.StatusOK},
	{http.MethodGet, "/openapi.yaml", http.StatusOK},
	{http.MethodGet, "/docs", http.StatusOK},
	{http.MethodGet, "/docs/:file", http.StatusNotFound},
	{http.MethodGet, "/healthz", http.StatusOK},
	{http.MethodGet, "/readyz", http.StatusOK},
}

func TestRoutes_answerWithAndWithoutSlash(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.client.CheckRedirect = func(*http.Request, []*http.Request) error { return fmt.Errorf("redirected") }
	for _, p := range paths {
		for _, path := range []string{p.path, strings.TrimSuffix(p.path, "/") + "/"} {
			require.Equal(t, p.status, w.do(p.method, path, "").Status, "%s %s", p.method, path)
		}
	}
}

func TestRoutes_areTheDescribedOnes(t *testing.T) {
	t.Parallel()
	var described, routed []string
	for _, operation := range acceptance.OpenAPI(t).Operations() {
		method, path, _ := strings.Cut(strings.NewReplacer("{", ":", "}", "").Replace(operation), " ")
		described = append(described, method+" "+cmp.Or(strings.TrimSuffix(path, "/"), "/"))
	}
	for _, p := range paths {
		routed = append(routed, p.method+" "+p.path)
	}
	slices.Sort(described)
	slices.Sort(routed)
	require.Equal(t, routed, described, "openapi.yaml and this test's table")
	var registered []string
	for _, r := range httpapi.Routes(setup(t).api) {
		method, path, _ := strings.Cut(r, " ")
		spelling := path != "/" && strings.HasSuffix(path, "/") // another one of the same route
		if method != http.MethodHead && method != http.MethodOptions && !spelling {
			registered = append(registered, r)
		}
	}
	slices.Sort(registered)
	require.Equal(t, routed, registered, "the router and this test's table")
}

func TestRoutes_head(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, p := range paths {
		want := p.status
		if p.method != http.MethodGet {
			if p.path == "/api/profile" {
				continue
			}
			want = http.StatusMethodNotAllowed
		}
		head := w.do(http.MethodHead, p.path, "")
		require.Equal(t, want, head.Status, p.path)
		require.Empty(t, head.Body)
		if p.method == http.MethodGet {
			get := w.do(http.MethodGet, p.path, "")
			require.Equal(t, get.Header.Get("Content-Type"), head.Header.Get("Content-Type"), p.path)
		}
	}
}

func TestRoutes_otherMethods(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, test := range []struct{ method, path, allow string }{
		{http.MethodGet, "/api/auth/otp/request/", "OPTIONS, POST"},
		{http.MethodGet, "/api/auth/otp/verify?otp_code=123456&identifier=ada@example.com", "OPTIONS, POST"},
		{http.MethodPut, "/accounts/otp/verify", "OPTIONS, POST"},
		{http.MethodGet, "/api/auth/introspect?token=x", "OPTIONS, POST"},
		{http.MethodGet, "/api/auth/revoke/", "OPTIONS, POST"},
		{http.MethodGet, "/api/auth/logout", "OPTIONS, POST"},
		{http.MethodGet, "/api/auth/token/refresh?refresh=x", "OPTIONS, POST"},
		{http.MethodGet, "/webhooks/twilio?challenge=x", "OPTIONS, POST"},
		{http.MethodPost, "/api/auth/otp/x/status", "GET, HEAD, OPTIONS"},
		{http.MethodDelete, "/api/auth/otp/x/events/", "GET, HEAD, OPTIONS"},
		{http.MethodPost, "/api/auth/sessions/x", "DELETE, OPTIONS"},
		{http.MethodDelete, "/api/auth/sessions/", "GET, HEAD, OPTIONS"},
		{http.MethodDelete, "/api/profile", "GET, HEAD, OPTIONS, PATCH"},
		{http.MethodPost, "/api/profile/", "GET, HEAD, OPTIONS, PATCH"},
		{http.MethodPost, "/healthz", "GET, HEAD, OPTIONS"},
		{http.MethodTrace, "/docs", "GET, HEAD, OPTIONS"},
		{"post", "/api/auth/otp/request", "OPTIONS, POST"},
		{"INVENTED", "/readyz", "GET, HEAD, OPTIONS"},
	} {
		got := w.do(test.method, test.path, "")
		require.Equal(t, http.StatusMethodNotAllowed, got.Status, "%s %s", test.method, test.path)
		require.Equal(t, "method_not_allowed", got.member("code"))
		require.Equal(t, test.allow, sortedList(got.Header.Get("Allow")))
		options := w.do(http.MethodOptions, test.path, "")
		require.Equal(t, http.StatusNoContent, options.Status)
		require.Equal(t, test.allow, sortedList(options.Header.Get("Allow")))
		require.Empty(t, options.Body)
	}
	require.Zero(t, w.store.called())
}

func sortedList(list string) string {
	parts := strings.Split(list, ", ")
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func TestRoutes_otherSpellings(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, path := range []string{
		"//", "/api", "/api/", "/api/auth/otp", "/nothing", "/api/auth/otp/request/x", "/api/auth/otp/request//",
		"//api/auth/otp/request",
		"/api//auth/otp/request", "/API/auth/otp/request", "/api/auth/otp/Request/", "/api/auth/otp/%72equest",
		"/api%2Fauth/otp/request",
		"/api/auth/../auth/otp/request", "/api/auth/./otp/request", "/api/auth/otp/request%00", "/api/auth/otp/request;x=1",
		"/api/auth/otp/request%2f",
		"/docs/../api/profile", "/webhooks", "/webhooks/", "/webhooks/acme", "/webhooks/Twilio", "/webhooks/twilio/x",
		"/docs/swagger-ui.css/x", "/.well-known/x", "/.well-known/JWKS.json", "/api/auth/otp/request%20",
	} {
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodOptions} {
			got := w.raw(method, path)
			require.Equal(t, http.StatusNotFound, got.Status, "%s %s", method, path)
			require.Equal(t, "application/problem+json", got.Header.Get("Content-Type"), path)
			require.Equal(t, "There is nothing here. The API is described at /docs.", got.member("detail"), path)
		}
	}
	require.Zero(t, w.store.called())
}

// raw sends a target just as it is, which no client does.
func (w *world) raw(method, target string, lines ...string) answered {
	w.t.Helper()
	conn, err := net.Dial("tcp", w.server.Listener.Addr().String())
	require.NoError(w.t, err)
	defer conn.Close()
	require.NoError(w.t, conn.SetDeadline(time.Now().Add(5*time.Second)))
	head := append([]string{method + " " + target + " HTTP/1.1", "Host: evil.example", "Connection: close"}, lines...)
	_, err = conn.Write([]byte(strings.Join(head, "\r\n") + "\r\n\r\n"))
	require.NoError(w.t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(w.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return answered{Status: resp.StatusCode, Header: resp.Header, Body: string(body)}
}

func TestRoutes_oddTargets(t *testing.T) {
	t.Parallel()
	w := setup(t)
	require.Equal(t, http.StatusNotFound, w.raw(http.MethodConnect, "db.internal:5432").Status)
	require.Equal(t, http.StatusNotFound, w.raw(http.MethodGet, "http://evil.example").Status)
	require.Equal(t, http.StatusOK, w.raw(http.MethodGet, "http://evil.example/healthz").Status)
	require.Equal(t, http.StatusNotFound, w.raw(http.MethodOptions, "*").Status)
}
