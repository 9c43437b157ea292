package httpapi_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever is sent, the answer is a 4xx of the one shape, and no use case hears
// of it.
func TestBadInput(t *testing.T) {
	t.Parallel()
	const good = `{"identifier":"ada@example.com","otp_code":"123456"}`
	padding := func(n int) string { return `{"x":"` + strings.Repeat("a", n-len(`{"x":""}`)) + `"}` }
	for _, test := range []struct {
		name, body string
		header     []string
		status     int
		code       string
	}{
		{"half an object", `{"identifier":"ada@example.com"`, nil, 400, "invalid_request"},
		{"two values", good + good, nil, 400, "invalid_request"},
		{"bytes after the object", good + "x", nil, 400, "invalid_request"},
		{"NUL after the object", good + "\x00", nil, 400, "invalid_request"},
		{"an array", `["ada@example.com"]`, nil, 400, "invalid_request"},
		{"a text", `"ada@example.com"`, nil, 400, "invalid_request"},
		{"null", `null`, nil, 400, "invalid_request"},
		{"a form", `identifier=ada@example.com&otp_code=123456`, nil, 400, "invalid_request"},
		{"XML", `<?xml version="1.0"?><a/>`, nil, 400, "invalid_request"},
		{
			"a member twice", `{"identifier":"ada@example.com","identifier":"bob@example.com","otp_code":"123456"}`, nil, 400,
			"invalid_request",
		},
		{"NUL", `{"identifier":"ada\u0000@example.com","otp_code":"123456"}`, nil, 400, "invalid_request"},
		{"half a surrogate pair", `{"identifier":"ada@example.com","otp_code":"\ud800"}`, nil, 400, "invalid_request"},
		{"bytes that are no text", "{\"identifier\":\"\xff\",\"otp_code\":\"123456\"}", nil, 400, "invalid_request"},
		{"10,000 levels", strings.Repeat(`{"a":`, 10_000) + `1` + strings.Repeat(`}`, 10_000), nil, 400, "invalid_request"},
		{
			"the identifier as an array", `{"identifier":["ada@example.com","bob@example.com"],"otp_code":"123456"}`, nil, 400,
			"invalid_request",
		},
		{"the identifier as an object", `{"identifier":{"$ne":null},"otp_code":{"$ne":null}}`, nil, 400, "invalid_request"},
		{
			"two addresses in one", `{"identifier":"ada@example.com,bob@example.com","otp_code":"123456"}`, nil, 400,
			"invalid_email",
		},
		{
			"a header in an address", `{"identifier":"ada@example.com\r\nBcc: bob@example.com","otp_code":"123456"}`, nil, 400,
			"invalid_email",
		},
		{"no address, no number", `{"identifier":"ada.example.com","otp_code":"123456"}`, nil, 400, "invalid_identifier"},
		{"an invisible character", `{"identifier":"ada\u200b@example.com","otp_code":"123456"}`, nil, 400, "invalid_email"},
		{"64 KiB that say nothing", padding(64 << 10), nil, 400, "invalid_request"},
		{"a byte more", padding(64<<10 + 1), nil, 413, "body_too_large"},
		{"a megabyte", padding(1 << 20), nil, 413, "body_too_large"},
		{"size before media type", padding(64<<10 + 1), []string{"Content-Type: text/plain"}, 413, "body_too_large"},
		{"media type before JSON", `{`, []string{"Content-Type: text/plain"}, 415, "unsupported_media_type"},
		{"no media type", good, []string{"Content-Type: "}, 415, "unsupported_media_type"},
		{"text", good, []string{"Content-Type: text/plain"}, 415, "unsupported_media_type"},
		{"a form's type", good, []string{"Content-Type: application/x-www-form-urlencoded"}, 415, "unsupported_media_type"},
		{"a type like JSON", good, []string{"Content-Type: application/json5"}, 415, "unsupported_media_type"},
		{"another JSON", good, []string{"Content-Type: application/ld+json"}, 415, "unsupported_media_type"},
		{"a type in two parts", good, []string{"Content-Type: application/json, text/plain"}, 415, "unsupported_media_type"},
		{"another encoding", good, []string{"Content-Type: application/json; charset=utf-16"}, 415, "unsupported_media_type"},
		{"a type that is none", good, []string{"Content-Type: application/json; charset"}, 415, "unsupported_media_type"},
		{"packed", good, []string{"Content-Encoding: gzip"}, 415, "unsupported_media_type"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			for _, path := range []string{
				"/api/auth/otp/request", "/api/auth/otp/verify", "/accounts/otp/request",
				"/accounts/otp/verify",
			} {
				got := w.post(path, test.body, test.header...)
				require.Equal(t, test.status, got.Status, got.Body)
				require.Equal(t, test.code, got.member("code"))
				require.Equal(t, got.member("detail"), got.member("error"))
				require.Equal(t, "application/problem+json", got.Header.Get("Content-Type"))
				require.Zero(t, w.store.called())
				require.Empty(t, w.limiter.seen())
			}
		})
	}
}

