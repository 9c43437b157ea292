package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestShowProfile(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.signIn("+15551234567")
	for _, path := range []string{"/api/profile/", "/api/profile"} {
		got := w.do(http.MethodGet, path, "", "Authorization: Bearer "+token)
		require.Equal(t, http.StatusOK, got.Status, got.Body)
		require.True(t, strings.HasPrefix(got.Body, `{"id":1,"uuid":"`), got.Body)
		require.True(t,
			strings.HasSuffix(got.Body, `"last_login":"2026-03-14T12:00:00Z","profile":{"company":"","position":""}}`), got.Body)
		require.Equal(t, "phone_15551234567@id.example.com", got.member("email"))
		require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
	}
}

func TestShowProfile_withoutLastLogin(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.signIn(ada)
	for id, user := range w.store.users {
		user.LastLogin = time.Time{}
		w.store.users[id] = user
	}
	require.Contains(t, w.do(http.MethodGet, "/api/profile", "", "Authorization: Bearer "+token).Body, `"last_login":null`)
}

func TestShowProfile_tokens(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.signIn(ada)
	for _, test := range []struct {
		name, header string
		status       int
		code         string
	}{
		{"none", "", 401, "not_authenticated"},
		{"an empty one", "Authorization: Bearer ", 401, "not_authenticated"},
		{"a scheme alone", "Authorization: Bearer", 401, "not_authenticated"},
		{"another scheme", "Authorization: Basic " + token, 401, "not_authenticated"},
		{"no scheme", "Authorization: " + token, 401, "not_authenticated"},
		{"a scheme in small letters", "Authorization: bearer " + token, 200, ""},
		{"spaces between", "Authorization: Bearer   " + token, 200, ""},
		{"something after it", "Authorization: Bearer " + token + " x", 401, "token_not_valid"},
		{"two in one", "Authorization: Bearer " + token + ", Bearer " + token, 401, "token_not_valid"},
		{"junk", "Authorization: Bearer junk", 401, "token_not_valid"},
		{
			"a refresh token", "Authorization: Bearer " + strings.Replace(token, "access", "refresh", 1), 401,
			"token_not_valid",
		},
		{"of no session", "Authorization: Bearer access.x.y", 401, "token_not_valid"},
		{"in another header", "X-Authorization: Bearer " + token, 401, "not_authenticated"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodPatch} {
				got := w.do(method, "/api/profile", "", test.header)
				require.Equal(t, test.status, got.Status, got.Body)
				if test.code == "" {
					continue
				}
				require.Equal(t, test.code, got.member("code"))
				require.Equal(t, "Bearer", got.Header.Get("WWW-Authenticate"))
			}
		})
	}
	t.Run("two headers", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/api/profile", nil)
		require.NoError(t, err)
		req.Header["Authorization"] = []string{"Bearer " + token, "Bearer " + token}
		require.Equal(t, "token_not_valid", w.send(req).member("code"))
	})
	t.Run("in the query", func(t *testing.T) {
		require.Equal(t, http.StatusUnauthorized,
			w.do(http.MethodGet, "/api/profile?access_token="+token+"&token="+token, "").Status)
	})
}

func TestShowProfile_otherHeader(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) {
		s.config.AuthHeader, s.config.AuthSchemes = "x-access-token", []string{"JWT", "Token"}
		s.config.CORSOrigins = []string{"https://app.example"}
	})
	w.post("/api/auth/otp/request", `{"identifier":"`+ada+`"}`)
	verified := w.post("/api/auth/otp/verify", `{"identifier":"`+ada+`","otp_code":"`+w.sender.lastCode()+`"}`)
	require.Equal(t, "JWT", verified.member("tokens.token_type"))
	token, _ := verified.member("tokens.access").(string)
	w.client = w.server.Client() // openapi.yaml knows the usual header
	for header, want := range map[string]int{
		"X-Access-Token: JWT " + token: 200, "X-Access-Token: jwt " + token: 200, "X-Access-Token: Token " + token: 200,
		"X-Access-Token: Bearer " + token: 401, "X-Access-Token: " + token: 401, "Authorization: JWT " + token: 401,
	} {
		got := w.do(http.MethodGet, "/api/profile", "", header)
		require.Equal(t, want, got.Status, header)
		if want == http.StatusUnauthorized {
			require.Equal(t, "JWT", got.Header.Get("WWW-Authenticate"))
			require.Equal(t, "Send an access token in the X-Access-Token header", got.member("detail"),
				"the name of the header that is looked at")
		}
	}
	got := w.do(http.MethodOptions, "/api/profile", "", "Origin: https://app.example",
		"Access-Control-Request-Method: GET")
	require.Equal(t, "X-Access-Token, Content-Type, X-Request-Id", got.Header.Get("Access-Control-Allow-Headers"))
}

