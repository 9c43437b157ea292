package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

const ada = "ada@example.com"

func TestVerifyOTP_answer(t *testing.T) {
	t.Parallel()
	const user = `{"id":1,"uuid":"$UUID","email":"ada@example.com","email_verified":true,"phone":"",` +
		`"phone_verified":false,` +
		`"username":"$NAME","first_name":"","last_name":"","full_name":"","is_staff":false,` +
		`"date_joined":"2026-03-14T12:00:00Z","last_login":"2026-03-14T12:00:00Z"}`
	const phoneUser = `{"id":1,"uuid":"$UUID","email":"phone_15551234567@id.example.com","email_verified":false,` +
		`"phone":"+15551234567",` +
		`"phone_verified":true,"username":"$NAME","first_name":"","last_name":"","full_name":"","is_staff":false,` +
		`"date_joined":"2026-03-14T12:00:00Z","last_login":"2026-03-14T12:00:00Z"}`
	for _, test := range []struct {
		name, identifier, path, body, want string
	}{
		{
			"by the identifier", ada, "/api/auth/otp/verify/", `{"identifier":"ADA@example.com","otp_code":"$CODE"}`,
			`{"success":true,"tokens":{"access":"access.$UUID.$SID","refresh":"refresh.$UUID.$SID.0","token_type":"Bearer",` +
				`"expires_in":3600},` +
				`"user":` + user + `,"is_new_user":true,"session_id":"$SID"}`,
		},
		{
			"by the challenge", ada, "/api/auth/otp/verify", `{"challenge_id":"$ID","code":"$CODE"}`,
			`{"success":true,"tokens":{"access":"access.$UUID.$SID","refresh":"refresh.$UUID.$SID.0","token_type":"Bearer",` +
				`"expires_in":3600},` +
				`"user":` + user + `,"is_new_user":true,"session_id":"$SID"}`,
		},
		{
			"older clients, by mail", ada, "/accounts/otp/verify/", `{"email":"ada@example.com","otp":"$CODE"}`,
			`{"access":"access.$UUID.$SID","refresh":"refresh.$UUID.$SID.0","token_type":"Bearer","expires_in":3600,"user":` +
				user +
				`,"is_new_user":true,"session_id":"$SID"}`,
		},
		{
			"older clients, by phone", "+15551234567", "/accounts/otp/verify",
			`{"phone":"+1 555 1234567","otp":"$CODE","channel":"phone"}`,
			`{"access":"access.$UUID.$SID","refresh":"refresh.$UUID.$SID.0","token_type":"Bearer","expires_in":3600,"user":` +
				phoneUser +
				`,"is_new_user":true,"session_id":"$SID"}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			code, challenge := w.ask(test.identifier)
			got := w.post(test.path, strings.NewReplacer("$ID", challenge, "$CODE", code).Replace(test.body))
			require.Equal(t, http.StatusOK, got.Status, got.Body)
			uuid, _ := got.member("user.uuid").(string)
			name, _ := got.member("user.username").(string)
			session, _ := got.member("session_id").(string)
			require.Equal(t, strings.NewReplacer("$UUID", uuid, "$NAME", name, "$SID", session).Replace(test.want), got.Body)
			require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
		})
	}
}

func TestVerifyOTP_secondSignIn(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.signIn(ada)
	code, _ := w.ask(ada)
	got := w.post("/api/auth/otp/verify", `{"identifier":"`+ada+`","otp_code":"`+code+`"}`)
	require.Equal(t, false, got.member("is_new_user"), got.Body)
}

func TestVerifyOTP_failures(t *testing.T) {
	t.Parallel()
	// One answer for every failure, but for the request's id.
	const refused = `{"type":"urn:doorcode:problem:invalid_otp","title":"Invalid OTP","status":400,"detail":"Invalid or ` +
		`expired OTP",` +
		`"code":"invalid_otp","error":"Invalid or expired OTP","request_id":"it","success":false}` // and nothing else
	for _, test := range []struct {
		name string
		body func(w *world, code, id string) string
		left string // for clients that name the challenge
	}{
		{"a wrong code", func(_ *world, code, _ string) string { return `"otp_code":"` + wrong(code) + `"` }, "2"},
		{"a short code", func(_ *world, code, _ string) string { return `"otp_code":"` + code[:5] + `"` }, "3"},
		{"an empty code", func(*world, string, string) string { return `"otp_code":""` }, "3"},
		{"a wrong code as typed", func(_ *world, code, _ string) string {
			return `"otp_code":" ` + wrong(code)[:3] + `\u2011` + wrong(code)[3:] + `\n"`
		}, "2"},
		{"a short code with blanks", func(_ *world, code, _ string) string { return `"otp_code":"` + code[:5] + ` "` }, "3"},
		{"a code with a full stop", func(_ *world, code, _ string) string { return `"otp_code":"` + code + `."` }, "3"},
		{"a code with letters", func(_ *world, code, _ string) string { return `"otp_code":"G-` + code + `"` }, "3"},
		{"an expired code", func(w *world, code, _ string) string {
			w.clock.Advance(5 * time.Minute)
			return `"otp_code":"` + code + `"`
		}, "0"},
		{"a used code", func(w *world, code, id string) string {
			w.post("/api/auth/otp/verify", `{"challenge_id":"`+id+`","otp_code":"`+code+`"}`)
			return `"otp_code":"` + code + `"`
		}, "0"},
		{"the right code after three wrong ones", func(w *world, code, id string) string {
			for range 3 {
				w.post("/api/auth/otp/verify", `{"challenge_id":"`+id+`","otp_code":"`+wrong(code)+`"}`)
			}
			return `"otp_code":"` + code + `"`
		}, "0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/api/auth/otp/verify", "/accounts/otp/verify"} {
				w := setup(t)
				code, id := w.ask(ada)
				code = test.body(w, code, id)
				byChallenge := w.post(path, `{"challenge_id":"`+id+`",`+code+`}`, "X-Request-Id: it")
				want := strings.Replace(refused, `"success":false`, `"success":false,"attempts_left":`+test.left, 1)
				require.Equal(t, want, byChallenge.Body)
				byIdentifier := w.post(path, `{"identifier":"`+ada+`",`+code+`}`, "X-Request-Id: it")
				require.Equal(t, refused, byIdentifier.Body)
				require.Equal(t, http.StatusBadRequest, byIdentifier.Status)
				unknown := w.post(path, `{"identifier":"nobody@example.com",`+code+`}`, "X-Request-Id: it")
				require.Equal(t, refused, unknown.Body)
				delete(unknown.Header, "Date")
				delete(byIdentifier.Header, "Date")
				require.Equal(t, byIdentifier.Header, unknown.Header, "nor may the headers tell")
			}
		})
	}
}

func TestVerifyOTP_codeAsTyped(t *testing.T) {
	t.Parallel()
	inScript := func(zero rune) func(string) string {
		return func(code string) string {
			return strings.Map(func(r rune) rune { return r - '0' + zero }, code)
		}
	}
	for name, typed := range map[string]func(code string) string{
		"a blank in the middle":  func(code string) string { return code[:3] + " " + code[3:] },
		"a hyphen in the middle": func(code string) string { return code[:3] + "-" + code[3:] },
		"a line of a mail":       func(code string) string { return "    " + code + `\r\n` },
		"a no-break space":       func(code string) string { return code[:3] + `\u00a0` + code[3:] },
		"a no-break hyphen":      func(code string) string { return code[:3] + `\u2011` + code[3:] },
		"a zero-width space":     func(code string) string { return `\u200b` + code },
		"a direction mark":       func(code string) string { return `\u200e` + code },
		"Arabic-Indic digits":    inScript('٠'),
		"full-width digits":      inScript('０'),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			code, _ := w.ask(ada)
			got := w.post("/api/auth/otp/verify", `{"identifier":"`+ada+`","otp_code":"`+typed(code)+`","otp":"`+code+`"}`)
			require.Equal(t, http.StatusOK, got.Status, got.Body)
		})
	}
}

