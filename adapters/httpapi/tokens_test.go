package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

const (
	refreshPath = "/api/auth/token/refresh"
	verifyPath  = "/api/auth/token/verify"
	logoutPath  = "/api/auth/logout"
)

// refreshWith shows a refresh token.
func (w *world) refreshWith(token string) answered {
	w.t.Helper()
	return w.post(refreshPath, object("refresh", token))
}

// object is a JSON object with one text.
func object(name, text string) string {
	data, _ := json.Marshal(map[string]string{name: text})
	return string(data)
}

func bearer(token string) string { return "Authorization: Bearer " + token }

func strict(s *settings) { s.sessions.Grace = 0 }

func TestRefresh(t *testing.T) {
	t.Parallel()
	for _, path := range []string{refreshPath, refreshPath + "/", "/accounts/token/refresh", "/accounts/token/refresh/"} {
		w := setup(t)
		ada := w.begin(ada)
		w.clock.Advance(time.Minute)
		got := w.post(path, object("refresh", ada.refresh))
		require.Equal(t, http.StatusOK, got.Status, got.Body)
		next := strings.TrimSuffix(ada.refresh, "0") + "1"
		require.JSONEq(t, `{"access":"`+ada.access+`","refresh":"`+next+`","token_type":"Bearer","expires_in":3600}`,
			got.Body)
		require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
		require.Empty(t, got.Header.Values("Set-Cookie"))

		require.Equal(t, got.Body, w.post(path, object("refresh", ada.refresh)).Body,
			"the same successor, for an answer that was lost")
		require.Equal(t, http.StatusOK, w.refreshWith(next).Status)
	}
}

func TestRefresh_withoutRotation(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.sessions.Rotates = false })
	ada := w.begin(ada)
	for range 3 {
		w.clock.Advance(time.Hour)
		got := w.refreshWith(ada.refresh)
		require.JSONEq(t, `{"access":"`+ada.access+`","token_type":"Bearer","expires_in":3600}`, got.Body)
	}
}

func TestRefresh_reused(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]func(w *world, first string) string{
		"after the grace": func(w *world, first string) string {
			w.clock.Advance(10 * time.Second)
			return first
		},
		"an older one, at once": func(w *world, first string) string {
			next, _ := w.refreshWith(first).member("refresh").(string) // a repeat
			require.Equal(w.t, http.StatusOK, w.refreshWith(next).Status)
			return first
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			ada := w.begin(ada)
			next, _ := w.refreshWith(ada.refresh).member("refresh").(string)
			requireProblem(t, w.refreshWith(again(w, ada.refresh)), 401, "token_not_valid")
			requireProblem(t, w.refreshWith(next), 401, "token_not_valid")
			requireProblem(t, w.do(http.MethodGet, "/api/profile", "", bearer(ada.access)), 401, "token_not_valid")
		})
	}
	t.Run("without grace, at once", func(t *testing.T) {
		t.Parallel()
		w := setup(t, strict)
		ada := w.begin(ada)
		require.Equal(t, http.StatusOK, w.refreshWith(ada.refresh).Status)
		requireProblem(t, w.refreshWith(ada.refresh), 401, "token_not_valid")
	})
}

func requireProblem(t testing.TB, got answered, status int, code string) {
	t.Helper()
	require.Equal(t, status, got.Status, got.Body)
	require.Equal(t, code, got.member("code"), got.Body)
}

func TestRefresh_refuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada := w.begin(ada)
	for _, token := range []string{"", "x", ada.access, ada.refresh + "x", "refresh.x.y.0", strings.Repeat("x", 60_000)} {
		got := w.refreshWith(token)
		requireProblem(t, got, 401, "token_not_valid")
		require.Equal(t, "Bearer", got.Header.Get("WWW-Authenticate"))
	}
	require.Equal(t, http.StatusUnauthorized, w.post(refreshPath+"?refresh="+ada.refresh, object("refresh", "x")).Status,
		"no token is taken from a URL")
	got := w.post(refreshPath, "", bearer(ada.access),
		"Cookie: doorcode_refresh="+ada.refresh+"; __Secure-doorcode_refresh="+ada.refresh)
	requireProblem(t, got, 400, "invalid_request")
	require.Equal(t, []string{"/refresh"}, got.pointers(), "without cookie mode there are no cookies")

	w.store.disable()
	requireProblem(t, w.refreshWith(ada.refresh), 401, "token_not_valid")
	w.store.fail(domain.ErrUnavailable)
	requireProblem(t, w.refreshWith(ada.refresh), 503, "unavailable")
}

func TestVerifyToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada := w.begin(ada)
	verify := func(token string) answered { return w.post(verifyPath, object("token", token)) }
	for _, token := range []string{ada.access, ada.refresh, ada.refresh} {
		got := verify(token)
		require.Equal(t, http.StatusOK, got.Status, got.Body)
		require.Equal(t, `{}`, got.Body)
	}
	next, _ := w.refreshWith(ada.refresh).member("refresh").(string)
	w.clock.Advance(time.Minute)
	for _, token := range []string{ada.refresh, next + "0", "", "x", strings.Repeat("x", 60_000)} {
		requireProblem(t, verify(token), 401, "token_not_valid")
	}
	require.Equal(t, http.StatusOK, verify(next).Status, "to look at a token that was replaced ends nothing")
	w.store.end()
	for _, token := range []string{ada.access, next} {
		requireProblem(t, verify(token), 401, "token_not_valid")
	}
	w.store.fail(domain.ErrUnavailable)
	requireProblem(t, verify(ada.access), 503, "unavailable")
}

// tokenBodies are bodies that are none, for what wants a token by a name.
var tokenBodies = []struct {
	body   string
	status int
}{
	{``, 400},
	{`{}`, 400},
	{`{"NAME":null}`, 400},
	{`{"NAME":1}`, 400},
	{`{"NAME":true}`, 400},
	{`{"NAME":["TOKEN"]}`, 400},
	{`{"NAME":{"NAME":"TOKEN"}}`, 400},
	{`{"NAME":"TOKEN","NAME":"TOKEN"}`, 400},
	{`{"NAME":"TOKEN","\u004eAME":"TOKEN","x":1,"x":2}`, 400},
	{`{"NAME":"TOKEN"}{}`, 400},
	{`{"NAME":"TOKEN"`, 400},
	{`{"NAME":"TOKEN\u0000"}`, 400},
	{`{"NAME":"\ud800"}`, 400},
	{"{\"NAME\":\"\xff\"}", 400},
	{`{"name":"TOKEN","Name":"TOKEN"}`, 400},
	{`["TOKEN"]`, 400},
	{`"TOKEN"`, 400},
	{`null`, 400},
	{`NAME=TOKEN`, 400},
	{strings.Repeat(`{"NAME":`, 40) + `"TOKEN"` + strings.Repeat(`}`, 40), 400},
	{`{"NAME":"TOKEN","x":"` + strings.Repeat("a", 64<<10) + `"}`, 413},
}

func TestTokens_malformedBodies(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada := w.begin(ada)
	before := w.store.called()
	for _, to := range []struct{ path, name string }{
		{refreshPath, "refresh"},
		{"/accounts/token/refresh", "refresh"},
		{verifyPath, "token"},
	} {
		for _, row := range tokenBodies {
			body := strings.NewReplacer("NAME", to.name, "TOKEN", ada.refresh).Replace(row.body)
			got := w.post(to.path, body)
			require.Equal(t, row.status, got.Status, "%.100s: %s", body, got.Body)
		}
		good := object(to.name, ada.refresh)
		for _, header := range []string{
			"Content-Type: ", "Content-Type: text/plain",
			"Content-Type: application/x-www-form-urlencoded", "Content-Encoding: gzip",
		} {
			requireProblem(t, w.post(to.path, good, header), 415, "unsupported_media_type")
		}
	}
	require.Equal(t, before, w.store.called(), "no use case may hear of it")
}

// No input without a valid token is accepted, and none breaks the server.
func FuzzTokens(f *testing.F) {
	for _, row := range tokenBodies {
		f.Add(strings.NewReplacer("NAME", "refresh", "TOKEN", "refresh.x.y.0").Replace(row.body), "scope=local")
	}
	f.Add(`{"refresh":""}`, "scope=others&scope=global")
	f.Add(`token=x&token_type_hint=y`, ";")
	w := setup(f)
	f.Fuzz(func(t *testing.T, body, query string) {
		for _, path := range []string{refreshPath, verifyPath, logoutPath, "/api/auth/introspect", "/api/auth/revoke"} {
			for _, mediaType := range []string{"application/json", "application/x-www-form-urlencoded"} {
				r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
				r.URL.RawQuery = query
				r.Header.Set("Content-Type", mediaType)
				r.SetBasicAuth(query, body)
				answer := httptest.NewRecorder()
				w.api.ServeHTTP(answer, r)
				require.GreaterOrEqual(t, answer.Code, 400, "%s %q", path, body)
				require.Less(t, answer.Code, 500, "%s %q: %s", path, body, answer.Body)
			}
		}
	})
}
