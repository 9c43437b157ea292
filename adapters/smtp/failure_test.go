package smtp

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// every is the steps at which a server can go wrong, in order.
var every = []step{greeting, hello, encryption, authentication, sender, recipient, data, content, ending}

// openScript starts a script and a sender for it that meets every step.
func openScript(t testing.TB, at step, does string) (*script, *Sender) {
	ca := newAuthority(t)
	s := startScript(t, &script{at: at, does: does, tls: ca.server(t, nil)})
	return s, openSender(t, Config{Port: s.port, TLS: tlsStart, Username: account, Password: password}, ca.pool())
}

// bigMessage is one that fits into no buffer between us and the server.
func bigMessage(t testing.TB) port.CodeMessage {
	m := someMessage(t)
	m.Compose = composes(
		port.MessageText{From: acme, Subject: "Big", Body: strings.Repeat("483920 is your code\n", 1<<20)},
	)
	return m
}

func messageFor(t testing.TB, at step) port.CodeMessage {
	if at == content {
		return bigMessage(t)
	}
	return someMessage(t)
}

func TestFailure_nothingWrong(t *testing.T) {
	t.Parallel()
	s, sender := openScript(t, "", "")
	require.Equal(t, domain.SendAccepted, sender.Send(t.Context(), someMessage(t)).Result)
	_, _, taken := s.commands()
	require.Equal(t, 1, taken)
}

const (
	accepted    = domain.SendAccepted
	invalid     = domain.SendInvalidRecipient
	rejected    = domain.SendRejected
	limited     = domain.SendRateLimited
	credentials = domain.SendAuthenticationFailed
	unreachable = domain.SendUnreachable
	unknown     = domain.SendUnknown
)

// answers are replies of a server at a step, and their results.
var answers = []struct {
	at     step
	answer string
	want   domain.SendResult
}{
	{greeting, "554 5.3.2 no service for you", unreachable},
	{greeting, "421 too many connections", unreachable},
	{greeting, "421 4.7.0 too many connections from you", limited},
	{greeting, "HTTP/1.1 400 Bad Request", unreachable},
	{greeting, "250 hello", unreachable},
	{hello, "501 5.5.4 a bad name", unreachable},
	{hello, "421 4.3.2 closing", unreachable},
	{encryption, "454 4.7.0 TLS not available", limited},
	{encryption, "502 not now", unreachable},
	{encryption, "250 fine", unreachable},
	{authentication, "535 5.7.8 bad credentials", credentials},
	{authentication, "530 5.7.0 no", credentials},
	{authentication, "534 5.7.9 application password needed", credentials},
	{authentication, "504 5.5.4 no such mechanism", credentials},
	{authentication, "454 4.7.0 too many logins", limited},
	{authentication, "421 4.3.0 closing", unreachable},
	{authentication, "334 bm90IHRoaXM=", unreachable},
	{sender, "530 5.7.0 authentication required", credentials},
	{sender, "535 5.7.1 who are you", credentials},
	{sender, "550 5.7.1 not from that address", rejected},
	{sender, "553 5.1.8 no such domain", rejected},
	{sender, "550 5.1.1 not about the recipient", rejected},
	{sender, "451 4.7.1 too much mail", limited},
	{sender, "452 4.3.1 disk full", limited},
	{sender, "421 4.4.2 closing", unreachable},
	{recipient, "550 5.1.1 no such user", invalid},
	{recipient, "550 5.1.0 no such address", invalid},
	{recipient, "550 5.1.10 the domain takes no mail", invalid},
	{recipient, "551 5.1.6 has moved", invalid},
	{recipient, "553 5.1.3 bad address", invalid},
	{recipient, "550 5.1.8 no such sender", rejected},
	{recipient, "550 5.1.7 bad sender", rejected},
	{recipient, "550 5.7.1 relaying denied", rejected},
	{recipient, "550 no such user here", rejected},
	{recipient, "550 4.1.1 which is it", rejected},
	{recipient, "550 5.1 short", rejected},
	{recipient, "550 5.1.+1 odd", rejected},
	{recipient, "554 5.7.1 denied", rejected},
	{recipient, "530 5.7.0 authenticate first", credentials},
	{recipient, "450 4.7.1 greylisted", limited},
	{recipient, "450 4.2.1 mailbox busy", rejected},
	{recipient, "452 4.2.2 mailbox full", rejected},
	{recipient, "450 4.1.2 domain not found", rejected},
	{recipient, "451 try later", limited},
	{recipient, "421 closing", unreachable},
	{recipient, "251 will forward", accepted},
	{recipient, "354 odd", unreachable},
	{data, "554 5.5.1 no valid recipients", rejected},
	{data, "451 4.3.0 trouble", limited},
	{data, "421 closing", unreachable},
	{data, "250 fine", unreachable},
	{ending, "554 5.7.1 looks like spam", rejected},
	{ending, "550 5.1.1 no such user", rejected},
	{ending, "552 5.3.4 too big", rejected},
	{ending, "451 4.7.1 greylisted", limited},
	{ending, "421 4.3.2 closing", unreachable},
	{ending, "421 4.7.0 too fast", limited},
	{ending, "250 taken", accepted},
	{ending, "251 odd", unknown},
	{ending, "354 odd", unknown},
	{ending, "<html>oops</html>", unknown},
	{ending, "\x00\xff\x00", unknown},
}

