package smtp

import (
	"bufio"
	"context"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// An answer may be nothing but its code, at every step that RFC 5321 has no text for.
func TestSend_bareCodes(t *testing.T) {
	t.Parallel()
	for at, answer := range map[step]string{
		hello: "250-mail.test\r\n250-STARTTLS\r\n250-AUTH PLAIN\r\n250", encryption: "220", authentication: "235",
		sender:    "250",
		recipient: "250", data: "354", ending: "250",
	} {
		for end, tail := range map[string]string{"": "", " in two lines": answer + "-\r\n"} {
			if tail != "" && at == hello {
				continue
			}
			t.Run(string(at)+end, func(t *testing.T) {
				t.Parallel()
				s, sender := openScript(t, at, tail+answer)
				if at == hello { // over the wire as it is: an answer that is scripted comes after STARTTLS again
					sender.config.TLS, sender.config.Username, s.tls = tlsNone, "", nil
				}
				ctx, cancel := context.WithTimeout(
					t.Context(), 5*time.Second,
				) // a client that misses the end of a reply waits for it
				defer cancel()
				out := sender.Send(ctx, someMessage(t))
				require.Equal(t, domain.SendAccepted, out.Result, "%v", out.Err)
				_, _, taken := s.commands()
				require.Equal(t, 1, taken)
			})
		}
	}
}

// A refusal that is nothing but its code is a refusal.
func TestSend_bareRefusals(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		at   step
		code string
		want domain.SendResult
	}{
		{authentication, "535", credentials},
		{recipient, "550", rejected},
		{recipient, "451", limited},
		{ending, "554", rejected},
		{ending, "451", limited},
		{ending, "25", unknown},
		{ending, "2500", unknown},
	} {
		_, sender := openScript(t, row.at, row.code)
		out := sender.Send(t.Context(), someMessage(t))
		require.Equal(t, row.want, out.Result, "%s at %s: %v", row.code, row.at, out.Err)
	}
}

func TestBareCodes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                               "",
		"250\r\n":                        "250 \r\n",
		"250\n":                          "250 \n",
		"250":                            "250",
		"250 ok\r\n":                     "250 ok\r\n",
		"250-a\r\n250\r\n354\r\n":        "250-a\r\n250 \r\n354 \r\n",
		"25\r\n2500\r\n2 5\r\n\r\n":      "25\r\n2500\r\n2 5\r\n\r\n",
		"x250\r\n250-250\r\n 250\r\n":    "x250\r\n250-250\r\n 250\r\n",
		"250\r\r\n" + "250 250\r\n250\n": "250 \r\r\n" + "250 250\r\n250 \n",
	} {
		for name, from := range map[string]io.Reader{
			"at once": strings.NewReader(in), "by bytes": iotest.OneByteReader(strings.NewReader(in)),
		} {
			got, err := io.ReadAll(&bareCodes{from: bufio.NewReader(from)})
			require.NoError(t, err)
			require.Equal(t, want, string(got), "%q %s", in, name)
			one, err := io.ReadAll(iotest.OneByteReader(&bareCodes{from: bufio.NewReader(strings.NewReader(in))}))
			require.NoError(t, err)
			require.Equal(t, want, string(one), "%q into one byte", in)
		}
	}
}
