package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

const (
	ownOrigin = "https://id.example.com"
	appOrigin = "https://app.example.com"
	eveOrigin = "https://evil.example"
)

func withCookies(s *settings) {
	s.config.Cookies, s.config.CORSOrigins = true, []string{appOrigin}
}

// cookieRow is what a browser is told, to the letter but for the token.
type cookieRow struct {
	name, publicURL string
	family          string // of the paths
	cookie          string
	set             string   // what follows the token
	off             []string // what takes it back
}

var cookieRows = []cookieRow{
	{
		"over TLS", "https://id.example.com", "/api/auth", "__Secure-doorcode_refresh",
		"; Path=/api/auth; Max-Age=86400; HttpOnly; Secure; SameSite=Strict",
		[]string{
			"__Secure-doorcode_refresh=; Path=/api/auth; Max-Age=0; HttpOnly; Secure; SameSite=Strict",
			"__Secure-doorcode_refresh=; Path=/accounts; Max-Age=0; HttpOnly; Secure; SameSite=Strict",
		},
	},
	{
		"older clients", "https://id.example.com", "/accounts", "__Secure-doorcode_refresh",
		"; Path=/accounts; Max-Age=86400; HttpOnly; Secure; SameSite=Strict",
		[]string{
			"__Secure-doorcode_refresh=; Path=/api/auth; Max-Age=0; HttpOnly; Secure; SameSite=Strict",
			"__Secure-doorcode_refresh=; Path=/accounts; Max-Age=0; HttpOnly; Secure; SameSite=Strict",
		},
	},
	{
		"on a developer's machine", "http://localhost:8000", "/api/auth", "doorcode_refresh",
		"; Path=/api/auth; Max-Age=86400; HttpOnly; SameSite=Strict",
		[]string{
			"doorcode_refresh=; Path=/api/auth; Max-Age=0; HttpOnly; SameSite=Strict",
			"doorcode_refresh=; Path=/accounts; Max-Age=0; HttpOnly; SameSite=Strict",
		},
	},
	{
		"below a path of a proxy", "https://example.com/id/", "/api/auth", "__Secure-doorcode_refresh",
		"; Path=/id/api/auth; Max-Age=86400; HttpOnly; Secure; SameSite=Strict",
		[]string{
			"__Secure-doorcode_refresh=; Path=/id/api/auth; Max-Age=0; HttpOnly; Secure; SameSite=Strict",
			"__Secure-doorcode_refresh=; Path=/id/accounts; Max-Age=0; HttpOnly; Secure; SameSite=Strict",
		},
	},
}

// Every answer that has a refresh token sets it, and what ends it takes it back.
func TestCookies_areSet(t *testing.T) {
	t.Parallel()
	for _, test := range cookieRows {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, withCookies, func(s *settings) { s.config.PublicURL = test.publicURL })
			code, id := w.ask(ada)
			verified := w.post(test.family+"/otp/verify/", `{"challenge_id":"`+id+`","otp_code":"`+code+`"}`)
			require.Equal(t, http.StatusOK, verified.Status, verified.Body)
			first := cookieOf(t, verified, test)
			require.NotContains(t, verified.Body, "refresh")
			access, _ := verified.member("tokens.access").(string)
			if access == "" {
				access, _ = verified.member("access").(string)
			}

			w.clock.Advance(time.Hour)
			refreshed := w.post(test.family+"/token/refresh/", "", "Cookie: other=x; "+test.cookie+"="+first)
			require.Equal(t, http.StatusOK, refreshed.Status, refreshed.Body)
			next := cookieOf(t, refreshed, test)
			require.NotEqual(t, first, next)
			require.NotContains(t, refreshed.Body, "refresh")
			require.NotEmpty(t, refreshed.member("access"))

			left := w.post(logoutPath, "", bearer(access))
			require.Equal(t, http.StatusNoContent, left.Status)
			require.Equal(t, test.off, left.Header.Values("Set-Cookie"))
			refused := w.post(test.family+"/token/refresh", "", "Cookie: "+test.cookie+"="+next)
			requireProblem(t, refused, 401, "token_not_valid")
			require.Equal(t, test.off, refused.Header.Values("Set-Cookie"), "what is refused is of no use")
		})
	}
}

