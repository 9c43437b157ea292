package httpapi_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

func TestRequestOTP_answer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, path, body, want string
	}{
		{
			"a code by mail", "/api/auth/otp/request/", `{"identifier":" Ada.L@Example.COM "}`,
			`{"success":true,"message":"OTP sent to email","challenge_id":"$ID","channel":"email",` +
				`"recipient":"ad***@example.com",` +
				`"code_length":6,"expires_at":"2026-03-14T12:05:00Z","expires_in":300,"attempts":3,` +
				`"sends_left":2,"resend_after":0}`,
		},
		{
			"a code by SMS", "/api/auth/otp/request/", `{"identifier":"+1 (555) 123-4567"}`,
			`{"success":true,"message":"OTP sent to phone","challenge_id":"$ID","channel":"sms","recipient":"***4567",` +
				`"code_length":6,"expires_at":"2026-03-14T12:05:00Z","expires_in":300,"attempts":3,` +
				`"sends_left":2,"resend_after":0}`,
		},
		{
			"by the channel that is named", "/api/auth/otp/request", `{"identifier":"+15551234567","channel":"whatsapp"}`,
			`{"success":true,"message":"OTP sent to phone","challenge_id":"$ID","channel":"whatsapp","recipient":"***4567",` +
				`"code_length":6,"expires_at":"2026-03-14T12:05:00Z","expires_in":300,"attempts":3,` +
				`"sends_left":2,"resend_after":0}`,
		},
		{
			"older clients, by mail", "/accounts/otp/request/", `{"email":"ab@example.com"}`,
			`{"message":"OTP sent to your email address","success":true,"challenge_id":"$ID","channel":"email",` +
				`"recipient":"a***@example.com",` +
				`"code_length":6,"expires_at":"2026-03-14T12:05:00Z","expires_in":300,"attempts":3,` +
				`"sends_left":2,"resend_after":0}`,
		},
		{
			"older clients, by the default route of phones", "/accounts/otp/request",
			`{"phone":"+15551234567","channel":"phone"}`,
			`{"message":"OTP sent to your phone number","success":true,"challenge_id":"$ID","channel":"sms",` +
				`"recipient":"***4567",` +
				`"code_length":6,"expires_at":"2026-03-14T12:05:00Z","expires_in":300,"attempts":3,` +
				`"sends_left":2,"resend_after":0}`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			got := w.post(test.path, test.body)
			require.Equal(t, http.StatusOK, got.Status, got.Body)
			id, _ := got.member("challenge_id").(string)
			require.NotEmpty(t, id)
			require.Equal(t, strings.Replace(test.want, "$ID", id, 1), got.Body)
			require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
		})
	}
}

func TestRequestOTP_again(t *testing.T) {
	t.Parallel()
	w := setup(t)
	code, id := w.ask("ada@example.com")
	w.post("/api/auth/otp/verify", `{"identifier":"ada@example.com","otp_code":"`+wrong(code)+`"}`)
	w.clock.Advance(90*time.Second + time.Millisecond)
	got := w.post("/api/auth/otp/request", `{"email":"ADA@example.com"}`)
	require.Equal(t, id, got.member("challenge_id"), "the same challenge")
	require.Equal(t, code, w.sender.lastCode(), "the same code")
	require.Equal(t, "2026-03-14T12:05:00Z", got.member("expires_at"), "the same expiry")
	require.InDelta(t, 209, got.member("expires_in"), 0, "whole seconds that are really left")
	require.InDelta(t, 2, got.member("attempts"), 0, "the guess that was lost")
	require.InDelta(t, 1, got.member("sends_left"), 0)
	require.InDelta(t, 0, got.member("resend_after"), 0)

	got = w.post("/api/auth/otp/request", `{"email":"ada@example.com"}`)
	require.InDelta(t, 0, got.member("sends_left"), 0)
	require.InDelta(t, 3600-90, got.member("resend_after"), 0, "the fraction of a second is rounded up")
}

