package httpapi_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

const hook = "/webhooks/twilio?challenge=" + someChallenge + "&delivery=" + someDelivery

func TestWebhooks_takeReports(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.messages.put(domain.DeliveryQueued)
	for _, contentType := range []string{
		"application/x-www-form-urlencoded", "application/json", "text/plain; charset=x",
		"",
	} {
		got := w.do(http.MethodPost, hook, "sent", "X-Signature: good", "Content-Type: "+contentType)
		require.Equal(t, http.StatusNoContent, got.Status, "%q: %s", contentType, got.Body)
		require.Empty(t, got.Body)
	}
	require.Equal(t, "sent", w.do(http.MethodGet, statusPath, "").member("status"))
	require.Equal(t, "delivery_report", w.access(1)["event"])
	require.Equal(t, "noted", w.access(1)["reason"])
}

// Only a provider that reports by GET is answered by GET.
func TestWebhooks_byGET(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.GETWebhooks = []string{"twilio"} })
	got := w.raw(http.MethodGet, "/webhooks/twilio?status=sent", "X-Signature: good")
	require.Equal(t, http.StatusNoContent, got.Status, got.Body)
	require.Equal(t, http.MethodGet, w.reader.heard().Method)
	require.Equal(t, "delivery_report", w.access(1)["event"])
	require.Equal(t, http.StatusForbidden,
		w.raw(http.MethodGet, "/webhooks/twilio?status=sent", "X-Signature: bad").Status)
	require.Equal(t, http.StatusNoContent, w.do(http.MethodPost, "/webhooks/twilio", "", "X-Signature: good").Status)
	require.Equal(t, http.MethodPost, w.reader.heard().Method)
	require.Equal(t, http.StatusMethodNotAllowed,
		w.do(http.MethodGet, "/webhooks/sendgrid", "", "X-Signature: good").Status)
}

// A provider signs the URL as it knows it: the public one, with the query as it was.
func TestWebhooks_theURL(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.PublicURL = "https://id.example.com:8443/auth/" })
	for path, want := range map[string]string{
		"/webhooks/twilio":               "https://id.example.com:8443/auth/webhooks/twilio",
		"/webhooks/twilio/?b=%41+%c3&&a": "https://id.example.com:8443/auth/webhooks/twilio/?b=%41+%c3&&a",
		"/webhooks/sendgrid?":            "https://id.example.com:8443/auth/webhooks/sendgrid?",
	} {
		require.Equal(t, http.StatusNoContent,
			w.do(http.MethodPost, path, "x\n\xff", "X-Signature: good", "Host: evil.example").Status)
		require.Equal(t, want, w.reader.heard().URL)
		require.Equal(t, "x\n\xff", string(w.reader.heard().Body))
		require.Equal(t, w.clock.Now(), w.reader.heard().Now)
	}
}

func TestWebhooks_refuse(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.messages.put(domain.DeliveryQueued)
	for _, signature := range []string{"", "bad", "GOOD", strings.Repeat("x", 4000)} {
		got := w.do(http.MethodPost, hook, "delivered", "X-Signature: "+signature)
		require.Equal(t, http.StatusForbidden, got.Status)
		require.Equal(t, "permission_denied", got.member("code"))
	}
	require.Equal(t, "queued", w.do(http.MethodGet, statusPath, "").member("status"))
	line := w.access(1)
	require.Equal(t, "refused", line["outcome"])
	require.Equal(t, "permission_denied", line["reason"])
	w.messages.fail(domain.ErrUnavailable)
	got := w.do(http.MethodPost, hook, "delivered", "X-Signature: good")
	require.Equal(t, http.StatusServiceUnavailable, got.Status, "the provider comes again")
}

// The paths are there only for providers whose reports can be read.
func TestWebhooks_absent(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.Webhooks = []string{"sendgrid"} })
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodOptions} {
		got := w.raw(method, "/webhooks/twilio", "X-Signature: good")
		require.Equal(t, http.StatusNotFound, got.Status, method)
		require.Equal(t, w.raw(method, "/nothing").member("detail"), got.member("detail"))
	}
	require.Equal(t, http.StatusNoContent, w.do(http.MethodPost, "/webhooks/sendgrid", "", "X-Signature: good").Status)
}

func TestWebhooks_largeBodies(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	w := setup(t)
	var all sync.WaitGroup
	for _, size := range []int{64<<10 - 1, 64 << 10, 64<<10 + 1, most - 1, most} {
		for range 8 {
			all.Go(func() {
				got := w.do(http.MethodPost, hook, strings.Repeat("x", size), "X-Signature: good")
				if got.Status != http.StatusNoContent {
					t.Errorf("%d bytes: %d", size, got.Status)
				}
			})
		}
	}
	all.Wait()
	require.Equal(t, http.StatusNoContent,
		w.do(http.MethodPost, hook, strings.Repeat("x", most), "X-Signature: good").Status)
	require.Len(t, w.reader.heard().Body, most)

	// A server that refuses a body closes the connection: a client that still writes may
	// get an error instead of the answer. So the first request sends no body, and the
	// second no more than the server reads.
	request := "POST " + hook + " HTTP/1.1\r\nHost: x\r\nX-Signature: good\r\n"
	response, _ := w.overTheWire(request + "Content-Length: 1048577\r\n\r\n")
	require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
	response, _ = w.overTheWire(request + "Transfer-Encoding: chunked\r\n\r\n100001\r\n" + strings.Repeat("x", most+1))
	require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
}