// cookieOf is the token in the one cookie of an answer.
func cookieOf(t *testing.T, got answered, test cookieRow) string {
	t.Helper()
	cookies := got.Header.Values("Set-Cookie")
	require.Len(t, cookies, 1)
	token, before := strings.CutPrefix(cookies[0], test.cookie+"=")
	token, after := strings.CutSuffix(token, test.set)
	require.True(t, before && after, cookies[0])
	require.True(t, strings.HasPrefix(token, "refresh."), token)
	return token
}

// inBrowser begins a session whose refresh token is a cookie.
func (w *world) inBrowser(identifier string) (s signedIn, cookie string) {
	w.t.Helper()
	s = w.begin(identifier)
	cookie, _, _ = strings.Cut(s.Header.Get("Set-Cookie"), ";")
	require.NotEmpty(w.t, cookie)
	_, s.refresh, _ = strings.Cut(cookie, "=")
	return s, "Cookie: " + cookie
}

func TestCookies_whichToken(t *testing.T) {
	t.Parallel()
	w := setup(t, withCookies)
	ada, adas := w.inBrowser(ada)
	_, bobs := w.inBrowser("bob@example.com")
	for _, body := range []string{``, `{}`, `{"refresh":null}`, `{"x":1}`} {
		require.Equal(t, http.StatusOK, w.post(refreshPath, body, adas).Status, body)
	}
	for name, test := range map[string]struct {
		body, cookie string
		status       int
		code         string
	}{
		"neither":                     {``, "", 401, "not_authenticated"},
		"an empty cookie":             {``, "Cookie: __Secure-doorcode_refresh=", 401, "not_authenticated"},
		"a cookie of another name":    {``, strings.Replace(adas, "__Secure-", "", 1), 401, "not_authenticated"},
		"a name in capitals":          {``, strings.Replace(adas, "__Secure-", "__SECURE-", 1), 401, "not_authenticated"},
		"two cookies":                 {``, adas + strings.Replace(bobs, "Cookie:", ";", 1), 401, "token_not_valid"},
		"a bad one in the body":       {`{"refresh":"x"}`, adas, 401, "token_not_valid"},
		"an empty one in the body":    {`{"refresh":""}`, adas, 401, "token_not_valid"},
		"a number in the body":        {`{"refresh":1}`, adas, 400, "invalid_request"},
		"half a body":                 {`{`, adas, 400, "invalid_request"},
		"an access token as a cookie": {``, "Cookie: __Secure-doorcode_refresh=" + ada.access, 401, "token_not_valid"},
	} {
		got := w.post(refreshPath, test.body, test.cookie)
		require.Equal(t, test.status, got.Status, "%s: %s", name, got.Body)
		require.Equal(t, test.code, got.member("code"), name)
		dropped := len(got.Header.Values("Set-Cookie")) > 0
		require.Equal(t, name == "an access token as a cookie", dropped, "%s: only a cookie that is refused is taken back",
			name)
	}
	got := w.post(refreshPath, object("refresh", ada.refresh), bobs)
	require.Equal(t, http.StatusOK, got.Status, "the body wins")
	require.Contains(t, got.Header.Get("Set-Cookie"), "__Secure-doorcode_refresh="+strings.TrimSuffix(ada.refresh, "0"))
	require.NotContains(t, got.Body, "refresh")
	require.Equal(t, http.StatusBadRequest, w.post(verifyPath, "", adas).Status)
	require.Equal(t, http.StatusUnauthorized, w.do(http.MethodGet, "/api/profile", "", adas).Status)
}

