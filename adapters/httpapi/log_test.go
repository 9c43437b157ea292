package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

func TestLog_accessLine(t *testing.T) {
	t.Parallel()
	w := setup(t)
	got := w.do(http.MethodGet, "/api/profile/?token=secret", "", "X-Request-Id: my.id-1_A")
	line := w.access(1)
	require.InDelta(t, len(got.Body), line["bytes"], 0)
	delete(line, "time")
	require.Equal(t, map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "route": "/api/profile", "status": 401.0, "duration_ms": 0.0,
		"bytes": line["bytes"], "client": "127.0.0.1", "request_id": "my.id-1_A", "code": "not_authenticated",
	}, line)

	w.do(http.MethodGet, "/no/such/path", "")
	require.Equal(t, "unknown", w.access(2)["route"])
	w.do(http.MethodOptions, "/api/auth/sessions/x", "", "Access-Control-Request-Method: DELETE")
	require.Equal(t, "/api/auth/sessions/:id", w.access(3)["route"], "of a preflight")
	w.do(strings.Repeat("A", 100), "/healthz", "")
	require.Equal(t, strings.Repeat("A", 16), w.access(4)["method"])
}

// The line of a 429 names the key of its limit.
func TestLog_limit(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.limiter.wait = 1
	w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`)
	require.Equal(t, "ratelimit.ip_request", w.access(1)["limit"])
}

// wantEvent is what an event must tell.
type wantEvent struct{ event, outcome, reason, identifier, channel string }

var securityEvents = []struct {
	name string
	try  func(w *world)
	want wantEvent
}{
	{
		"a code is sent", func(w *world) { w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`) },
		wantEvent{"otp_request", "success", "accepted", "ad***@example.com", "email"},
	},
	{"an unknown outcome", func(w *world) {
		w.sender.out.Result = domain.SendTimeout
		w.post("/accounts/otp/request", `{"phone":"+15551234567"}`)
	}, wantEvent{"otp_request", "success", "timeout", "***4567", "sms"}},
	{"a send fails", func(w *world) {
		w.sender.out = port.SendOutcome{Result: domain.SendRejected, Err: errors.New("554 go away")}
		w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`)
	}, wantEvent{"otp_request", "failed", "email_send_failed", "ad***@example.com", "email"}},
	{"an address over its limit", func(w *world) {
		w.limiter.wait = 1
		w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`)
	}, wantEvent{"otp_request", "refused", "rate_limited", "ad***@example.com", "email"}},
	{
		"an unknown channel",
		func(w *world) { w.post("/api/auth/otp/request", `{"identifier":"ada@example.com","channel":"fax"}`) },
		wantEvent{"otp_request", "refused", "invalid_channel", "ad***@example.com", ""},
	},
	{
		"no identifier", func(w *world) { w.post("/api/auth/otp/request", `{"identifier":"ada"}`) },
		wantEvent{"otp_request", "refused", "invalid_identifier", "", ""},
	},
	{
		"no JSON", func(w *world) { w.post("/api/auth/otp/request", `{`) },
		wantEvent{"otp_request", "refused", "invalid_request", "", ""},
	},
	{
		"a guess at nothing",
		func(w *world) { w.post("/accounts/otp/verify", `{"identifier":"ada@example.com","otp":"123456"}`) },
		wantEvent{"otp_verify", "refused", "missing", "ad***@example.com", ""},
	},
	{"a malformed guess", func(w *world) {
		w.ask(ada)
		w.post("/accounts/otp/verify", `{"identifier":"ada@example.com","otp":"123"}`)
	}, wantEvent{"otp_verify", "refused", "malformed", "ad***@example.com", "email"}},
	{"a wrong guess", func(w *world) {
		code, id := w.ask(ada)
		w.post("/accounts/otp/verify", `{"challenge_id":"`+id+`","otp":"`+wrong(code)+`"}`)
	}, wantEvent{"otp_verify", "refused", "wrong", "ad***@example.com", "email"}},
	{
		"a sign-in", func(w *world) { w.signIn(ada) },
		wantEvent{"otp_verify", "success", "right", "ad***@example.com", "email"},
	},
	{"a disabled account", func(w *world) {
		w.store.disabled = true
		code, id := w.ask(ada)
		w.post("/accounts/otp/verify", `{"challenge_id":"`+id+`","otp":"`+code+`"}`)
	}, wantEvent{"otp_verify", "refused", "account_disabled", "ad***@example.com", "email"}},
	{"a panic", func(w *world) {
		w.store.panics = "boom"
		w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`)
	}, wantEvent{"otp_request", "failed", "internal_error", "", ""}},
}

func TestLog_securityEvents(t *testing.T) {
	t.Parallel()
	for _, test := range securityEvents {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			test.try(w)
			requests := 1
			if len(w.sender.codes) > 0 && test.want.event == "otp_verify" {
				requests = 2
			}
			last := w.access(requests)
			require.Equal(t, requests, strings.Count(w.logs.all(), "\n"), "one line an outcome")
			text := func(name string) string { value, _ := last[name].(string); return value }
			require.Equal(t, test.want,
				wantEvent{text("event"), text("outcome"), text("reason"), text("identifier"), text("channel")})
			require.Equal(t, "127.0.0.1", last["client"])
			require.NotEmpty(t, last["request_id"])
			require.NotEmpty(t, last["time"])
			if test.want.reason == "right" {
				require.NotEmpty(t, last["user"])
				require.Equal(t, true, last["is_new_user"])
			}
		})
	}
}

// A refused token is an event too, with the reason and, where it is known, the user.
func TestLog_refusedTokens(t *testing.T) {
	t.Parallel()
	w := setup(t)
	access := w.signIn(ada)
	signedIn := w.access(2)
	n := 2
	show := func(header ...string) map[string]any {
		w.do(http.MethodGet, "/api/profile", "", header...)
		n++
		return w.access(n)
	}
	line := show("Authorization: Bearer " + access)
	require.NotContains(t, line, "event", "all is well")
	require.NotContains(t, show(), "event", "no token is no attempt")
	line = show("Authorization: Bearer refresh.1.2")
	require.Equal(t, []any{"access_token", "refused", "wrong_type", nil},
		[]any{line["event"], line["outcome"], line["reason"], line["user"]})
	require.NotContains(t, line, "identifier")

	w.store.end()
	line = show("Authorization: Bearer " + access)
	require.Equal(t, []any{"access_token", "refused", "revoked", signedIn["user"]},
		[]any{line["event"], line["outcome"], line["reason"], line["user"]})
	require.NotContains(t, line, "is_new_user")
	require.NotContains(t, w.logs.all(), access)
}

func TestLog_hasNoSecrets(t *testing.T) {
	t.Parallel()
	w := setup(t)
	code, id := w.ask(ada)
	w.post("/api/auth/otp/verify?otp_code="+code,
		`{"challenge_id":"`+id+`","otp_code":"`+wrong(code)+`","source_url":"https://secret.example/"}`,
		"Referer: https://secret.example/", "Cookie: a=secret")
	token := w.signIn(ada)
	w.do(http.MethodGet, "/api/profile?x=secret", "", "Authorization: Bearer "+token)
	w.do(http.MethodPatch, "/api/profile", `{"first_name":"secret"}`, "Authorization: Bearer "+token)
	w.do(http.MethodGet, "/secret", "", "X-Request-Id: a secret", "User-Agent: secret")
	w.post("/accounts/otp/request", `{"identifier":"+15551234567","channel":"secret"}`)
	w.access(7)
	all := w.logs.all()
	for _, secret := range []string{code, wrong(code), token, "refresh.", "secret", ada, "+1555"} {
		require.NotContains(t, all, secret)
	}
	require.Contains(t, all, "ad***@example.com")
}

func TestLog_injection(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.store.err = errors.New("line one\nlevel=ERROR msg=forged \x1b[31m" + strings.Repeat("x", 5000))
	w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`)
	line := w.access(1)
	require.Less(t, len(line["err"].(string)), 2100)
	for written := range strings.Lines(w.logs.all()) {
		require.True(t, json.Valid([]byte(written)), "one event a line: %q", written)
		require.NotContains(t, written, "\x1b")
	}
}

