package sendgrid

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"strconv"
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
	signatureHeader = "X-Twilio-Email-Event-Webhook-Signature"
	timeHeader      = "X-Twilio-Email-Event-Webhook-Timestamp"
)

// webhook is the side of SendGrid: a key pair.
type webhook struct{ key *ecdsa.PrivateKey }

func newWebhook(t testing.TB) webhook {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return webhook{key}
}

func encodedKey(t testing.TB, public any) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(der)
}

func (w webhook) reader(t testing.TB) port.DeliveryReports {
	channels, err := open(t.Context(), Config{
		APIKey: apiKey, BaseURL: "https://api.sendgrid.com",
		WebhookPublicKey: "\n" + encodedKey(t, &w.key.PublicKey) + "\n",
	})
	require.NoError(t, err)
	require.Len(t, channels, 1)
	require.Implements(t, (*port.DeliveryReports)(nil), channels[0].Sender)
	return channels[0].Sender.(port.DeliveryReports)
}

// call is a signed one with a body.
func (w webhook) call(t testing.TB, body string, at time.Time) port.WebhookCall {
	return w.stamped(t, body, strconv.FormatInt(at.Unix(), 10))
}

func (w webhook) stamped(t testing.TB, body, stamp string) port.WebhookCall {
	hash := sha256.Sum256([]byte(stamp + body))
	signature, err := ecdsa.SignASN1(rand.Reader, w.key, hash[:])
	require.NoError(t, err)
	headers := map[string]string{signatureHeader: base64.StdEncoding.EncodeToString(signature), timeHeader: stamp}
	return port.WebhookCall{
		URL: "https://id.example.com/webhooks/sendgrid", Header: func(name string) string { return headers[name] },
		Body: []byte(body), Now: fake.Noon,
	}
}

// eventOf is an event as SendGrid writes it.
func eventOf(told domain.DeliveryReport) string {
	names := map[domain.DeliveryStatus]string{
		domain.DeliverySent: "processed", domain.DeliveryDelivered: "delivered", domain.DeliveryFailed: "bounce",
		domain.DeliveryRead: "open", // which is not read
	}
	text, _ := json.Marshal(map[string]any{
		"email": "ada@example.com", "timestamp": fake.Noon.Unix() - 3, "event": names[told.Status],
		"sg_event_id":   "ZGVsaXZlcmVk",
		"sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
		"smtp-id":       "<14c5d75ce93.dfd.64b469@ismtpd-555>",
		argChallenge:    told.ChallengeID, argDelivery: told.DeliveryID,
	})
	return string(text)
}

func TestDeliveryReports_contract(t *testing.T) {
	t.Parallel()
	ours, theirs := newWebhook(t), newWebhook(t)
	open := domain.DeliveryReport{ChallengeID: "a", DeliveryID: "b", Status: domain.DeliveryRead}
	by := func(w webhook) func(testing.TB, domain.DeliveryReport, time.Time) port.WebhookCall {
		return func(t testing.TB, told domain.DeliveryReport, at time.Time) port.WebhookCall {
			return w.call(t, "["+eventOf(open)+","+eventOf(told)+"]\r\n", at)
		}
	}
	contract.DeliveryReports(t, contract.ReportsSetup{
		Open: func(t testing.TB) port.DeliveryReports { return ours.reader(t) },
		Call: by(ours), Forge: by(theirs), SignatureHeader: signatureHeader, TellsTime: true,
		Strange: func(t testing.TB, at time.Time) (calls []port.WebhookCall) {
			for _, body := range strange {
				calls = append(calls, ours.call(t, body, at))
			}
			return calls
		},
	})
}

// names are the members that make an event one of ours.
const names = `"doorcode_challenge":"c","doorcode_delivery":"d"`