func TestVerifyOTP_challenge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body, left string
	}{
		{"that is none", `{"challenge_id":"019cec37-b600-7000-8000-0000000000ff","otp_code":"$CODE"}`, "0"},
		{"that is no id at all", `{"challenge_id":"'; DROP TABLE","otp_code":"$CODE"}`, "0"},
		{"that is empty", `{"challenge_id":"","otp_code":"$CODE"}`, "0"},
		{
			"that is empty, beside the identifier", `{"challenge_id":"","identifier":"ada@example.com","otp_code":"$CODE"}`,
			"0",
		},
		{"another identifier", `{"challenge_id":"$ID","identifier":"bob@example.com","otp_code":"$CODE"}`, "3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			code, id := w.ask(ada)
			got := w.post("/api/auth/otp/verify", strings.NewReplacer("$ID", id, "$CODE", code).Replace(test.body))
			require.Equal(t, http.StatusBadRequest, got.Status, got.Body)
			require.Equal(t, "invalid_otp", got.member("code"))
			require.Contains(t, got.Body, `"attempts_left":`+test.left)
			good := w.post("/api/auth/otp/verify", `{"identifier":"`+ada+`","challenge_id":"`+id+`","otp_code":"`+code+`"}`)
			require.Equal(t, http.StatusOK, good.Status, "nothing may have been counted: %s", good.Body)
		})
	}
}