func TestCookies_whichLogoutsDropThem(t *testing.T) {
	t.Parallel()
	w := setup(t, withCookies)
	dropped := func(got answered) bool {
		require.Equal(t, http.StatusNoContent, got.Status, got.Body)
		return len(got.Header.Values("Set-Cookie")) == 2
	}
	here, _ := w.inBrowser(ada)
	there, _ := w.inBrowser(ada)
	require.False(t, dropped(w.do(http.MethodDelete, "/api/auth/sessions/"+there.session, "", bearer(here.access))),
		"another session")
	require.False(t, dropped(w.post(logoutPath+"?scope=others", "", bearer(here.access))), "the others")
	require.True(t, dropped(w.do(http.MethodDelete, "/api/auth/sessions/"+here.session, "", bearer(here.access))),
		"this session")
	again, _ := w.inBrowser(ada)
	global := w.post(logoutPath+"?scope=global", "", bearer(again.access))
	require.True(t, dropped(global), "all of them")
	require.Equal(t, `"cache", "storage"`, global.Header.Get("Clear-Site-Data"))
}

// A page that has kept its access token for too long must be able to sign its user out.
func TestCookies_logout(t *testing.T) {
	t.Parallel()
	w := setup(t, withCookies)
	bob, bobs := w.inBrowser("bob@example.com")
	is := func(header string) func(signedIn) string { return func(signedIn) string { return header } }
	ofOwn := func(own signedIn) string { return bearer(own.access) }
	for name, test := range map[string]struct {
		path, body string
		header     func(own signedIn) string
		status     int
		ends       bool // the session of the cookie
	}{
		"the cookie alone":               {logoutPath, ``, nil, 204, true},
		"older clients":                  {"/accounts/logout/", `{}`, nil, 204, true},
		"beside its own access token":    {logoutPath, ``, ofOwn, 204, true},
		"beside an invalid access token": {logoutPath, ``, is("Authorization: Bearer x.y.z"), 204, true},
		"beside an empty access token":   {logoutPath, ``, is("Authorization: Bearer "), 204, true},
		"beside the access token of bob": {logoutPath, ``, is(bearer(bob.access)), 401, false},
		"an unknown scope":               {logoutPath + "?scope=all", ``, ofOwn, 400, false},
		"a body that cannot be read":     {logoutPath, `{`, ofOwn, 400, false},
		"an invalid token in the body":   {logoutPath, `{"refresh":"x"}`, ofOwn, 401, false},
		"two cookies":                    {logoutPath, ``, is(bobs), 401, false},
	} {
		own, cookie := w.inBrowser(strings.ReplaceAll(name, " ", "-") + "@example.com")
		header := ""
		if test.header != nil {
			header = test.header(own)
		}
		if second, found := strings.CutPrefix(header, "Cookie:"); found {
			cookie, header = cookie+";"+second, ""
		}
		got := w.post(test.path, test.body, cookie, header)
		require.Equal(t, test.status, got.Status, "%s: %s", name, got.Body)
		require.Len(t, got.Header.Values("Set-Cookie"), 2, "%s: the cookie is dropped whatever the status", name)
		refreshed := w.post(refreshPath, object("refresh", own.refresh), "")
		require.Equal(t, test.ends, refreshed.Status == http.StatusUnauthorized, name)
	}
	require.Equal(t, http.StatusOK, w.post(refreshPath, "", bobs).Status, "another user's session")
}

// A cookie that is worth nothing does not keep a page with an access token signed in.
func TestCookies_logoutBesideABadCookie(t *testing.T) {
	t.Parallel()
	w := setup(t, withCookies)
	ended, endedCookie := w.inBrowser(ada)
	require.Equal(t, http.StatusNoContent, w.post(logoutPath, object("refresh", ended.refresh), "").Status)
	_, bobs := w.inBrowser("bob@example.com")
	for name, cookie := range map[string]string{
		"garbled": "Cookie: __Secure-doorcode_refresh=x",
		"ended":   endedCookie,
		"two":     endedCookie + strings.Replace(bobs, "Cookie:", ";", 1),
	} {
		own := w.begin(name + "@example.com")
		if name == "ended" {
			own, _ = w.inBrowser(ada)
		}
		got := w.post(logoutPath, "", cookie, bearer(own.access))
		require.Equal(t, http.StatusNoContent, got.Status, "%s: %s", name, got.Body)
		listed := w.do(http.MethodGet, "/api/auth/sessions", "", bearer(own.access))
		require.Equal(t, http.StatusUnauthorized, listed.Status, name)
	}
}