// What to do about a body is told, not only that it is refused.
func TestBadInput_cures(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, test := range []struct {
		name, body, header, detail string
	}{
		{"packed", `{}`, "Content-Encoding: gzip", "Send the body as application/json in UTF-8 without Content-Encoding"},
		{
			"packed text", `{}`, "Content-Type: text/plain\nContent-Encoding: gzip",
			"Send the body as application/json in UTF-8 without Content-Encoding",
		},
		{"text", `{}`, "Content-Type: text/plain", "Send the body as application/json in UTF-8"},
	} {
		got := w.post("/api/auth/otp/request", test.body, strings.Split(test.header, "\n")...)
		require.Equal(t, http.StatusUnsupportedMediaType, got.Status, test.name)
		require.Equal(t, test.detail, got.member("detail"), test.name)
	}
	for body, detail := range map[string]string{
		`{"identifier":"ada@example.com",}`: "Must be one JSON value in UTF-8 and nothing " +
			"after it (see near byte 33)",
		strings.Repeat(`{"a":`, 33) + `1` + strings.Repeat(`}`, 33):         "Must not be nested deeper than 32 levels",
		strings.Repeat(`{"a":`, 10_001) + `1` + strings.Repeat(`}`, 10_001): "Must not be nested deeper than 32 levels",
		strings.Repeat(`[`, 60_000):                                         "Must not be nested deeper than 32 levels",
	} {
		require.Equal(t, []string{detail}, w.post("/api/auth/otp/request", body).cures(), "%.40s", body)
	}
}

func TestMediaType_spellings(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, mediaType := range []string{
		"application/json", "Application/JSON", "application/json; charset=utf-8", `application/json;charset="UTF-8"`,
		"application/json ; charset=UTF-8",
	} {
		got := w.post("/api/auth/otp/verify", `{"identifier":"ada@example.com","otp_code":"123456"}`,
			"Content-Type: "+mediaType)
		require.Equal(t, "invalid_otp", got.member("code"), mediaType)
	}
	require.Equal(t, "invalid_request", w.post("/api/auth/otp/verify", "").member("code"), "an empty body needs none")
}

func TestBody_sentInChunks(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, test := range []struct {
		size   int
		status int
	}{
		{64 << 10, http.StatusBadRequest},
		{64<<10 + 1, http.StatusRequestEntityTooLarge},
		{10 << 20, http.StatusRequestEntityTooLarge},
	} {
		body := []byte(`{"x":"` + strings.Repeat("a", test.size-8) + `"}`)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/api/auth/otp/request",
			io.MultiReader(bytes.NewReader(body)))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		require.Equal(t, test.status, w.send(req).Status, "%d bytes", test.size)
	}
}

func TestBody_tooLarge(t *testing.T) {
	t.Parallel()
	w := setup(t)
	require.True(t, w.post("/api/auth/otp/request", `"`+strings.Repeat("a", 64<<10)+`"`).Closed,
		"what is left of the body is not waited for")
	announced := w.raw(http.MethodPost, "/api/auth/otp/request", "Content-Length: 65537")
	require.Equal(t, http.StatusRequestEntityTooLarge, announced.Status, "refused without reading")
}

func TestBody_neverEnds(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.ReadTimeout = 100 * time.Millisecond })
	body, end := io.Pipe()
	defer end.Close()
	soon, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(soon, http.MethodPost, w.server.URL+"/api/auth/otp/request", body)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	go func() { _, _ = io.WriteString(end, `{"identifier":`) }()
	got := w.send(req)
	require.Equal(t, http.StatusBadRequest, got.Status, got.Body)
	require.Equal(t, []string{""}, got.pointers())
}