// What the server answers decides, by the step at which it does.
func TestFailure_answers(t *testing.T) {
	t.Parallel()
	for _, row := range answers {
		t.Run(string(row.at)+" "+row.answer, func(t *testing.T) {
			t.Parallel()
			quoting := strings.TrimRight(row.answer, " ") + " 483920 " + password + " ada@example.com 4 8 3 9 2 0"
			s, sender := openScript(t, row.at, quoting)
			out := sender.Send(t.Context(), someMessage(t))
			require.Equal(t, row.want, out.Result, "%v", out.Err)
			requireQuit(t, s)
			_, _, taken := s.commands()
			if strings.HasPrefix(row.answer, "HTTP") {
				require.ErrorContains(t, out.Err, "check smtp.host, smtp.port and smtp.tls")
			}
			if row.at != ending && !row.want.Accepted() {
				require.Zero(t, taken, "the dot was written")
			}
			if row.want.Accepted() {
				require.NoError(t, out.Err)
				return
			}
			require.Error(t, out.Err)
			require.ErrorContains(t, out.Err, fmt.Sprintf("send e-mail: %s: ", row.at))
			requireSecrets(t, out.Err)
		})
	}
}

// requireQuit requires that the last command, and no other, is QUIT. The sender does not wait for the reply, so the
// server may not have read it yet.
func requireQuit(t testing.TB, s *script) {
	t.Helper()
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		heard, _, _ := s.commands()
		assert.Equal(t, len(heard)-1, slices.Index(heard, "QUIT"), "heard %q", heard)
	}, 5*time.Second, time.Millisecond)
}

// A refusal instead of the greeting is followed by QUIT under TLS too.
func TestFailure_quitAfterEncryptedGreeting(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", ca.server(t, nil))
	require.NoError(t, err)
	defer listener.Close()
	heard := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("554 5.3.2 no service for you\r\n"))
		all, _ := io.ReadAll(conn)
		heard <- string(all)
	}()
	cfg := Config{Port: listener.Addr().(*net.TCPAddr).Port, TLS: tlsImplicit}
	require.Equal(t, unreachable, openSender(t, cfg, ca.pool()).Send(t.Context(), someMessage(t)).Result)
	require.Equal(t, "QUIT\r\n", <-heard)
}

// Up to the dot a broken connection is a definite failure; after it the outcome is
// unknown.
func TestFailure_brokenConversation(t *testing.T) {
	t.Parallel()
	for _, at := range every {
		for _, does := range []string{hangsUp, resets} {
			t.Run(string(at)+" "+does, func(t *testing.T) {
				t.Parallel()
				s, sender := openScript(t, at, does)
				out := sender.Send(t.Context(), messageFor(t, at))
				want := domain.SendUnreachable
				if at == ending {
					want = domain.SendUnknown
				}
				require.Equal(t, want, out.Result, "%v", out.Err)
				requireSecrets(t, out.Err)
				_, _, taken := s.commands()
				require.Equal(t, at == ending, taken == 1, "taken %d", taken)
			})
		}
	}
}