func TestLog_levels(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		spoil func(w *world)
		level string
	}{
		{"our fault", func(w *world) { w.store.err = errors.New("disk full") }, "ERROR"},
		{
			"a store that is away", func(w *world) { w.store.err = domain.ErrUnavailable.Because(errors.New("refused")) },
			"ERROR",
		},
		{"a limit", func(w *world) { w.limiter.wait = 1 }, "INFO"},
		{"all is well", func(*world) {}, "INFO"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			test.spoil(w)
			w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`)
			require.Equal(t, test.level, w.access(1)["level"])
		})
	}
}

func TestLog_clientThatHasGone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.store.err = domain.ErrUnavailable.Because(context.Canceled)
	gone, leave := context.WithCancel(t.Context())
	leave()
	req := httptest.NewRequestWithContext(gone, http.MethodPost, "/api/auth/otp/verify",
		strings.NewReader(`{"identifier":"ada@example.com","otp":"123456"}`))
	req.Header.Set("Content-Type", "application/json")
	w.api.ServeHTTP(httptest.NewRecorder(), req)
	line := w.access(1)
	require.Equal(t, "INFO", line["level"], "no client waits, nothing to act on")
	require.Contains(t, line["err"], "context canceled")
}

func TestPanic(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		with    any
		logged  string
		missing string
	}{
		{"with a text, which may hold a code", "code 123456", "panic: string", "123456"},
		{"with an error", errors.New("token abc"), "panic: *errors.errorString", "token abc"},
		{"of the runtime", runtimeError(), "panic: runtime error: integer divide by zero", "123456"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.store.panics = test.with
			got := w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`)
			require.Equal(t, http.StatusInternalServerError, got.Status)
			require.Equal(t, "internal_error", got.member("code"))
			require.NotContains(t, got.Body, "panic")
			require.NotContains(t, got.Body, ".go")
			line := w.access(1)
			require.Equal(t, "ERROR", line["level"])
			require.Contains(t, line["err"], test.logged)
			require.Contains(t, line["stack"], "stubs_test.go")
			require.NotContains(t, w.logs.all(), test.missing)
			w.store.panics = nil
			require.Equal(t, http.StatusOK, w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`).Status,
				"the next one is served")
		})
	}
}

// runtimeError is what the runtime panics with.
func runtimeError() (err any) {
	defer func() { err = recover() }()
	zero := 0
	return 1 / zero
}
