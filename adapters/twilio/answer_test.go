package twilio

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const page = "<html><body><h1>502 Bad Gateway</h1><pre><quote></pre></body></html>"

// answering is one way to answer every request.
type answering struct {
	always   reply
	want     domain.SendResult
	requests int    // with three retries
	says     string // in the error
}

func refusal(status, code int) reply {
	return says(status, fmt.Sprintf(`{"code":%d,"message":"No: <quote>","more_info":"<quote>","status":%d}`, code, status))
}

func TestSend_refusals(t *testing.T) {
	t.Parallel()
	requireAnswers(t, map[string]answering{
		"400 with a code of the number": {
			refusal(400, 21211), domain.SendInvalidRecipient, 1, "error 21211: there can be no such number",
		},
		"400 with an unknown code": {refusal(400, 99999), domain.SendRejected, 1, "twilio.com/docs/api/errors"},
		"400 without a code": {
			says(400, `{"message":"<quote>"}`), domain.SendRejected, 1, "twilio answered 400: ",
		},
		"400 with a code as text": {says(400, `{"code":"21614"}`), domain.SendInvalidRecipient, 1, "error 21614"},
		"400 with a code of another kind": {
			says(400, `{"code":{"a":123456}}`), domain.SendRejected, 1, "twilio answered 400: ",
		},
		"400 as a page":        {says(400, page), domain.SendRejected, 1, "twilio answered 400: "},
		"400 without anything": {says(400, ""), domain.SendRejected, 1, "twilio answered 400: "},
		"401": {
			refusal(401, 20003), domain.SendAuthenticationFailed, 1, "check twilio.account_sid and twilio.auth_token",
		},
		"401 as a page": {
			says(401, page), domain.SendAuthenticationFailed, 1, "check twilio.account_sid and twilio.auth_token",
		},
		"403 as a page": {says(403, page), domain.SendAuthenticationFailed, 1, ""},
		"404": {
			refusal(404, 20404), domain.SendAuthenticationFailed, 1, "check twilio.account_sid, ",
		},
		"404 as a page":       {says(404, page), domain.SendAuthenticationFailed, 1, "twilio.base_url"},
		"418":                 {says(418, "teapot"), domain.SendRejected, 1, ""},
		"429":                 {refusal(429, 20429), domain.SendRateLimited, 4, "error 20429"},
		"429 as a page":       {says(429, page), domain.SendRateLimited, 4, "twilio answered 429: "},
		"429 of a full queue": {refusal(429, 21611), domain.SendRateLimited, 4, "error 21611"},
		"500": {
			refusal(500, 20500), domain.SendUnknown, 1, "twilio answered 500: the message may have been sent",
		},
		"500 with a code of the number": {refusal(500, 21211), domain.SendUnknown, 1, "the message may have been sent"},
		"501":                           {says(501, ""), domain.SendUnknown, 1, ""},
		"502 as a page":                 {says(502, page), domain.SendUnknown, 1, "twilio answered 502"},
		"503":                           {refusal(503, 20503), domain.SendUnreachable, 4, "error 20503"},
		"503 as a page":                 {says(503, page), domain.SendUnreachable, 4, "twilio answered 503: "},
		"503 with a code of the number": {refusal(503, 21211), domain.SendUnreachable, 4, ""},
		"504 as a page":                 {says(504, page), domain.SendUnknown, 1, "twilio answered 504"},
		"301 to somewhere else": {
			withHeader("Location", "/elsewhere", says(301, "")), domain.SendUnknown, 1, "twilio answered 301",
		},
		"307 to the same": {
			withHeader("Location", "", says(307, "")), domain.SendUnknown, 1, "twilio answered 307",
		},
		"308 to somewhere else": {
			withHeader("Location", "http://127.0.0.1:1/", says(308, "")), domain.SendUnknown, 1, "twilio answered 308",
		},
	})
}