// strange are bodies that tell nothing of a delivery of ours.
var strange = []string{
	"", "[]", "null", "{}", `"delivered"`, "[", "[[]]", "[null]", "[1,true,\"x\"]", "\x00\xff", "<html>",
	strings.Repeat("[", 20000),
	`{"event":"delivered",` + names + `}`,
	`[{"event":"delivered"}]`,
	`[{"event":"delivered","doorcode_challenge":"c"}]`,
	`[{"event":"delivered","doorcode_delivery":"d"}]`,
	`[{"event":"delivered","doorcode_challenge":"c","doorcode_delivery":7}]`,
	`[{"event":"delivered","doorcode_challenge":["c"],"doorcode_delivery":{}}]`,
	`[{"event":"delivered","doorcode_challenge":"c\u0000","doorcode_delivery":"d"}]`,
	`[{"event":"delivered","doorcode_challenge":"'; DROP TABLE","doorcode_delivery":"d"}]`,
	`[{"event":"delivered","doorcode_challenge":"","doorcode_delivery":""}]`,
	`[{"event":"delivered","DOORCODE_CHALLENGE":"c","DOORCODE_DELIVERY":"d"}]`,
	`[{"event":"delivered","doorcode_challenge":"` + strings.Repeat("c", 129) + `","doorcode_delivery":"d"}]`,
	`[{` + names + `}]`,
	`[{"event":7,` + names + `}]`,
	`[{"event":"",` + names + `}]`,
	`[{"event":"Delivered",` + names + `}]`,
	`[{"event":"teleported",` + names + `}]`,
	`[{"event":"open",` + names + `},{"event":"click",` + names + `},{"event":"unsubscribe",` + names +
		`},{"event":"group_resubscribe",` + names + `}]`,
}

func TestReadReports_events(t *testing.T) {
	t.Parallel()
	w := newWebhook(t)
	reader := w.reader(t)
	at := fake.Noon.Add(-3 * time.Second)
	when := `,"timestamp":` + strconv.FormatInt(at.Unix(), 10)
	sent := domain.DeliveryReport{Status: domain.DeliverySent, At: at}
	delivered := domain.DeliveryReport{Status: domain.DeliveryDelivered, At: at}
	now := domain.DeliveryReport{Status: domain.DeliveryDelivered, At: fake.Noon}
	failed := func(code string) domain.DeliveryReport {
		return domain.DeliveryReport{Status: domain.DeliveryFailed, ErrorCode: code, At: at}
	}
	for name, row := range map[string]struct {
		event string
		want  domain.DeliveryReport
	}{
		"processed": {`"event":"processed"` + when, sent},
		"deferred":  {`"event":"deferred","attempt":"5","response":"400 try again"` + when, sent},
		"delivered": {`"event":"delivered","response":"250 OK"` + when, delivered},
		"spam": {
			`"event":"spamreport"` + when,
			domain.DeliveryReport{Status: domain.DeliveryDelivered, ErrorCode: "spamreport", At: at},
		},
		"bounce": {
			`"event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 <ada@example.com>"` + when,
			failed("5.1.1"),
		},
		"no status":     {`"event":"bounce","type":"blocked","reason":"483920 is no code"` + when, failed("bounce")},
		"odd status":    {`"event":"bounce","status":"<script>"` + when, failed("bounce")},
		"dropped":       {`"event":"dropped","reason":"Bounced Address"` + when, failed("bounced_address")},
		"dropped, 5.0":  {`"event":"dropped","status":"5.0.0","reason":"Bounced Address"` + when, failed("bounced_address")},
		"dropped, 5.1":  {`"event":"dropped","status":"5.1.1","reason":"Bounced Address"` + when, failed("5.1.1")},
		"bounce, 5.0.0": {`"event":"bounce","status":"5.0.0","reason":"no reason"` + when, failed("5.0.0")},
		"dropped, odd":  {`"event":"dropped","reason":"483920"` + when, failed("dropped")},
		"message id": {
			`"event":"delivered","sg_message_id":"14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0"` + when,
			domain.DeliveryReport{Status: domain.DeliveryDelivered, MessageID: "14c5d75ce93.dfd.64b469", At: at},
		},
		"newer message id": {
			`"event":"delivered","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.recvd-7b5d-x-1-5F5FC76C-9.0"` + when,
			domain.DeliveryReport{Status: domain.DeliveryDelivered, MessageID: "LRzXl_NHStOGhQ4kofSm_A", At: at},
		},
		"odd message id":   {`"event":"delivered","sg_message_id":"<script>"` + when, delivered},
		"no time":          {`"event":"delivered"`, now},
		"a time as text":   {`"event":"delivered","timestamp":"1"`, now},
		"a time to come":   {`"event":"delivered","timestamp":99999999999`, now},
		"a time before us": {`"event":"delivered","timestamp":-1`, now},
		"unknown members":  {`"event":"delivered","new":{"deep":[1,2]},"tls":1,"cert_err":0` + when, delivered},
	} {
		row.want.ChallengeID, row.want.DeliveryID = "c", "d"
		got, err := reader.ReadReports(w.call(t, "[{"+row.event+","+names+"}]", fake.Noon))
		require.NoError(t, err, name)
		require.Equal(t, []domain.DeliveryReport{row.want}, got, name)
	}
}