// A server that blocks does not block the sender, with or without cancellation.
func TestFailure_silence(t *testing.T) {
	t.Parallel()
	for _, at := range every {
		t.Run(string(at)+" called off", func(t *testing.T) {
			t.Parallel()
			s, sender := openScript(t, at, standsStill)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				select {
				case <-s.there:
				case <-s.over:
				}
				cancel()
			}()
			requireSoon(t, func() { requireSilence(t, s, sender.Send(ctx, messageFor(t, at)), context.Canceled) })
		})
		t.Run(string(at)+" out of time", func(t *testing.T) {
			t.Parallel()
			s, sender := openScript(t, at, standsStill)
			ctx, cancel := t.Context(), context.CancelFunc(func() {})
			if at == ending {
				ctx, cancel = context.WithTimeout(ctx, time.Second)
			} else {
				sender.submitTimeout = time.Second // the message has more time than the server
			}
			defer cancel()
			requireSoon(t, func() { requireSilence(t, s, sender.Send(ctx, messageFor(t, at)), context.DeadlineExceeded) })
		})
	}
}

func requireSilence(t testing.TB, s *script, out port.SendOutcome, cause error) {
	t.Helper()
	want := domain.SendUnreachable
	if s.at == ending {
		want = domain.SendTimeout
	}
	require.Equal(t, want, out.Result, "%v", out.Err)
	require.ErrorIs(t, out.Err, cause)
	before := append([]step{connecting}, every...)[slices.Index(every, s.at)] // the server is ahead of the client
	require.Regexp(t, fmt.Sprintf("^send e-mail: (%s|%s): ", before, s.at), out.Err.Error())
	_, _, taken := s.commands()
	require.Equal(t, s.at == ending, taken == 1, "taken %d", taken)
}

func requireSoon(t testing.TB, do func()) {
	t.Helper()
	begun := time.Now()
	do()
	require.Less(t, time.Since(begun), 6*time.Second)
}

// submitTimeout ends with the dot: the sender waits for a server that takes long for a
// message.
func TestFailure_submitTimeoutEndsWithTheDot(t *testing.T) {
	t.Parallel()
	s, sender := openScript(t, ending, standsStill)
	sender.submitTimeout = 500 * time.Millisecond
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	begun := time.Now()
	requireSilence(t, s, sender.Send(ctx, someMessage(t)), context.DeadlineExceeded)
	require.Greater(t, time.Since(begun), time.Second)
}

// An attacker that removes the offer of STARTTLS sees nothing.
func TestFailure_strippedEncryption(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	for name, s := range map[string]*script{
		"not offered":               {},
		"not offered, no EHLO":      {at: hello, does: "502 not implemented"},
		"offered and refused":       {tls: ca.server(t, nil), at: encryption, does: "454 4.7.0 later"},
		"refused as active already": {tls: ca.server(t, nil), at: encryption, does: "503 5.5.1 TLS already active"},
	} {
		startScript(t, s)
		out := openSender(t, Config{Port: s.port, TLS: tlsStart, Username: account, Password: password}, ca.pool()).Send(
			t.Context(), someMessage(t),
		)
		require.True(t, out.Result.Refused(), "%s: %s", name, out.Result)
		require.True(t, out.Result.ServiceFault(), "%s: %s", name, out.Result)
		requireQuit(t, s)
		heard, _, _ := s.commands()
		for _, line := range heard {
			verb, _, _ := strings.Cut(line, " ")
			require.Contains(t, []string{"EHLO", "HELO", "STARTTLS", "QUIT"}, verb, "%s: heard %q", name, heard)
		}
	}
}

// Data that an attacker injects after the reply to STARTTLS is not taken for the
// server's (CVE-2011-0411).
func TestFailure_injectedAnswers(t *testing.T) {
	t.Parallel()
	s, sender := openScript(t, "", "")
	s.inject = "250-mail.test\r\n250 AUTH LOGIN\r\n"
	out := sender.Send(t.Context(), someMessage(t))
	require.Equal(t, domain.SendAccepted, out.Result, "%v", out.Err)
	heard, encrypted, _ := s.commands()
	require.Equal(t, []string{"EHLO acme.example", "STARTTLS"}, heard[:len(heard)-len(encrypted)])
	require.True(
		t,
		slices.ContainsFunc(encrypted, func(l string) bool { return strings.HasPrefix(l, "AUTH PLAIN ") }),
		"heard %q",
		encrypted,
	)
}

// A server that does not stop talking is hung up on.
func TestFailure_endlessAnswer(t *testing.T) {
	t.Parallel()
	for _, at := range []step{greeting, ending} {
		_, sender := openScript(t, at, strings.Repeat("250-more and more\r\n", 1<<17))
		out := sender.Send(t.Context(), someMessage(t))
		want := domain.SendUnreachable
		if at == ending {
			want = domain.SendUnknown
		}
		require.Equal(t, want, out.Result, "%v", out.Err)
	}
}