func TestVerifyOTP_members(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		status     int
		code       string
		pointers   []string
	}{
		{
			"one code by three names", `{"identifier":"ada@example.com","otp_code":"$CODE","otp":"$CODE","code":"$CODE"}`, 200,
			"", nil,
		},
		{
			"null is absent",
			`{"identifier":"ada@example.com","challenge_id":null,"otp_code":null,"otp":"$CODE","source_url":null}`, 200, "",
			nil,
		},
		{
			"codes that differ", `{"identifier":"ada@example.com","otp_code":"$CODE","otp":"000000","code":"111111"}`, 400,
			"invalid_request",
			[]string{"/otp", "/code"},
		},
		{
			"identifiers that differ", `{"identifier":"ada@example.com","email":"bob@example.com","otp_code":"$CODE"}`, 400,
			"invalid_request",
			[]string{"/email"},
		},
		{
			"a code that is a number", `{"identifier":"ada@example.com","otp_code":123456}`, 400, "invalid_request",
			[]string{"/otp_code"},
		},
		{"no code", `{"identifier":"ada@example.com"}`, 400, "invalid_request", []string{"$MISSING"}},
		{"no identifier", `{"otp_code":"$CODE"}`, 400, "invalid_request", []string{"/identifier"}},
		{"nothing", ``, 400, "invalid_request", []string{"/identifier", "$MISSING"}},
		{
			"a challenge that is no text", `{"challenge_id":{},"otp":[]}`, 400, "invalid_request",
			[]string{"/challenge_id", "/otp"},
		},
		{"a wrong identifier", `{"phone":"ada@example.com","otp_code":"$CODE"}`, 400, "invalid_phone", []string{"/phone"}},
		{
			"a source that is no URL", `{"identifier":"ada@example.com","otp_code":"$CODE","source_url":"ftp://x"}`, 200, "",
			nil,
		},
		{
			"a source that is no text", `{"identifier":"ada@example.com","otp_code":"$CODE","source_url":1}`, 400,
			"invalid_request",
			[]string{"/source_url"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for path, missing := range map[string]string{"/api/auth/otp/verify": "/otp_code", "/accounts/otp/verify/": "/otp"} {
				w := setup(t)
				code, _ := w.ask(ada)
				asked, taken := w.store.called(), len(w.limiter.seen())
				got := w.post(path, strings.ReplaceAll(test.body, "$CODE", code))
				require.Equal(t, test.status, got.Status, got.Body)
				if test.status == http.StatusOK {
					continue
				}
				require.Equal(t, test.code, got.member("code"))
				require.Equal(t, strings.ReplaceAll(strings.Join(test.pointers, " "), "$MISSING", missing),
					strings.Join(got.pointers(), " "))
				require.Equal(t, asked, w.store.called(), "nothing may be looked at")
				require.Len(t, w.limiter.seen(), taken, "nothing may be counted")
			}
		})
	}
	t.Run("a channel is told by older clients only", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		code, _ := w.ask(ada)
		body := `{"identifier":"ada@example.com","otp":"` + code + `","channel":7}`
		require.Equal(t, []string{"/channel"}, w.post("/accounts/otp/verify", body).pointers())
		require.Equal(t, http.StatusOK, w.post("/api/auth/otp/verify", body).Status)
	})
}

func TestVerifyOTP_session(t *testing.T) {
	t.Parallel()
	w := setup(t)
	code, _ := w.ask(ada)
	got := w.post("/api/auth/otp/verify", `{"identifier":"`+ada+`","otp_code":"`+code+`"}`,
		"User-Agent: "+strings.Repeat("a", 510)+"\xffé", "Referer: https://news.example/")
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.Equal(t, strings.Repeat("a", 510), w.store.lastIn.Session.UserAgent, "at most 512 bytes, all of them text")
	require.Equal(t, loopback.String(), w.store.lastIn.Session.Address)
	require.Equal(t, "https://news.example/", w.store.lastIn.Source.URL)
}

func TestVerifyOTP_refusals(t *testing.T) {
	t.Parallel()
	t.Run("a disabled account", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.store.disabled = true
		code, id := w.ask(ada)
		body := `{"challenge_id":"` + id + `","otp_code":"` + code + `"}`
		got := w.post("/api/auth/otp/verify", body)
		require.Equal(t, http.StatusForbidden, got.Status)
		require.Equal(t, "account_disabled", got.member("code"))
		require.Equal(t, "invalid_otp", w.post("/api/auth/otp/verify", body).member("code"), "the code is consumed")
	})
	t.Run("an address over its limit", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		code, _ := w.ask(ada)
		asked := w.store.called()
		w.limiter.wait = time.Second
		got := w.post("/api/auth/otp/verify", `{"identifier":"`+ada+`","otp_code":"`+code+`"}`)
		require.Equal(t, http.StatusTooManyRequests, got.Status)
		require.Equal(t, "ip_verify", got.member("limit"))
		require.Equal(t, asked, w.store.called())
	})
	t.Run("a store that is away", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.store.err = domain.ErrUnavailable
		got := w.post("/api/auth/otp/verify", `{"identifier":"`+ada+`","otp_code":"123456"}`)
		require.Equal(t, http.StatusServiceUnavailable, got.Status)
		require.Equal(t, "unavailable", got.member("code"))
		require.Equal(t, "1", got.Header.Get("Retry-After"))
	})
}