func TestRequestOTP_withoutLimit(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.otp.Limit = port.SendLimit{} })
	got := w.post("/api/auth/otp/request", `{"email":"ada@example.com"}`)
	require.Equal(t, http.StatusOK, got.Status, got.Body)
	require.NotContains(t, got.Body, "sends_left")
	require.NotContains(t, got.Body, "resend_after")
}

// The language of the message is what the body says, else what the browser says.
func TestRequestOTP_locale(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("de-DE;q=0.123,", 100)
	for name, row := range map[string]struct {
		body, want string
		header     []string
	}{
		"nothing":             {`{"email":"ada@example.com"}`, "", nil},
		"a header":            {`{"email":"ada@example.com"}`, "pt-BR, de;q=0.5", []string{"pt-BR, de;q=0.5"}},
		"two headers":         {`{"email":"ada@example.com"}`, "pt-BR,de;q=0.5", []string{"pt-BR", "de;q=0.5"}},
		"the body":            {`{"email":"ada@example.com","locale":"fr"}`, "fr", []string{"pt-BR"}},
		"an empty member":     {`{"email":"ada@example.com","locale":""}`, "de", []string{"de"}},
		"an endless header":   {`{"email":"ada@example.com"}`, long[:251], []string{long}},
		"an endless word":     {`{"email":"ada@example.com"}`, "", []string{strings.Repeat("d", 1000)}},
		"what is no language": {`{"email":"ada@example.com"}`, "\xff<script>", []string{"\xff<script>"}},
	} {
		w := setup(t)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/api/auth/otp/request",
			strings.NewReader(row.body))
		require.NoError(t, err)
		req.Header = http.Header{"Content-Type": {"application/json"}, "Accept-Language": row.header}
		got := w.send(req)
		require.Equal(t, http.StatusOK, got.Status, "%s: %s", name, got.Body)
		require.Equal(t, row.want, w.sender.last.Locale, name)
	}
}

