package command

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// answering is a provider on this machine that gives every request one answer, and
// tells how many there were.
func answering(t *testing.T, status int, body string) (url string, asked *int) {
	t.Helper()
	asked = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*asked++
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// twilioAt are the flags for a Twilio that answers there.
func twilioAt(url string) map[string]string {
	return map[string]string{
		"twilio.account_sid": "AC0123456789abcdef0123456789abcdef", "twilio.auth_token": "0123456789abcdef",
		"twilio.sms_from": "+12025550199",
		"twilio.base_url": url, "twilio.max_retries": "0", "environment": "testing",
	}
}

// inProcess calls the program in this process, with flags by their keys.
func inProcess(t *testing.T, p *program, flags map[string]string, args ...string) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	p.stdin, p.stdout, p.stderr = strings.NewReader(""), &stdout, &stderr
	for key, value := range flags {
		args = append(args, "--set", key+"="+value)
	}
	code = p.run(t.Context(), args...)
	return stdout.String(), stderr.String(), code
}

func TestSendTest_byTwilio(t *testing.T) {
	t.Parallel()
	url, asked := answering(t, http.StatusCreated, `{"sid":"SM0123456789abcdef0123456789abcdef","status":"queued"}`)
	out, errs, code := inProcess(t, &program{}, twilioAt(url), "send", "test", "--to", "+1 202 555 0123", "--channel",
		"sms")
	require.Zero(t, code, errs)
	require.Equal(t, 1, *asked)
	require.Equal(t, `ok      configuration: good, environment testing
ok      recipient: ***0123 may be written to (phone.countries is US)
ok      route: sms by twilio
ok      sms by twilio: the provider has taken the message (accepted)
The message is the usual one; its code 123456 opens nothing.
The provider calls it SM0123456789abcdef0123456789abcdef.
`, out)
}

// What Twilio says is translated, with its cure, and the next provider of the route is
// tried.
func TestSendTest_nextProvider(t *testing.T) {
	t.Parallel()
	url, _ := answering(t, http.StatusUnauthorized, `{"code":20003,"message":"Authenticate","status":401}`)
	flags := twilioAt(url)
	flags["sms.providers"] = "twilio,console"
	out, errs, code := inProcess(t, &program{}, flags, "send", "test", "--to", "+12025550123")
	require.Zero(t, code, errs)
	require.Contains(t, out, "ok      route: sms by twilio, then sms by console\n")
	require.Contains(t, out, "failed  sms by twilio: the provider does not know our credentials (authentication_failed)\n        it says: ")
	require.Contains(t, out, "twilio.auth_token")
	require.Contains(t, out, "        cure: correct them in the configuration")
	require.Contains(t, out, "ok      sms by console: the provider has taken the message (accepted)\n")
}

func TestSendTest_exitCodes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		status int
		body   string
		said   string
		result domain.SendResult
	}{
		"refused": {
			http.StatusBadRequest, `{"code":21614,"message":"x","status":400}`, "the message was not sent",
			domain.SendInvalidRecipient,
		},
		"unknown outcome": {
			http.StatusInternalServerError, `oops`, "the outcome is unknown: the message may have been sent",
			domain.SendUnknown,
		},
		"an error as HTML": {
			http.StatusBadGateway, `<html>`, "the outcome is unknown: the message may have been sent",
			domain.SendUnknown,
		},
	} {
		url, _ := answering(t, row.status, row.body)
		out, errs, code := inProcess(t, &program{}, twilioAt(url), "send", "test", "--to", "+12025550123", "--output", "json")
		require.Equal(t, "doorcode: "+row.said+"\n", errs, name)
		require.Equal(t, 1, code)
		var report struct {
			Sent   bool
			Result domain.SendResult
			Steps  []struct {
				OK          bool
				Cause, Cure string
			}
		}
		require.NoError(t, json.Unmarshal([]byte(out), &report), out)
		require.False(t, report.Sent)
		require.Equal(t, row.result, report.Result, name)
		last := report.Steps[len(report.Steps)-1]
		require.False(t, last.OK)
		require.NotEmpty(t, last.Cause, name)
		require.NotEmpty(t, last.Cure, name)
		require.NotContains(t, out, "123456", "no code beside what is said")
	}
}

// In test mode the message is printed where the command prints, beside JSON.
func TestSendTest_testMode(t *testing.T) {
	t.Parallel()
	url, asked := answering(t, http.StatusTeapot, "")
	flags := twilioAt(url)
	flags["twilio.test_mode"], flags["console.file"] = "true", filepath.Join(t.TempDir(), "messages")
	out, errs, code := inProcess(t, &program{}, flags, "send", "test", "--to", "+12025550123", "--output", "json")
	require.Zero(t, code, errs)
	require.Zero(t, *asked)
	require.True(t, json.Valid([]byte(out)), out)
	require.Contains(t, errs, "123456 is your doorcode code.")
	var line struct{ Channel, To, Code string }
	lines, err := os.ReadFile(flags["console.file"])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(lines, &line), "one line of JSON: %s", lines)
	require.Equal(t, [3]string{"sms", "+12025550123", "123456"}, [3]string{line.Channel, line.To, line.Code})
}

func TestSendTest_byEmail(t *testing.T) {
	t.Parallel()
	url, asked := answering(t, http.StatusAccepted, "")
	flags := map[string]string{
		"sendgrid.api_key": "SG.0123456789abcdef.0123456789abcdef", "sendgrid.base_url": url,
		"environment": "testing",
	}
	out, errs, code := inProcess(t, &program{}, flags, "send", "test", "--to", "ada@example.com")
	require.Zero(t, code, out+errs)
	require.Equal(t, 1, *asked)
	require.Contains(t, out, "ok      email by sendgrid: the provider has taken the message (accepted)\n")
}

// odd is a provider whose answers are no answers.
type odd func() port.SendOutcome

func (o odd) Send(context.Context, port.CodeMessage) port.SendOutcome { return o() }

// Whatever a provider answers there are words for it, and a cure unless it is fine.
func TestSendTest_everyResult(t *testing.T) {
	t.Parallel()
	for _, result := range append(slices.Clone(domain.SendResults), "no result", "panic") {
		sender := odd(func() port.SendOutcome {
			if result == "panic" {
				panic("123456")
			}
			return port.SendOutcome{Result: result, Err: errors.New("the cause")}
		})
		provider := port.NewProvider("odd", struct{}{}, func(context.Context, struct{}) ([]port.ChannelSender, error) {
			return []port.ChannelSender{{Channel: domain.Channel{Name: "telex", Kind: domain.KindPhone}, Sender: sender}}, nil
		})
		p := &program{Options: Options{Providers: []port.Provider{provider}}}
		out, _, code := inProcess(t, p, nil, "send", "test", "--to", "+12025550123", "--channel", "telex")
		require.Equal(t, result.Accepted(), code == 0, result)
		require.Regexp(t, `(ok     |failed ) telex by odd: [a-z].* \([a-z_]+\)\n        it says: `, out, result)
		require.NotContains(t, out, "telex by odd:  (", result)
		if !result.Accepted() {
			require.Contains(t, out, "        cure: ", result)
			require.NotContains(t, out, "123456", result)
		}
	}
}
