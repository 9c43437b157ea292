package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
	"Version/18.3 Mobile/15E148 Safari/604.1"

// isIn reports whether a session of a user is live.
func (w *world) isIn(s signedIn) bool {
	w.t.Helper()
	return w.do(http.MethodGet, "/api/profile", "", bearer(s.access)).Status == http.StatusOK
}

func TestLogOut(t *testing.T) {
	t.Parallel()
	type people struct{ here, there, bob signedIn }
	for name, test := range map[string]struct {
		scope, body, header string
		gone                []bool // here, there
	}{
		"by the access token":          {"", ``, "ACCESS", []bool{true, false}},
		"by an empty object":           {"", `{}`, "ACCESS", []bool{true, false}},
		"by null":                      {"?scope=local", `{"refresh":null}`, "ACCESS", []bool{true, false}},
		"by the refresh token":         {"", `{"refresh":"REFRESH"}`, "", []bool{true, false}},
		"by both":                      {"?scope=local", `{"refresh":"REFRESH"}`, "ACCESS", []bool{true, false}},
		"the refresh token names it":   {"", `{"refresh":"OTHER"}`, "ACCESS", []bool{false, true}},
		"with an access token of none": {"", `{"refresh":"REFRESH"}`, "x", []bool{true, false}},
		"of all":                       {"?scope=global", ``, "ACCESS", []bool{true, true}},
		"of all others":                {"?scope=others", ``, "ACCESS", []bool{false, true}},
		"of all others than it":        {"?scope=others", `{"refresh":"OTHER"}`, "ACCESS", []bool{true, false}},
		"with something else":          {"?x=1&scope=local&y=2", `{"x":1}`, "ACCESS", []bool{true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, slash := range []string{"", "/"} {
				w := setup(t)
				p := people{w.begin(ada), w.begin(ada), w.begin("bob@example.com")}
				tokens := strings.NewReplacer("ACCESS", p.here.access, "REFRESH", p.here.refresh, "OTHER", p.there.refresh)
				got := w.post(logoutPath+slash+test.scope, tokens.Replace(test.body), bearer(tokens.Replace(test.header)))
				require.Equal(t, http.StatusNoContent, got.Status, got.Body)
				require.Empty(t, got.Body)
				require.Empty(t, got.Header.Get("Content-Type"))
				require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
				require.Equal(t, test.gone, []bool{!w.isIn(p.here), !w.isIn(p.there)})
				require.True(t, w.isIn(p.bob), "a stranger")
				require.Equal(t, test.gone[0], w.refreshWith(p.here.refresh).Status == http.StatusUnauthorized)
			}
		})
	}
}

func TestLogOut_refuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada, bob := w.begin(ada), w.begin("bob@example.com")
	for name, test := range map[string]struct {
		query, body, header string
		status              int
		code                string
	}{
		"no token":                   {"", ``, "", 401, "not_authenticated"},
		"a body that says nothing":   {"", `{"token":"x"}`, "", 401, "not_authenticated"},
		"an empty refresh token":     {"", `{"refresh":""}`, "", 401, "not_authenticated"},
		"no access token":            {"", ``, bearer("x"), 401, "token_not_valid"},
		"a refresh token as access":  {"", ``, bearer(ada.refresh), 401, "token_not_valid"},
		"no refresh token":           {"", `{"refresh":"x"}`, bearer(ada.access), 401, "token_not_valid"},
		"an access token as refresh": {"", object("refresh", ada.access), "", 401, "token_not_valid"},
		"two people":                 {"", object("refresh", ada.refresh), bearer(bob.access), 401, "token_not_valid"},
		"two people, the other way": {
			"?scope=global", object("refresh", bob.refresh), bearer(ada.access), 401,
			"token_not_valid",
		},
		"another scope":               {"?scope=everything", ``, bearer(ada.access), 400, "invalid_request"},
		"no scope":                    {"?scope=", ``, bearer(ada.access), 400, "invalid_request"},
		"a scope in capitals":         {"?scope=Global", ``, bearer(ada.access), 400, "invalid_request"},
		"two scopes":                  {"?scope=local&scope=global", ``, bearer(ada.access), 400, "invalid_request"},
		"a scope that cannot be read": {"?scope=global%zz", ``, bearer(ada.access), 400, "invalid_request"},
		"a scope after a semicolon":   {"?x;scope=global", ``, bearer(ada.access), 400, "invalid_request"},
		"a token that is no text":     {"", `{"refresh":1}`, bearer(ada.access), 400, "invalid_request"},
		"a token twice":               {"", `{"refresh":null,"refresh":null}`, bearer(ada.access), 400, "invalid_request"},
		"half a body":                 {"", `{`, bearer(ada.access), 400, "invalid_request"},
	} {
		got := w.post(logoutPath+test.query, test.body, test.header)
		require.Equal(t, test.status, got.Status, "%s: %s", name, got.Body)
		require.Equal(t, test.code, got.member("code"), name)
		if strings.Contains(test.query, "scope=") && test.status == 400 {
			require.Equal(t, []string{"/scope"}, got.pointers(), name)
		}
	}
	require.True(t, w.isIn(ada))
	require.True(t, w.isIn(bob))
	w.store.fail(domain.ErrUnavailable)
	requireProblem(t, w.post(logoutPath, "", bearer(ada.access)), 503, "unavailable")
	w.store.fail(nil)
	require.True(t, w.isIn(ada), "what failed is no success")
	require.Equal(t, http.StatusNoContent, w.post(logoutPath, "", bearer(ada.access)).Status)
	requireProblem(t, w.post(logoutPath, "", bearer(ada.access)), 401, "token_not_valid")
}