// A batch has many events, of which those that tell nothing spoil no other.
func TestReadReports_batch(t *testing.T) {
	t.Parallel()
	w := newWebhook(t)
	var events []string
	const each = 500
	for range each {
		events = append(events, `{"event":"delivered",`+names+`}`, "7", `{"event":"open",`+names+`}`,
			`{"event":"bounce",`+names+`}`)
	}
	body := "[" + strings.Join(events, ",\n") + "]"
	body += strings.Repeat(" ", 1<<20-len(body)) // as much as is taken
	got, err := w.reader(t).ReadReports(w.call(t, body, fake.Noon))
	require.NoError(t, err)
	require.Len(t, got, 2*each)
	require.Equal(t, domain.DeliveryDelivered, got[0].Status, "in their order")
	require.Equal(t, domain.DeliveryFailed, got[1].Status)
}

func TestReadReports_oddSignatures(t *testing.T) {
	t.Parallel()
	w := newWebhook(t)
	reader := w.reader(t)
	body := `[{"event":"delivered",` + names + `}]`
	good := w.call(t, body, fake.Noon)
	for name, headers := range map[string]map[string]string{
		"none":    {},
		"no time": {signatureHeader: good.Header(signatureHeader)},
		"another time": {
			signatureHeader: good.Header(signatureHeader),
			timeHeader:      strconv.FormatInt(fake.Noon.Unix()+1, 10),
		},
		"not base64":       {signatureHeader: "\xff%%", timeHeader: good.Header(timeHeader)},
		"no ASN.1":         {signatureHeader: "AAAA", timeHeader: good.Header(timeHeader)},
		"zeros":            {signatureHeader: "MAYCAQACAQA=", timeHeader: good.Header(timeHeader)},
		"a long signature": {signatureHeader: strings.Repeat("QUFB", 1<<16), timeHeader: good.Header(timeHeader)},
		"the time in front of the body": {
			signatureHeader: w.stamped(t, "0"+body, "177348960").Header(signatureHeader), timeHeader: "177348960",
		},
	} {
		call := good
		call.Header = func(name string) string { return headers[name] }
		got, err := reader.ReadReports(call)
		require.ErrorIs(t, err, domain.ErrPermissionDenied, name)
		require.Empty(t, got, name)
	}
	for _, stamp := range []string{
		"", "now", "0", "-1", "99999999999999999999", " " + good.Header(timeHeader),
		good.Header(timeHeader) + ".0", "1e9",
	} {
		_, err := reader.ReadReports(w.stamped(t, body, stamp))
		require.ErrorIs(t, err, domain.ErrPermissionDenied, "signed at %q", stamp)
	}
}

func TestProvider_webhookKey(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for name, key := range map[string]string{
		"no base64": "not base64!", "no key": "AAAA", "one of another kind": encodedKey(t, &other.PublicKey),
	} {
		_, err := open(t.Context(), Config{APIKey: apiKey, BaseURL: "https://api.sendgrid.com", WebhookPublicKey: key})
		require.ErrorContains(t, err, "sendgrid.webhook_public_key: ", name)
		require.ErrorContains(t, err, "copy the verification key", name)
	}
	channels, err := open(t.Context(), Config{APIKey: apiKey, BaseURL: "https://api.sendgrid.com"})
	require.NoError(t, err)
	_, reads := channels[0].Sender.(port.DeliveryReports)
	require.False(t, reads, "without a key nothing can be believed")
}

func FuzzReadReports(f *testing.F) {
	w := newWebhook(f)
	reader := w.reader(f)
	for _, body := range strange {
		f.Add(body)
	}
	f.Add(`[{"event":"delivered","timestamp":1,` + names + `}]`)
	f.Fuzz(func(t *testing.T, body string) {
		forged := w.call(t, body, fake.Noon)
		forged.Body = append(forged.Body, ' ')
		if got, err := reader.ReadReports(forged); err == nil || len(got) != 0 {
			t.Fatalf("read %v of what is not signed", got)
		}
		got, err := reader.ReadReports(w.call(t, body, fake.Noon))
		if err != nil {
			t.Fatalf("signed, but %v", err)
		}
		for _, r := range got {
			if r.ChallengeID == "" || r.DeliveryID == "" || r.Status.Progress() < 2 || r.At.IsZero() || r.At.After(fake.Noon) ||
				len(r.ErrorCode) > 64 {
				t.Fatalf("read %+v", r)
			}
		}
	})
}
