package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// A change of a session is an event with the user and the session, and without a token.
func TestLog_tokenEvents(t *testing.T) {
	t.Parallel()
	w := setup(t, withCookies)
	ada, adas := w.inBrowser(ada)
	other, _ := w.inBrowser("ada@example.com")
	uuid, _ := ada.member("user.uuid").(string)
	n := 4
	require.Equal(t, ada.session, w.access(2)["session"], "the sign-in")
	refresh := func() { w.post(refreshPath, "", adas) }
	verify := func(token string) func() { return func() { w.post(verifyPath, object("token", token)) } }
	for _, test := range []struct {
		name                       string
		try                        func()
		event, outcome, reason     any
		user, session, serviceName any
	}{
		{"a refresh", refresh, "token_refresh", "success", "current", uuid, ada.session, nil},
		{"a repeat", refresh, "token_refresh", "success", "repeat", uuid, ada.session, nil},
		{"a refresh without a token", func() {
			w.post(refreshPath, "")
		}, "token_refresh", "refused", "not_authenticated", nil, nil, nil},
		{"a refresh with an invalid token", func() {
			w.refreshWith("hunter2")
		}, "token_refresh", "refused", "wrong_type", nil, nil, nil},
		{"a refresh by a page of another origin", func() {
			w.post(refreshPath, "", adas, "Sec-Fetch-Site: cross-site")
		}, "token_refresh", "refused", "permission_denied", nil, nil, nil},
		{"a store that is unavailable", func() {
			w.store.fail(domain.ErrUnavailable)
			refresh()
			w.store.fail(nil)
		}, "token_refresh", "failed", "unavailable", uuid, ada.session, nil},
		{"a check", verify(ada.access), nil, nil, nil, nil, nil, nil},
		{"a check of an invalid token", verify("hunter2"), "access_token", "refused", "wrong_type", nil, nil, nil},
		{"an introspection", func() { w.form(introspectPath, ada.access) }, nil, nil, nil, nil, nil, nil},
		{"an unknown service", func() {
			w.post(introspectPath, "token=x", formType, basic("hunter2", "hunter2"))
		}, "service_credential", "refused", "invalid_client", nil, nil, nil},
		{"reuse", func() {
			w.clock.Advance(time.Minute)
			refresh()
		}, "token_refresh", "refused", "reused", uuid, ada.session, nil},
		{"a refresh of an ended session", refresh, "token_refresh", "refused", "ended", uuid, ada.session, nil},
		{"a check of an ended session", verify(ada.access), "access_token", "refused", "revoked", uuid, ada.session, nil},
		{"an end", func() {
			w.do(http.MethodDelete, "/api/auth/sessions/hunter2", "", bearer(other.access))
		}, "session_end", "refused", "not_found", uuid, other.session, nil},
		{"a logout", func() {
			w.post(logoutPath+"?scope=others", "", bearer(other.access))
		}, "logout", "success", "others", uuid, other.session, nil},
		{"a logout without a token", func() {
			w.post(logoutPath, "")
		}, "logout", "refused", "not_authenticated", nil, nil, nil},
		{"a revocation", func() {
			w.form(revokePath, other.access)
		}, "token_revoke", "success", "", uuid, other.session, "billing"},
	} {
		test.try()
		n++
		line := w.access(n)
		require.Equal(t, []any{test.event, test.outcome, test.reason, test.user, test.session, test.serviceName},
			[]any{line["event"], line["outcome"], line["reason"], line["user"], line["session"], line["service"]}, test.name)
	}
	all := w.logs.all()
	for _, secret := range []string{
		"refresh.", "access.", "hunter2", serviceSecret, "Cookie",
		billing[len("Authorization: Basic "):],
	} {
		require.NotContains(t, all, secret)
	}
}