// What the members of a request may be.
var requestMembers = []struct {
	name, body string
	status     int
	code       string
	pointers   []string
}{
	{
		"null is absent", `{"identifier":null,"email":"ada@example.com","channel":null,"source_url":null,"locale":null}`, 200,
		"", nil,
	},
	{"empty texts are absent", `{"identifier":"ada@example.com","channel":"","source_url":"","locale":""}`, 200, "", nil},
	{"unknown members are ignored", `{"identifier":"ada@example.com","is_staff":true,"x":[{"y":1}]}`, 200, "", nil},
	{"names are case-sensitive", `{"Identifier":"ada@example.com"}`, 400, "invalid_request", []string{"/identifier"}},
	{"several spellings of one address", `{"identifier":"ADA@example.com","email":"ada@EXAMPLE.com "}`, 200, "", nil},
	{"several spellings of one number", `{"identifier":"+1 555 123 4567","phone":"+1-555-123-4567"}`, 200, "", nil},
	{"one with a trunk prefix", `{"identifier":"+44 (0)7400 123456","phone":"+447400123456"}`, 200, "", nil},
	{
		"several that differ", `{"identifier":"ada@example.com","email":"bob@example.com"}`, 400, "invalid_request",
		[]string{"/email"},
	},
	{
		"several of two kinds", `{"email":"ada@example.com","phone":"+15551234567"}`, 400, "invalid_request",
		[]string{"/phone"},
	},
	{
		"several of which one is none", `{"identifier":"ada@example.com","phone":"ada@example.com"}`, 400, "invalid_phone",
		[]string{"/phone"},
	},
	{"an empty body", ``, 400, "invalid_request", []string{"/identifier"}},
	{"no identifier", `{}`, 400, "invalid_request", []string{"/identifier"}},
	{"an empty identifier", `{"identifier":" "}`, 400, "invalid_identifier", []string{"/identifier"}},
	{"an empty email", `{"email":""}`, 400, "invalid_identifier", []string{"/email"}},
	{"a wrong address", `{"identifier":"ada@localhost"}`, 400, "invalid_email", []string{"/identifier"}},
	{"a wrong number", `{"identifier":"1234567890"}`, 400, "invalid_phone", []string{"/identifier"}},
	{"digits that are not decimal", `{"identifier":"+①⑤⑤⑤①②③④⑤⑥⑦"}`, 400, "invalid_phone", []string{"/identifier"}},
	{"email fixes the kind", `{"email":"+15551234567"}`, 400, "invalid_email", []string{"/email"}},
	{"phone fixes the kind", `{"phone":"ada@example.com"}`, 400, "invalid_phone", []string{"/phone"}},
	{
		"a placeholder address", `{"identifier":"phone_15551234567@id.example.com"}`, 400, "invalid_email",
		[]string{"/identifier"},
	},
	{"an array", `{"identifier":["ada@example.com"]}`, 400, "invalid_request", []string{"/identifier"}},
	{"a number", `{"identifier":15551234567}`, 400, "invalid_request", []string{"/identifier"}},
	{
		"everything that is wrong, at once", `{"identifier":{},"channel":1,"source_url":false,"locale":[]}`, 400,
		"invalid_request",
		[]string{"/identifier", "/channel", "/source_url", "/locale"},
	},
	{
		"a locale of 35 characters", `{"identifier":"ada@example.com","locale":"` + strings.Repeat("é", 35) + `"}`, 200, "",
		nil,
	},
	{
		"a longer locale", `{"identifier":"ada@example.com","locale":"` + strings.Repeat("é", 35) + `x"}`, 400,
		"invalid_request",
		[]string{"/locale"},
	},
	{"members before the identifier", `{"identifier":"junk","channel":1}`, 400, "invalid_request", []string{"/channel"}},
	{
		"the identifier before the channel", `{"identifier":"junk","channel":"fax"}`, 400, "invalid_identifier",
		[]string{"/identifier"},
	},
	{
		"an unknown channel", `{"identifier":"ada@example.com","channel":"fax","source_url":"x"}`, 400, "invalid_channel",
		[]string{"/channel"},
	},
	{
		"a channel of the other kind", `{"identifier":"ada@example.com","channel":"sms"}`, 400, "invalid_channel",
		[]string{"/channel"},
	},
	{
		"a channel that is not set up", `{"identifier":"+15551234567","channel":"voice"}`, 400, "invalid_channel",
		[]string{"/channel"},
	},
	{"any channel", `{"identifier":"+15551234567","channel":"*"}`, 400, "invalid_channel", []string{"/channel"}},
	{"a source that is no URL", `{"identifier":"ada@example.com","source_url":"javascript:alert(1)"}`, 200, "", nil},
	{
		"a source that is no text", `{"identifier":"ada@example.com","source_url":["https://x.example/"]}`, 400,
		"invalid_request",
		[]string{"/source_url"},
	},
	{
		"a source that is too long",
		`{"identifier":"ada@example.com","source_url":"https://x.example/` + strings.Repeat("a", 2048) + `"}`, 200, "", nil,
	},
}

func TestRequestOTP_members(t *testing.T) {
	t.Parallel()
	for _, test := range requestMembers {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			for _, path := range []string{"/api/auth/otp/request", "/accounts/otp/request/"} {
				got := w.post(path, test.body)
				require.Equal(t, test.status, got.Status, got.Body)
				if test.status == http.StatusOK {
					continue
				}
				require.Equal(t, test.code, got.member("code"))
				require.Equal(t, test.pointers, got.pointers())
				require.Zero(t, w.store.called(), "nothing may be stored")
				require.Empty(t, w.limiter.seen(), "nothing may be counted")
			}
		})
	}
}

// What is wrong with a member is told in words that fit the name it has.
func TestRequestOTP_cures(t *testing.T) {
	t.Parallel()
	w := setup(t)
	const anEmail, aPhone = "Must be one bare address such as ada@example.com",
		"Must be + with country code, 7 to 15 digits, such as +15551234567"
	for body, want := range map[string]string{
		`{"identifier":""}`:           "Must be an email address, or a phone number that starts with +",
		`{"email":""}`:                anEmail,
		`{"email":" "}`:               anEmail,
		`{"email":"+15551234567"}`:    anEmail,
		`{"phone":""}`:                aPhone,
		`{"phone":"ada@example.com"}`: aPhone,
		`{"identifier":"+15551234567","channel":"fax"}`: "Name one of sms, whatsapp, or leave it out",
		`{"email":"ada@example.com","channel":"sms"}`:   "Name email, or leave it out",
	} {
		for _, path := range []string{"/api/auth/otp/request", "/accounts/otp/request/"} {
			require.Equal(t, []string{want}, w.post(path, body).cures(), body)
		}
	}
	require.Equal(t, []string{aPhone}, w.post("/accounts/otp/verify", `{"phone":"","otp":"123456"}`).cures())
}