// The token just replaced still ends its session; an older one ends it too, but is
// refused: another client has used it.
func TestLogOut_byAnOlderToken(t *testing.T) {
	t.Parallel()
	w := setup(t)
	first := w.begin(ada)
	require.Equal(t, http.StatusOK, w.refreshWith(first.refresh).Status)
	require.Equal(t, http.StatusNoContent, w.post(logoutPath, object("refresh", first.refresh)).Status)
	require.False(t, w.isIn(first))

	second := w.begin(ada)
	require.Equal(t, http.StatusOK, w.refreshWith(second.refresh).Status)
	w.clock.Advance(time.Minute)
	requireProblem(t, w.post(logoutPath, object("refresh", second.refresh)), 401, "token_not_valid")
	require.False(t, w.isIn(second))
}

func TestSessions_list(t *testing.T) {
	t.Parallel()
	w := setup(t)
	phone := w.begin(ada, "User-Agent: "+safari)
	w.clock.Advance(time.Minute)
	laptop := w.begin(ada, "User-Agent: <b>")
	w.begin("bob@example.com")
	w.clock.Advance(time.Minute)
	require.Equal(t, http.StatusOK, w.refreshWith(phone.refresh).Status)
	for _, path := range []string{"/api/auth/sessions/", "/api/auth/sessions"} {
		got := w.do(http.MethodGet, path, "", bearer(phone.access))
		require.Equal(t, http.StatusOK, got.Status, got.Body)
		require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
		require.JSONEq(t, `{"results":[
			{"id":"`+laptop.session+`","current":false,"created_at":"2026-03-14T12:01:00Z","last_used_at":"2026-03-14T12:01:00Z",
			 "channel":"email","amr":["otp","email"],"user_agent":"<b>","device":"","address":"127.0.0.1"},
			{"id":"`+phone.session+`","current":true,"created_at":"2026-03-14T12:00:00Z","last_used_at":"2026-03-14T12:02:00Z",
			 "channel":"email","amr":["otp","email"],"user_agent":"`+safari+`","device":"Safari on iPhone","address":"127.0.0.1"}
		]}`, got.Body)
	}
	w.clock.Advance(89 * 24 * time.Hour)
	require.Empty(t, w.do(http.MethodGet, "/api/auth/sessions", "", bearer(phone.access)).member("results"),
		"nothing that cannot be used")
	requireProblem(t, w.do(http.MethodGet, "/api/auth/sessions", ""), 401, "not_authenticated")
	w.store.end()
	requireProblem(t, w.do(http.MethodGet, "/api/auth/sessions", "", bearer(phone.access)), 401, "token_not_valid")
}

func TestSessions_end(t *testing.T) {
	t.Parallel()
	w := setup(t)
	here, there, bob := w.begin(ada), w.begin(ada), w.begin("bob@example.com")
	end := func(id, access string) answered {
		return w.do(http.MethodDelete, "/api/auth/sessions/"+id, "", bearer(access))
	}
	before := end("no-session", here.access)
	requireProblem(t, before, 404, "not_found")
	for _, id := range []string{
		bob.session, strings.ToUpper(here.session), here.session + "0", "0", "-1", "%20", "null", "*", "..;", "'--",
		strings.Repeat("x", 8000),
		"00000000-0000-0000-0000-000000000000", "%ff", "%f0%9f%98%80", "{" + here.session + "}",
	} {
		got := end(id, here.access)
		requireProblem(t, got, 404, "not_found")
		if !strings.ContainsAny(id, "%{'*") { // which are another spelling of a path
			require.Equal(t, before.member("detail"), got.member("detail"),
				"another user's, or none: the answer is the same")
		}
	}
	require.True(t, w.isIn(bob))
	got := end(there.session, here.access)
	require.Equal(t, http.StatusNoContent, got.Status)
	require.Empty(t, got.Body)
	require.False(t, w.isIn(there))
	requireProblem(t, end(there.session, here.access), 404, "not_found")
	requireProblem(t, end(here.session, there.access), 401, "token_not_valid")
	requireProblem(t, end(here.session, ""), 401, "not_authenticated")
	require.True(t, w.isIn(here))
	require.Equal(t, http.StatusNoContent, end(here.session+"/", here.access).Status)
	require.False(t, w.isIn(here))
}