func TestSend_successes(t *testing.T) {
	t.Parallel()
	requireAnswers(t, map[string]answering{
		"200 with a refusal": {
			refusal(200, 21211), domain.SendInvalidRecipient, 1, "twilio answered 200, error 21211",
		},
		"200 with a message that failed": {
			says(200, `{"sid":"`+someMessage+`","status":"failed","error_code":null}`), domain.SendRejected, 1, "has failed",
		},
		"201 with a message and its error": {
			says(201, `{"sid":"`+someMessage+`","status":"undelivered","error_code":30006}`), domain.SendInvalidRecipient, 1,
			"error 30006",
		},
		"201 with an error of our pace": {
			says(201, `{"sid":"`+someMessage+`","status":"failed","error_code":30001}`), domain.SendRateLimited, 1,
			"error 30001",
		},
		"201 with an unknown error": {
			says(201, `{"sid":"`+someMessage+`","status":"failed","error_code":39999}`), domain.SendRejected, 1, "error 39999",
		},
		"201 with garbage": {says(201, "<quote>\x00\xff{"), domain.SendUnknown, 1, "what is no message"},
		"201 with nothing": {says(201, ""), domain.SendUnknown, 1, "what is no message"},
		"201 with half a message": {
			says(201, `{"sid":"`+someMessage+`","sta`), domain.SendUnknown, 1, "what is no message",
		},
		"201 with null":              {says(201, "null"), domain.SendUnknown, 1, "what is no message"},
		"201 with a list":            {says(201, "[1,2]"), domain.SendUnknown, 1, "what is no message"},
		"201 without a name":         {says(201, `{"status":"queued"}`), domain.SendUnknown, 1, "what is no message"},
		"200 as a page":              {says(200, page), domain.SendUnknown, 1, "what is no message"},
		"204":                        {says(204, ""), domain.SendUnknown, 1, "what is no message"},
		"201 with a name of its own": {says(201, `{"sid":"<quote>","status":"queued"}`), domain.SendAccepted, 1, ""},
		"201 with another name": {
			says(201, `{"sid":"483915","status":"queued","error_code":null}`), domain.SendAccepted, 1, "",
		},
		"201 with a number for a text": {
			says(201, someMessageWith(`"num_segments":1,"price":-0.0075`)), domain.SendAccepted, 1, "",
		},
		"201 with an object for a text": {
			says(201, someMessageWith(`"to":{"a":["<quote>"]},"subresource_uris":"<quote>"`)), domain.SendAccepted, 1, "",
		},
		"201 with a text for a number":  {says(201, someMessageWith(`"error_code":""`)), domain.SendAccepted, 1, ""},
		"201 with a state that is none": {says(201, `{"sid":"`+someMessage+`","status":1}`), domain.SendAccepted, 1, ""},
		"201 odd, with an error": {
			says(201, someMessageWith(`"num_segments":1,"error_code":"30006"`)), domain.SendInvalidRecipient, 1, "error 30006",
		},
		"201 odd, that has failed": {
			says(201, `{"sid":"`+someMessage+`","status":"failed","num_segments":1}`), domain.SendRejected, 1, "has failed",
		},
		"201 odd, that was not delivered": {
			says(201, `{"sid":"`+someMessage+`","status":"undelivered","price":0}`), domain.SendRejected, 1, "has failed",
		},
		"201 odd, without a name": {
			says(201, `{"status":"queued","num_segments":1}`), domain.SendUnknown, 1, "what is no message",
		},
		"201 odd, with another name": {
			says(201, `{"sid":"<quote>","num_segments":1}`), domain.SendUnknown, 1, "what is no message",
		},
		"201 odd, with a number as name": {says(201, `{"sid":483915}`), domain.SendUnknown, 1, "what is no message"},
		"201 with unknown members": {
			says(201, `{"sid":"`+someMessage+`","status":"waving","new":{"a":[1]}}`), domain.SendAccepted, 1, "",
		},
	})
}