// A failure that may pass leaves the cookie: it would sign the user out.
func TestCookies_survivesAnOutage(t *testing.T) {
	t.Parallel()
	w := setup(t, withCookies)
	_, cookie := w.inBrowser(ada)
	w.store.err = domain.ErrUnavailable
	got := w.post(refreshPath, "", cookie)
	require.Equal(t, http.StatusServiceUnavailable, got.Status, got.Body)
	require.Empty(t, got.Header.Values("Set-Cookie"))
}

func TestCookies_withoutRotation(t *testing.T) {
	t.Parallel()
	w := setup(t, withCookies, func(s *settings) { s.sessions.Rotates = false })
	_, cookie := w.inBrowser(ada)
	got := w.post(refreshPath, "", cookie)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Empty(t, got.Header.Values("Set-Cookie"), "the one that the browser has stays good")
}

func TestCookies_endWithTheSession(t *testing.T) {
	t.Parallel()
	w := setup(t, withCookies)
	_, cookie := w.inBrowser(ada)
	w.clock.Advance(90*24*time.Hour - time.Minute)
	require.Contains(t, w.post(refreshPath, "", cookie).Header.Get("Set-Cookie"), "; Max-Age=60; ")
}

// changes are requests that change something, each of which would work.
func changes(w *world, cookie string, s signedIn) []struct{ method, path, body, header string } {
	return []struct{ method, path, body, header string }{
		{http.MethodPost, "/api/auth/otp/request", `{"identifier":"eve@example.com"}`, ""},
		{http.MethodPost, "/api/auth/otp/verify", `{"identifier":"eve@example.com","otp_code":"123456"}`, ""},
		{http.MethodPost, "/accounts/otp/request", `{"identifier":"eve@example.com"}`, ""},
		{http.MethodPost, "/accounts/otp/verify", `{"identifier":"eve@example.com","otp":"123456"}`, ""},
		{http.MethodPost, refreshPath, ``, cookie},
		{http.MethodPost, "/accounts/token/refresh", ``, cookie},
		{http.MethodPost, verifyPath, object("token", s.access), ""},
		{http.MethodPatch, "/api/profile", `{}`, bearer(s.access)},
		{http.MethodPost, introspectPath, ``, billing},
		{http.MethodPost, revokePath, ``, billing},
		{http.MethodPost, logoutPath + "?scope=others", ``, bearer(s.access)},
		{http.MethodDelete, "/api/auth/sessions/" + w.begin("bob@example.com").session, ``, bearer(s.access)},
	}
}

