package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/domain"
)

const (
	introspectPath = "/api/auth/introspect"
	revokePath     = "/api/auth/revoke"
	formType       = "Content-Type: application/x-www-form-urlencoded"
)

// basic is a header with the credential of a service, as it is.
func basic(name, secret string) string {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(name, secret)
	return "Authorization: " + r.Header.Get("Authorization")
}

var billing = basic("billing", serviceSecret)

// form sends a token as a service does that is known.
func (w *world) form(path, token string) answered {
	w.t.Helper()
	return w.post(path, "token="+url.QueryEscape(token), formType, billing)
}

func TestIntrospect(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada := w.begin(ada)
	uuid, _ := ada.member("user.uuid").(string)
	const both = `"iss":"https://id.example.com","aud":"https://api.example.com"}`
	for token, want := range map[string]string{
		ada.access: `{"active":true,"token_type":"Bearer","token_use":"access","sub":"` + uuid + `","user_id":1,"sid":"` +
			ada.session +
			`","jti":"jti-` + ada.session + `","iat":1773489600,"exp":1773493200,"auth_time":1773489600,"amr":["otp","email"],` +
			both,
		ada.refresh: `{"active":true,"token_use":"refresh","sub":"` + uuid + `","user_id":1,"sid":"` + ada.session +
			`","jti":"jti-0","iat":1773489600,"exp":1773576000,"auth_time":1773489600,"amr":["otp","email"],` + both,
	} {
		for _, path := range []string{introspectPath, introspectPath + "/"} {
			got := w.form(path, token)
			require.Equal(t, http.StatusOK, got.Status, got.Body)
			require.Equal(t, want, got.Body)
			require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
			require.Equal(t, "application/json; charset=utf-8", got.Header.Get("Content-Type"))
		}
	}
	for _, hint := range []string{"access_token", "refresh_token", "nonsense", ""} {
		got := w.post(introspectPath, "token_type_hint="+hint+"&x=1&token="+ada.access, formType+"; charset=utf-8", billing)
		require.Equal(t, true, got.member("active"), "a hint is only that")
	}
}

// Of a token that is not good nothing is told, not even why.
func TestIntrospect_inactive(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada := w.begin(ada)
	require.Equal(t, http.StatusOK, w.refreshWith(ada.refresh).Status)
	w.clock.Advance(time.Minute)
	for _, token := range []string{ada.refresh, "x", "access.x.y", "\x00", "\xff", strings.Repeat("x", 60_000)} {
		got := w.form(introspectPath, token)
		require.Equal(t, http.StatusOK, got.Status, got.Body)
		require.Equal(t, `{"active":false}`, got.Body)
	}
	require.True(t, w.isIn(ada), "a look ends nothing")
	w.store.disable()
	require.Equal(t, `{"active":false}`, w.form(introspectPath, ada.access).Body)
}

func TestIntrospect_withoutIssuer(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.Issuer, s.config.Audience = "", "" })
	got := w.form(introspectPath, w.begin(ada).access)
	require.Equal(t, true, got.member("active"))
	require.NotContains(t, got.Body, `"iss"`)
	require.NotContains(t, got.Body, `"aud"`)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]func(signedIn) string{
		"an access token": func(s signedIn) string { return s.access },
		"a refresh token": func(s signedIn) string { return s.refresh },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			here, there := w.begin(ada), w.begin(ada)
			for range 2 {
				got := w.form(revokePath, token(here))
				require.Equal(t, http.StatusOK, got.Status, got.Body)
				require.Equal(t, `{}`, got.Body)
			}
			require.False(t, w.isIn(here))
			requireProblem(t, w.refreshWith(here.refresh), 401, "token_not_valid")
			require.True(t, w.isIn(there), "another session")
			require.Equal(t, `{}`, w.form(revokePath+"/", "x").Body, "what is no token needs no end")
		})
	}
}

func requireOAuth(t testing.TB, got answered, status int, code string) {
	t.Helper()
	require.Equal(t, status, got.Status, got.Body)
	require.Equal(t, code, got.member("error"), got.Body)
	require.NotEmpty(t, got.member("error_description"))
	require.Equal(t, "application/json; charset=utf-8", got.Header.Get("Content-Type"))
	require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
}