func TestChangeProfile(t *testing.T) {
	t.Parallel()
	w := setup(t)
	authorization := "Authorization: Bearer " + w.signIn(ada)
	body := `{"first_name":" Ada ","last_name":"Lovelace","profile":{"company":"Engines","position":null},` +
		`"id":null,"last_login":"2001-01-01T00:00:00Z","is_superuser":true,"is_active":false,"Email":"bob@example.com"}`
	got := w.do(http.MethodPatch, "/api/profile/", body, authorization)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, "Ada Lovelace", got.member("full_name"))
	require.Equal(t, "Engines", got.member("profile.company"))
	require.Equal(t, ada, got.member("email"))
	require.InDelta(t, 1, got.member("id"), 0)
	require.Nil(t, w.store.changed.Position, "null is absent")
	require.Equal(t, "Ada Lovelace", w.do(http.MethodGet, "/api/profile", "", authorization).member("full_name"))

	for _, nothing := range []string{``, `{}`, `{"profile":null}`, `{"profile":{}}`} {
		got := w.do(http.MethodPatch, "/api/profile", nothing, authorization)
		require.Equal(t, http.StatusOK, got.Status, got.Body)
		require.Equal(t, domain.ProfileChange{}, w.store.changed)
		require.Equal(t, "Ada Lovelace", got.member("full_name"))
	}
}

// A client may send back all that it was shown.
func TestChangeProfile_takesTheWholeProfile(t *testing.T) {
	t.Parallel()
	for _, person := range []string{ada, "+15551234567"} {
		w := setup(t)
		authorization := "Authorization: Bearer " + w.signIn(person)
		shown := w.do(http.MethodGet, "/api/profile", "", authorization).Body
		edited := strings.Replace(shown, `"first_name":""`, `"first_name":" Ada "`, 1)
		for _, body := range []string{shown, edited, strings.Replace(edited, `"full_name":""`, `"full_name":"Ada"`, 1)} {
			got := w.do(http.MethodPatch, "/api/profile", body, authorization)
			require.Equal(t, http.StatusOK, got.Status, "%s\n%s", body, got.Body)
		}
		require.Equal(t, "Ada", w.do(http.MethodGet, "/api/profile", "", authorization).member("full_name"))
	}
}

// Members that need a proof are not changed here, and a client that tries gets an error.
func TestChangeProfile_tellsWhatIsNotChanged(t *testing.T) {
	t.Parallel()
	w := setup(t)
	authorization := "Authorization: Bearer " + w.signIn(ada)
	for member, values := range map[string][]string{
		"id": {"7", `"1"`, "1.5", "[]", "{}", "true"}, "uuid": {`"x"`, `""`}, "email": {`"bob@example.com"`, `""`, "5"},
		"email_verified": {"false", `"true"`},
		"phone":          {`"+15551234567"`, "5"}, "phone_verified": {"true"}, "username": {`"root"`}, "full_name": {`"Bob"`},
		"is_staff":    {"true", "[]"},
		"date_joined": {`"2001-01-01T00:00:00Z"`},
	} {
		for _, value := range values {
			got := w.do(http.MethodPatch, "/api/profile", `{"first_name":"Ada","`+member+`":`+value+`}`, authorization)
			require.Equal(t, http.StatusBadRequest, got.Status, "%s: %s", member, value)
			require.Equal(t, "invalid_request", got.member("code"))
			require.Equal(t, []string{"/" + member}, got.pointers(), value)
			require.Contains(t, got.Body, `"detail":"Cannot be changed here"`)
		}
	}
	got := w.do(http.MethodPatch, "/api/profile",
		`{"is_staff":true,"first_name":1,"email":"bob@example.com","profile":{"company":"\t"}}`, authorization)
	require.Equal(t, []string{"/first_name", "/email", "/is_staff"}, got.pointers(), "all is told at once")
	require.Empty(t, w.do(http.MethodGet, "/api/profile", "", authorization).member("first_name"), "nothing was written")
}

func TestChangeProfile_refuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	authorization := "Authorization: Bearer " + w.signIn(ada)
	before := w.store.called()
	for _, test := range []struct {
		body     string
		status   int
		pointers []string
	}{
		{
			`{"first_name":1,"last_name":[],"profile":{"company":{},"position":false}}`, 400,
			[]string{"/first_name", "/last_name", "/profile/company", "/profile/position"},
		},
		{
			`{"first_name":"` + strings.Repeat("é", 151) + `","last_name":1,"profile":{"company":"a\tb","position":"\u202e"}}`,
			400,
			[]string{"/last_name", "/first_name", "/profile/company", "/profile/position"},
		},
		{`{"profile":"x","last_name":"a\nb"}`, 400, []string{"/profile", "/last_name"}},
		{`{"profile":"x"}`, 400, []string{"/profile"}},
		{`{"profile":[]}`, 400, []string{"/profile"}},
		{`{"profile":{"company":"` + strings.Repeat("é", 151) + `"}}`, 400, []string{"/profile/company"}},
		{`{"first_name":"a\tb"}`, 400, []string{"/first_name"}},
		{`{"profile":{"company":"a","company":"b"}}`, 400, []string{"/profile/company"}},
		{`{"x":"` + strings.Repeat("a", 64<<10) + `"}`, 413, nil},
	} {
		got := w.do(http.MethodPatch, "/api/profile", test.body, authorization)
		require.Equal(t, test.status, got.Status, got.Body)
		require.Equal(t, test.pointers, got.pointers(), test.body)
	}
	require.Equal(t, before, w.store.called(), "nothing may be asked or written")
}