func TestSend_brokenAnswers(t *testing.T) {
	t.Parallel()
	requireAnswers(t, map[string]answering{
		"201 that is huge": {
			says(201, `{"sid":"`+someMessage+`","body":"`+strings.Repeat("x", maxAnswer)+`"}`), domain.SendUnknown, 1,
			"has no end",
		},
		"201 huge behind a message": {
			says(201, someMessageWith(`"price":null`)+strings.Repeat(" ", maxAnswer)), domain.SendUnknown, 1, "has no end",
		},
		"400 that is huge": {
			says(400, strings.Repeat("<quote>", maxAnswer)), domain.SendRejected, 1, "twilio answered 400: ",
		},
		"401 that is huge": {
			says(401, strings.Repeat("<quote>", maxAnswer)), domain.SendAuthenticationFailed, 1, "twilio answered 401: ",
		},
		"429 that is huge": {
			says(429, strings.Repeat("<quote>", maxAnswer)), domain.SendRateLimited, 4, "twilio answered 429: ",
		},
		"500 that is huge": {says(500, strings.Repeat("<quote>", maxAnswer)), domain.SendUnknown, 1, "has no end"},
		"503 that is huge": {
			says(503, strings.Repeat("<quote>", maxAnswer)), domain.SendUnreachable, 4, "twilio answered 503: ",
		},
		"503 that breaks off": {
			raw("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 200000\r\n\r\n"+strings.Repeat("x", 1000), true),
			domain.SendUnknown, 1, "has no end",
		},
		"429 that breaks off": {
			raw("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 200000\r\n\r\n"+strings.Repeat("x", 1000), true),
			domain.SendUnknown, 1, "has no end",
		},
		"201 that breaks off": {
			raw("HTTP/1.1 201 Created\r\nContent-Length: 1000\r\n\r\n{\"sid\":\"<quote>", false), domain.SendUnknown, 1,
			"has no end",
		},
		"400 that breaks off": {
			raw("HTTP/1.1 400 Bad Request\r\nContent-Length: 1000\r\n\r\n{\"code\":21211}", true), domain.SendUnknown, 1,
			"has no end",
		},
		"no HTTP": {
			raw("<quote>\r\n<quote>\r\n\r\n", false), domain.SendUnknown, 1, "broke after the request",
		},
		"headers that are none": {
			raw("HTTP/1.1 201 Created\r\n<quote>\r\n\r\n", false), domain.SendUnknown, 1, "broke after the request",
		},
		"a reset after the request": {raw("", true), domain.SendUnknown, 1, "broke after the request"},
		"an end after the request":  {raw("", false), domain.SendUnknown, 1, "broke after the request"},
	})
}

// requireAnswers proves what each answer means, and that what the provider quotes is
// in no error and in no log.
func requireAnswers(t *testing.T, rows map[string]answering) {
	t.Helper()
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, domain.ChannelSMS)
			b.replyAlways(row.always)
			out := b.Send(t.Context(), letter(t, domain.ChannelSMS))
			require.Equal(t, row.want, out.Result, "%v", out.Err)
			require.Equal(t, row.requests, b.requests(), "requests")
			if !out.Result.Accepted() {
				require.ErrorContains(t, out.Err, row.says)
			}
			requireHidden(t, b, out)
		})
	}
}

// requireHidden looks for the code, the secret, the person and Twilio's own words in
// all that is shown.
func requireHidden(t *testing.T, b *bench, out port.SendOutcome) {
	t.Helper()
	shown := out.MessageID + fmt.Sprintf("%v %+v %#v", out, out.Err, out.Err) + b.log.String()
	require.Contains(t, b.log.String(), `"to":"***0001"`)
	for _, secret := range []string{someDigits, someToken, someTo, someTo[1:], "is your Acme code", "Basic "} {
		require.NotContains(t, shown, secret)
	}
}

// someMessageWith is a message that is on its way, with other members.
func someMessageWith(members string) string {
	return `{"sid":"` + someMessage + `","status":"queued",` + members + `}`
}