func TestRequestOTP_limits(t *testing.T) {
	t.Parallel()
	t.Run("of an address, before the store is asked", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.limiter.wait = 1500 * time.Millisecond
		got := w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`)
		require.Equal(t, http.StatusTooManyRequests, got.Status, got.Body)
		require.Equal(t, "ip_request", got.member("limit"))
		require.InDelta(t, 2, got.member("retry_after"), 0, "rounded up")
		require.Equal(t, "2", got.Header.Get("Retry-After"))
		require.Equal(t, `"ip_request";r=0;t=2`, got.Header.Get("RateLimit"))
		require.Zero(t, w.store.called())
	})
	t.Run("of a recipient", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		for range 3 {
			w.ask("ada@example.com")
			w.clock.Advance(time.Second)
		}
		got := w.post("/accounts/otp/request", `{"email":"ada@example.com"}`)
		require.Equal(t, http.StatusTooManyRequests, got.Status, got.Body)
		require.Equal(t, "identifier_requests", got.member("limit"))
		require.Equal(t, "3597", got.Header.Get("Retry-After"))
		require.Len(t, w.sender.codes, 3)
	})
}

func TestRequestOTP_failedSend(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, identifier string
		out              port.SendOutcome
		status           int
		code, retryAfter string
	}{
		{"unknown is good", "ada@example.com", port.SendOutcome{Result: domain.SendTimeout}, 200, "", ""},
		{
			"mail that is refused", "ada@example.com",
			port.SendOutcome{Result: domain.SendRejected},
			503, "email_send_failed",
			"30",
		},
		{
			"an SMS that is refused", "+15551234567",
			port.SendOutcome{Result: domain.SendAuthenticationFailed},
			503,
			"sms_send_failed", "30",
		},
		{
			"the provider tells when", "+15551234567",
			port.SendOutcome{Result: domain.SendRateLimited, RetryAfter: time.Minute},
			503, "sms_send_failed", "60",
		},
		{
			"an address that is none", "ada@example.com",
			port.SendOutcome{Result: domain.SendInvalidRecipient},
			400,
			"invalid_email", "",
		},
		{
			"a number that is none", "+15551234567",
			port.SendOutcome{Result: domain.SendInvalidRecipient},
			400, "invalid_phone",
			"",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			w.sender.out = test.out
			w.sender.out.Err = errors.New("what the provider said")
			got := w.post("/api/auth/otp/request", `{"identifier":"`+test.identifier+`"}`)
			require.Equal(t, test.status, got.Status, got.Body)
			require.Equal(t, test.retryAfter, got.Header.Get("Retry-After"))
			if test.code != "" {
				require.Equal(t, test.code, got.member("code"))
			}
			require.NotContains(t, got.Body, "what the provider said")
		})
	}
}

func TestRequestOTP_source(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body, referer, want string
	}{
		{
			"source_url", `,"source_url":"https://news.example/?utm_source=x"`, "https://other.example/",
			"https://news.example/?utm_source=x",
		},
		{"else the Referer", ``, "https://other.example/page", "https://other.example/page"},
		{"not a page of our own", ``, "https://id.example.com/login", ""},
		{"not what is no text", ``, "https://other.example/?q=\xff", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			got := w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"`+test.body+`}`, "Referer: "+test.referer)
			require.Equal(t, http.StatusOK, got.Status, got.Body)
			id, err := domain.ParseEmail("ada@example.com")
			require.NoError(t, err)
			require.Equal(t, test.want, w.store.secrets[id].SourceURL)
		})
	}
}