func TestCookies_crossOrigin(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		headers []string
		allowed bool
	}{
		"no browser":                         {nil, true},
		"our own page":                       {[]string{"Sec-Fetch-Site: same-origin", "Origin: " + ownOrigin}, true},
		"our own page, in an older browser":  {[]string{"Origin: " + ownOrigin}, true},
		"typed by a person":                  {[]string{"Sec-Fetch-Site: none"}, true},
		"a listed page":                      {[]string{"Sec-Fetch-Site: same-site", "Origin: " + appOrigin}, true},
		"a listed page, in an older browser": {[]string{"Origin: " + appOrigin}, true},
		"a neighbour": {[]string{
			"Sec-Fetch-Site: same-site",
			"Origin: https://other.example.com",
		}, false},
		"a stranger":                           {[]string{"Sec-Fetch-Site: cross-site", "Origin: " + eveOrigin}, false},
		"a stranger without origin":            {[]string{"Sec-Fetch-Site: cross-site"}, false},
		"a stranger without a name":            {[]string{"Sec-Fetch-Site: cross-site", "Origin: null"}, false},
		"a stranger, in an older browser":      {[]string{"Origin: " + eveOrigin}, false},
		"the null origin, in an older browser": {[]string{"Origin: null"}, false},
		"another port":                         {[]string{"Origin: " + appOrigin + ":8443"}, false},
		"without TLS":                          {[]string{"Origin: http://app.example.com"}, false},
		"a longer name":                        {[]string{"Origin: " + appOrigin + ".evil.example"}, false},
		"what no browser says":                 {[]string{"Sec-Fetch-Site: friendly", "Origin: " + eveOrigin}, false},
		"a stranger with X-Forwarded-Host": {
			[]string{"Origin: " + eveOrigin, "X-Forwarded-Host: evil.example"},
			false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t, withCookies)
			ada, cookie := w.inBrowser(ada)
			for _, c := range changes(w, cookie, ada) {
				before := w.store.called()
				got := w.do(c.method, c.path, c.body, append(test.headers, c.header)...)
				if test.allowed {
					require.NotEqual(t, http.StatusForbidden, got.Status, "%s: %s", c.path, got.Body)
					continue
				}
				requireProblem(t, got, 403, "permission_denied")
				require.Equal(t, before, w.store.called(), c.path)
			}
			for _, path := range []string{"/api/profile", "/healthz", "/docs"} {
				require.NotEqual(t, http.StatusForbidden, w.do(http.MethodGet, path, "", test.headers...).Status,
					"to look changes nothing")
			}
			require.Equal(t, http.StatusNotFound, w.post("/nothing", "", test.headers...).Status)
			require.Equal(t, http.StatusMethodNotAllowed, w.do(http.MethodPut, refreshPath, "", test.headers...).Status)
		})
	}
	t.Run("without cookies there is nothing to protect", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		got := w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`, "Sec-Fetch-Site: cross-site",
			"Origin: "+eveOrigin)
		require.Equal(t, http.StatusOK, got.Status)
	})
}

func TestCookies_cors(t *testing.T) {
	t.Parallel()
	const credentials = "Access-Control-Allow-Credentials"
	w := setup(t, withCookies)
	preflight := func(path, method, origin string) answered {
		return w.do(http.MethodOptions, path, "", "Origin: "+origin, "Access-Control-Request-Method: "+method,
			"Sec-Fetch-Site: same-site")
	}
	got := preflight(refreshPath, "POST", appOrigin)
	require.Equal(t, http.StatusNoContent, got.Status)
	require.Equal(t, "true", got.Header.Get(credentials))
	require.Equal(t, appOrigin, got.Header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, "Origin, Access-Control-Request-Headers", got.Header.Get("Vary"))
	require.Equal(t, "DELETE, OPTIONS",
		sortedList(preflight("/api/auth/sessions/x", "DELETE", appOrigin).Header.Get("Access-Control-Allow-Methods")))
	const usual = "Authorization, Content-Type, X-Request-Id"
	for asked, want := range map[string]string{
		"": usual,
		"authorization,baggage,sentry-trace,x-requested-with": "authorization,baggage,sentry-trace,x-requested-with",
		"x-datadog-trace-id, x-datadog-origin":                "x-datadog-trace-id, x-datadog-origin",
		"*":                                                   "*", // a header of this name: credentials make it no wildcard
		"content-type; x":                                     usual,
		"content-type,":                                       usual,
	} {
		got := w.do(http.MethodOptions, refreshPath, "", "Origin: "+appOrigin, "Access-Control-Request-Method: POST",
			"Access-Control-Request-Headers: "+asked)
		require.Equal(t, want, got.Header.Get("Access-Control-Allow-Headers"), asked)
	}
	got = w.do(http.MethodGet, "/api/profile", "", "Origin: "+appOrigin)
	require.Equal(t, "true", got.Header.Get(credentials))
	for _, origin := range []string{eveOrigin, "null", "*", "http://app.example.com", ownOrigin} {
		for _, got := range []answered{preflight(refreshPath, "POST", origin), w.post(refreshPath, "", "Origin: "+origin)} {
			for name := range got.Header {
				require.NotContains(t, name, "Access-Control", origin)
			}
		}
	}
	plain := setup(t, func(s *settings) { s.config.CORSOrigins = []string{appOrigin} })
	got = plain.do(http.MethodOptions, refreshPath, "", "Origin: "+appOrigin, "Access-Control-Request-Method: POST")
	require.Equal(t, appOrigin, got.Header.Get("Access-Control-Allow-Origin"))
	require.Empty(t, got.Header.Get(credentials))
}
