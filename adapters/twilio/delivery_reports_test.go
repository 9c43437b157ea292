package twilio

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

const (
	someChallenge = "019cec37-b600-7000-8000-00000000000c"
	someDelivery  = "019cec37-b600-7000-9000-00000000000d"
	webhook       = "https://id.example.com/webhooks/twilio"
	someAddress   = webhook + "?challenge=" + someChallenge + "&delivery=" + someDelivery
)

// members are those of a callback.
func members(status string, with ...string) url.Values {
	form := url.Values{
		"AccountSid": {someAccount}, "ApiVersion": {"2010-04-01"}, "From": {someFrom}, "To": {someTo},
		"MessageSid": {someMessage}, "SmsSid": {someMessage}, "MessageStatus": {status}, "SmsStatus": {status},
	}
	for i := 0; i+1 < len(with); i += 2 {
		form.Set(with[i], with[i+1])
	}
	return form
}

// sign is Twilio's signature, made without the library that checks it: the address,
// then name and value of every member, the names in order.
func sign(token, address string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		mac.Write([]byte(name + form.Get(name)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func signedBy(token, address string, form url.Values) port.WebhookCall {
	signature := sign(token, address, form)
	return port.WebhookCall{
		URL: address, Body: []byte(form.Encode()), Now: fake.Noon,
		Header: func(name string) string { return map[string]string{"X-Twilio-Signature": signature}[name] },
	}
}

func reader(t testing.TB) *Sender {
	return openSender(t, whole(func(*Config) {}), domain.ChannelSMS)
}

func TestDeliveryReports_contract(t *testing.T) {
	t.Parallel()
	words := map[domain.DeliveryStatus]string{
		domain.DeliverySent: "sent", domain.DeliveryDelivered: "delivered", domain.DeliveryFailed: "undelivered",
		domain.DeliveryRead: "read",
	}
	by := func(token string) func(testing.TB, domain.DeliveryReport, time.Time) port.WebhookCall {
		return func(_ testing.TB, told domain.DeliveryReport, _ time.Time) port.WebhookCall {
			address := webhook + "?challenge=" + string(told.ChallengeID) + "&delivery=" + told.DeliveryID
			return signedBy(token, address, members(words[told.Status]))
		}
	}
	contract.DeliveryReports(t, contract.ReportsSetup{
		Open: func(t testing.TB) port.DeliveryReports { return reader(t) },
		Call: by(someToken), Forge: by(strings.ToUpper(someToken)), SignatureHeader: "X-Twilio-Signature",
		Strange: func(testing.TB, time.Time) []port.WebhookCall {
			calls := []port.WebhookCall{
				signedBy(someToken, someAddress, url.Values{}),
				signedBy(someToken, someAddress, members("receiving")),
				signedBy(someToken, someAddress, members("DELIVERED")),
				signedBy(someToken, someAddress, members("")),
				signedBy(someToken, someAddress, members("sent", "AccountSid", "AC"+strings.Repeat("f", 32))),
				signedBy(someToken, "https://id.example.com/%zz", members("sent")),
			}
			for _, query := range []string{
				"", "?", "?challenge=" + someChallenge, "?delivery=" + someDelivery, "?challenge=&delivery=",
				"?challenge=%zz&delivery=" + someDelivery,
				"?challenge=" + someChallenge + "&delivery=" + someDelivery + "%00", "?challenge=" + strings.Repeat("a", 10_000) +
					"&delivery=" + someDelivery,
				"?challenge=%27+OR+1%3D1&delivery=" + someDelivery, "?Challenge=" + someChallenge + "&Delivery=" + someDelivery,
			} {
				calls = append(calls, signedBy(someToken, webhook+query, members("sent")))
			}
			return calls
		},
	})
}

// A signature made with openssl, of the text that Twilio's rules make of the call.
func TestReadReports_vector(t *testing.T) {
	t.Parallel()
	const signature = "ob6HmKcjYqFznQlSJNHPdkYTLGM="
	form := members("delivered")
	require.Equal(t, signature, sign(someToken, someAddress, form))
	call := signedBy(someToken, someAddress, form)
	call.Header = func(name string) string { return map[string]string{"X-Twilio-Signature": signature}[name] }
	reports, err := reader(t).ReadReports(call)
	require.NoError(t, err)
	require.Equal(t, []domain.DeliveryReport{{
		ChallengeID: someChallenge, DeliveryID: someDelivery, Status: domain.DeliveryDelivered,
		MessageID: someMessage, At: fake.Noon,
	}}, reports)
}

func TestReadReports_statuses(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for word, want := range map[string]domain.DeliveryStatus{
		"accepted": domain.DeliveryQueued, "scheduled": domain.DeliveryQueued, "queued": domain.DeliveryQueued,
		"sending": domain.DeliveryQueued,
		"sent":    domain.DeliverySent, "delivered": domain.DeliveryDelivered, "read": domain.DeliveryRead,
		"undelivered": domain.DeliveryFailed, "failed": domain.DeliveryFailed, "canceled": domain.DeliveryFailed,
	} {
		reports, err := r.ReadReports(signedBy(someToken, someAddress, members(word)))
		require.NoError(t, err, word)
		require.Len(t, reports, 1, word)
		require.Equal(t, want, reports[0].Status, word)
	}
}

func TestReadReports_members(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for name, row := range map[string]struct {
		with          []string
		message, code string
	}{
		"an error":                    {[]string{"ErrorCode", "30003"}, someMessage, "30003"},
		"no error":                    {[]string{"ErrorCode", ""}, someMessage, ""},
		"an error that is none":       {[]string{"ErrorCode", "<b>"}, someMessage, ""},
		"an error that is too long":   {[]string{"ErrorCode", "3000330003"}, someMessage, ""},
		"the old name of the message": {[]string{"MessageSid", ""}, someMessage, ""},
		"a name that is none":         {[]string{"MessageSid", "'; --"}, "", ""},
		"the old name of the status":  {[]string{"MessageStatus", ""}, someMessage, ""},
		"what nobody knows":           {[]string{"Ünknown", "\xff\x00&=;", "RawDlrDoneDate", "2603141200"}, someMessage, ""},
		"a picture":                   {[]string{"MessageSid", "MM" + someMessage[2:]}, "MM" + someMessage[2:], ""},
	} {
		reports, err := r.ReadReports(signedBy(someToken, someAddress, members("failed", row.with...)))
		require.NoError(t, err, name)
		require.Len(t, reports, 1, name)
		require.Equal(t, domain.DeliveryFailed, reports[0].Status, name)
		require.Equal(t, row.message, reports[0].MessageID, name)
		require.Equal(t, row.code, reports[0].ErrorCode, name)
	}
}

// Of a member that comes twice the first is signed, and the first is believed.
func TestReadReports_membersTwice(t *testing.T) {
	t.Parallel()
	r := reader(t)
	call := signedBy(someToken, someAddress, members("sent"))
	genuine := string(call.Body)
	call.Body = []byte(genuine + "&MessageStatus=read&SmsStatus=read")
	reports, err := r.ReadReports(call)
	require.NoError(t, err)
	require.Equal(t, domain.DeliverySent, reports[0].Status)
	call.Body = []byte("MessageStatus=read&" + genuine)
	_, err = r.ReadReports(call)
	require.ErrorIs(t, err, domain.ErrPermissionDenied)
}

// The text that is signed has no seams: parts of the form must not pass for the
// address, nor one member for two.
func TestReadReports_movedSeams(t *testing.T) {
	t.Parallel()
	r := reader(t)
	genuine := members("failed", "ErrorCode", "30003")
	header := signedBy(someToken, someAddress, genuine).Header
	moved := members("failed", "ErrorCode", "30003")
	moved.Del("AccountSid")
	for name, call := range map[string]port.WebhookCall{
		"a member in the address": {URL: someAddress + "AccountSid" + someAccount, Body: []byte(moved.Encode())},
		"another host":            {URL: strings.Replace(someAddress, "id.", "", 1), Body: []byte(genuine.Encode())},
		"another delivery":        {URL: strings.Replace(someAddress, "000d", "000e", 1), Body: []byte(genuine.Encode())},
		"a digest for the body":   {URL: someAddress + "&bodySHA256=00", Body: []byte(genuine.Encode())},
		"members elsewhere":       {URL: someAddress + "&MessageStatus=read", Body: []byte(genuine.Encode())},
	} {
		call.Header, call.Now = header, fake.Noon
		reports, err := r.ReadReports(call)
		require.Empty(t, reports, name)
		if err != nil {
			require.ErrorIs(t, err, domain.ErrPermissionDenied, name)
		}
	}
}

// Twilio signs with and without the port that goes without saying.
func TestReadReports_ports(t *testing.T) {
	t.Parallel()
	withPort := strings.Replace(someAddress, "example.com", "example.com:443", 1)
	for _, known := range []string{someAddress, withPort} {
		for _, signed := range []string{someAddress, withPort} {
			call := signedBy(someToken, signed, members("sent"))
			call.URL = known
			reports, err := reader(t).ReadReports(call)
			require.NoError(t, err, "signed %s, known as %s", signed, known)
			require.Len(t, reports, 1)
		}
	}
}

// What is big, or in many pieces, is refused before anything is made of it: the
// library's work grows with the square of the pieces.
func TestReadReports_big(t *testing.T) {
	t.Parallel()
	r := reader(t)
	for name, body := range map[string][]byte{
		"a megabyte":       bytes.Repeat([]byte("x"), 1<<20),
		"a million pieces": bytes.Repeat([]byte("&"), 1<<20),
		"many members":     []byte(strings.Repeat("a=b&", maxMembers)),
		"one escape":       bytes.Repeat([]byte("%"), maxReport),
		"no text":          bytes.Repeat([]byte{0xff}, maxReport),
		"semicolons":       []byte("a=b;c=d"),
		"JSON":             []byte(`{"MessageStatus":"delivered"}`),
	} {
		call := signedBy(someToken, someAddress, members("sent"))
		call.Body = body
		reports, err := r.ReadReports(call)
		require.ErrorIs(t, err, domain.ErrPermissionDenied, name)
		require.Empty(t, reports, name)
		require.Less(t, len(err.Error()), 200, "%s: it quotes the call", name)
	}
	_, err := r.ReadReports(signedBy(someToken, someAddress, members("sent", "Body", strings.Repeat("x", maxReport))))
	require.ErrorIs(t, err, domain.ErrPermissionDenied, "one piece, signed")
	full := members("sent")
	for n := len(full); n < maxMembers; n++ {
		full.Set("Extra"+strings.Repeat("x", n), "1")
	}
	reports, err := r.ReadReports(signedBy(someToken, someAddress, full))
	require.NoError(t, err)
	require.Len(t, reports, 1, "as many as may be")
}

// Whatever comes is refused or read, with or without a signature that fits, and what
// is read can be stored.
func FuzzReadReports(f *testing.F) {
	f.Add(someAddress, members("delivered").Encode(), "", true)
	f.Add(someAddress, "MessageStatus=sent&MessageStatus=read", "x", false)
	f.Add("::", "%", "\x00", true)
	f.Add("https://[::1]:99999/?challenge=%ff", "a;b&=&&=\xff", "", true)
	sender := newSender(newLine(whole(func(*Config) {}), nil, nil), whole(func(*Config) {}))
	f.Fuzz(func(t *testing.T, address, body, signature string, genuine bool) {
		if form, err := url.ParseQuery(body); genuine && err == nil {
			signature = sign(someToken, address, form)
		}
		reports, err := sender.ReadReports(port.WebhookCall{
			URL: address, Body: []byte(body), Now: fake.Noon, Header: func(string) string { return signature },
		})
		if err != nil {
			require.ErrorIs(t, err, domain.ErrPermissionDenied)
			require.Empty(t, reports)
			return
		}
		require.True(t, genuine, "believed what nobody has signed")
		for _, r := range reports {
			require.Regexp(t, ourName, string(r.ChallengeID))
			require.Regexp(t, ourName, r.DeliveryID)
			require.NotEmpty(t, r.Status)
			require.Regexp(t, `^((SM|MM)[0-9a-fA-F]{32})?$`, r.MessageID)
			require.Regexp(t, `^[0-9]{0,6}$`, r.ErrorCode)
			require.Equal(t, fake.Noon, r.At)
		}
	})
}
