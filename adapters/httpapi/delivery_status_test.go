package httpapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

const (
	statusPath = "/api/auth/otp/" + someChallenge + "/status"
	eventsPath = "/api/auth/otp/" + someChallenge + "/events"
)

func TestDeliveryStatus(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.messages.put(domain.DeliveryFailed,
		func(d *domain.Delivery) { d.Channel, d.ErrorCode = domain.ChannelWhatsApp, "63003" })
	w.messages.put(domain.DeliveryFailed, func(d *domain.Delivery) { d.ID, d.Result = "x", domain.SendRejected })
	got := w.do(http.MethodGet, statusPath, "")
	require.Equal(t, http.StatusOK, got.Status)
	require.JSONEq(t, `{"challenge_id":"`+someChallenge+`","status":"failed","channel":"sms",
		"hint":"The carrier refused this number; try e-mail.","deliveries":[
		{"channel":"whatsapp","provider":"twilio","status":"failed","at":"2026-03-14T12:00:00Z"},
		{"channel":"sms","provider":"twilio","status":"failed","at":"2026-03-14T12:00:00Z"}]}`, got.Body)
	require.Equal(t, "no-store", got.Header.Get("Cache-Control"))
	head := w.do(http.MethodHead, statusPath+"/", "")
	require.Equal(t, http.StatusOK, head.Status)
	require.Empty(t, head.Body)
	w.clock.Advance(time.Hour)
	require.Equal(t, http.StatusOK, w.do(http.MethodGet, statusPath, "").Status, "also when the code has expired")
}

func TestDeliveryStatus_ofNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.messages.put(domain.DeliverySent)
	for _, id := range []string{
		"x", "0", strings.ToUpper(someChallenge), someChallenge + " ", "' OR 1=1 --", "\x00", "ü\xff", "..",
		strings.Repeat("a", 8000),
		strings.Replace(someChallenge, "c", "d", 1),
	} {
		for _, what := range []string{"status", "events"} {
			got := w.do(http.MethodGet, "/api/auth/otp/"+url.PathEscape(id)+"/"+what, "")
			require.Equal(t, http.StatusNotFound, got.Status, id)
			require.Equal(t, "not_found", got.member("code"))
		}
	}
	w.messages.fail(domain.ErrUnavailable)
	for _, path := range []string{statusPath, eventsPath} {
		require.Equal(t, http.StatusServiceUnavailable, w.do(http.MethodGet, path, "").Status)
	}
}