func TestServices_areKnown(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada := w.begin(ada)
	for name, row := range map[string]struct {
		header string
		known  bool
	}{
		"as it is": {billing, true},
		"encoded": {
			basic("b%69lling", strings.NewReplacer("~", "%7E", ".", "%2e").Replace(serviceSecret)),
			true,
		},
		"none":                      {"", false},
		"another scheme":            {bearer(serviceSecret), false},
		"no credential":             {"Authorization: Basic", false},
		"no base64":                 {"Authorization: Basic x:y", false},
		"a wrong secret":            {basic("billing", serviceSecret+"x"), false},
		"half a secret":             {basic("billing", serviceSecret[:20]), false},
		"no secret":                 {basic("billing", ""), false},
		"another name":              {basic("shipping", serviceSecret), false},
		"no name":                   {basic("", serviceSecret), false},
		"a name in capitals":        {basic("Billing", serviceSecret), false},
		"an escape that is none":    {basic("billing", serviceSecret+"%zz"), false},
		"a user's token":            {bearer(ada.access), false},
		"the other way round":       {basic(serviceSecret, "billing"), false},
		"a blank, which + may mean": {basic("billing", strings.Replace(serviceSecret, "-", "+", 1)), false},
	} {
		for _, path := range []string{introspectPath, revokePath} {
			got := w.post(path, "token=x", formType, row.header)
			if row.known {
				require.Equal(t, http.StatusOK, got.Status, "%s: %s", name, got.Body)
				continue
			}
			requireOAuth(t, got, http.StatusUnauthorized, "invalid_client")
			require.Equal(t, `Basic realm="doorcode", charset="UTF-8"`, got.Header.Get("WWW-Authenticate"))
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+introspectPath,
		strings.NewReader("token=x"))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("billing", serviceSecret)
	req.Header.Add("Authorization", bearer("x"))
	requireOAuth(t, w.send(req), http.StatusUnauthorized, "invalid_client")
	require.Equal(t, http.StatusUnauthorized,
		w.post(introspectPath, "token=x&client_id=billing&client_secret="+serviceSecret, formType).Status,
		"a secret in the body counts for nothing")
	require.True(t, w.isIn(ada))
}

func TestServices_malformedForms(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada := w.begin(ada)
	before := w.store.called()
	for name, row := range map[string]struct {
		body   string
		header []string
		status int
	}{
		"nothing":                {"", []string{formType}, 400},
		"no token":               {"x=1", []string{formType}, 400},
		"an empty token":         {"token=", []string{formType}, 400},
		"a token twice":          {"token=TOKEN&token=TOKEN", []string{formType}, 400},
		"a hint twice":           {"token=TOKEN&token_type_hint=a&token_type_hint=a", []string{formType}, 400},
		"something else twice":   {"token=TOKEN&x=1&x=2", []string{formType}, 400},
		"a semicolon":            {"x;token=TOKEN", []string{formType}, 400},
		"an escape that is none": {"token=TOKEN&x=%zz", []string{formType}, 400},
		"capitals":               {"Token=TOKEN", []string{formType}, 400},
		"JSON":                   {`{"token":"TOKEN"}`, nil, 400},
		"JSON as a form":         {`{"token":"TOKEN"}`, []string{formType}, 400},
		"a form as JSON":         {"token=TOKEN", nil, 400},
		"no type":                {"token=TOKEN", []string{"Content-Type: "}, 400},
		"text":                   {"token=TOKEN", []string{"Content-Type: text/plain"}, 400},
		"another form":           {"token=TOKEN", []string{"Content-Type: multipart/form-data; boundary=x"}, 400},
		"a type that is none":    {"token=TOKEN", []string{formType + "; charset"}, 400},
		"packed":                 {"token=TOKEN", []string{formType, "Content-Encoding: gzip"}, 400},
		"a byte too much":        {"token=" + strings.Repeat("x", 64<<10-5), []string{formType}, 413},
	} {
		for _, path := range []string{introspectPath, revokePath} {
			got := w.post(path, strings.ReplaceAll(row.body, "TOKEN", ada.access), append(row.header, billing)...)
			require.Equal(t, row.status, got.Status, "%s: %s", name, got.Body)
			requireOAuth(t, got, row.status, "invalid_request")
			require.Equal(t, row.status == 413, got.Closed, name)
		}
	}
	require.Equal(t, http.StatusBadRequest, w.post(introspectPath+"?token="+ada.access, "", formType, billing).Status,
		"no token is taken from a URL")
	require.Equal(t, before, w.store.called())
	require.True(t, w.isIn(ada))
}

func TestServices_faults(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ada := w.begin(ada)
	for _, path := range []string{introspectPath, revokePath} {
		w.store.fail(domain.ErrUnavailable)
		got := w.form(path, ada.access)
		requireOAuth(t, got, http.StatusServiceUnavailable, "temporarily_unavailable")
		require.Equal(t, "1", got.Header.Get("Retry-After"))
		w.store.fail(http.ErrServerClosed)
		requireOAuth(t, w.form(path, ada.access), http.StatusInternalServerError, "server_error")
		w.store.fail(nil)
		w.store.panics = "boom"
		got = w.form(path, ada.access)
		requireOAuth(t, got, http.StatusInternalServerError, "server_error")
		require.NotContains(t, got.Body, "boom")
		w.store.panics = nil
	}
	require.True(t, w.isIn(ada))
}

func TestServices_notConfigured(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.Services = false })
	for _, r := range httpapi.Routes(w.api) {
		require.NotContains(t, r, "introspect")
		require.NotContains(t, r, "revoke")
	}
	w.client = w.server.Client() // openapi.yaml describes what may be there
	for _, path := range []string{introspectPath, revokePath, introspectPath + "/"} {
		requireProblem(t, w.form(path, "x"), 404, "not_found")
		requireProblem(t, w.do(http.MethodGet, path, ""), 404, "not_found")
	}
}