// A message that has failed at once has its name all the same, for reports.
func TestSend_nameOfWhatFailed(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS)
	b.replyAlways(says(201, `{"sid":"`+someMessage+`","status":"failed","error_code":30006}`))
	require.Equal(t, someMessage, b.Send(t.Context(), letter(t, domain.ChannelSMS)).MessageID)
}

// So has one of which the client library reads nothing.
func TestSend_nameOfWhatIsOdd(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS)
	b.replyAlways(says(201, someMessageWith(`"num_segments":1`)))
	require.Equal(t, someMessage, b.Send(t.Context(), letter(t, domain.ChannelSMS)).MessageID)
}

// A provider that takes the message and stays silent, and one that never ends its
// answer: the time of a request bounds both, the context bounds all.
func TestSend_late(t *testing.T) {
	t.Parallel()
	drip := func(p *provider) reply {
		return func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(201)
			_, _ = w.Write([]byte(`{"sid":"` + someMessage))
			w.(http.Flusher).Flush()
			p.hangs(w, r)
		}
	}
	for name, row := range map[string]struct {
		request, total time.Duration
		drips          bool
	}{
		"silent, by the request's time": {100 * time.Millisecond, time.Minute, false},
		"silent, by the context":        {time.Minute, 100 * time.Millisecond, false},
		"drips, by the request's time":  {100 * time.Millisecond, time.Minute, true},
		"drips, by the context":         {time.Minute, 100 * time.Millisecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, domain.ChannelSMS, func(c *Config) { c.RequestTimeout = row.request })
			b.replyAlways(b.hangs)
			if row.drips {
				b.replyAlways(drip(b.provider))
			}
			ctx, cancel := context.WithTimeout(t.Context(), row.total)
			defer cancel()
			out := b.Send(ctx, letter(t, domain.ChannelSMS))
			require.Equal(t, domain.SendTimeout, out.Result)
			require.ErrorContains(t, out.Err, "did not answer in time")
			require.Equal(t, 1, b.requests(), "it may have been sent")
			requireHidden(t, b, out)
		})
	}
}

// A refused connection means that nothing was sent, so it is retried.
func TestSend_noConnection(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b.line.base.Host = listener.Addr().String()
	require.NoError(t, listener.Close())
	out := b.Send(t.Context(), letter(t, domain.ChannelSMS))
	require.Equal(t, domain.SendUnreachable, out.Result)
	require.ErrorContains(t, out.Err, "connect to twilio: ")
	require.Len(t, b.waits.all, 3)
	requireHidden(t, b, out)
}

// A connection that comes to no handshake has carried nothing.
func TestSend_noHandshake(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS)
	b.line.base.Scheme = "https" // to where HTTP is spoken
	out := b.Send(t.Context(), letter(t, domain.ChannelSMS))
	require.Equal(t, domain.SendUnreachable, out.Result)
	require.Len(t, b.waits.all, 3)
	require.Zero(t, b.requests())
	requireHidden(t, b, out)
}

// A refusal keeps its connection, like every answer that is read to its end.
func TestSend_keepsConnections(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS)
	b.reply(nil, says(400, page), says(429, page), says(500, page), says(201, "garbage"), nil)
	for range 5 {
		b.Send(t.Context(), letter(t, domain.ChannelSMS))
	}
	require.Equal(t, 6, b.requests())
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Equal(t, 1, b.dialled, "connections")
}

func TestSend_wrongSecret(t *testing.T) {
	t.Parallel()
	b := setup(t, domain.ChannelSMS, func(c *Config) { c.AuthToken = "0" + someToken })
	out := b.Send(t.Context(), letter(t, domain.ChannelSMS))
	require.Equal(t, domain.SendAuthenticationFailed, out.Result)
	require.Equal(t, 1, b.requests())
	require.Empty(t, b.handedForms())
	requireHidden(t, b, out)
}
