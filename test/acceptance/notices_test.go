// Notices: what admins are told by Telegram, seen from outside, and that a user who signs
// in never waits for it.
package acceptance_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/fake/telegramserver"
	"github.com/doorcode-auth/doorcode/test/kit"
)

const botToken = "123456:ABC-the-token-of-a-bot"

// withTelegram are the settings of a service that tells admins, beside others.
func withTelegram(url string, set map[string]string) map[string]string {
	all := map[string]string{"telegram.bot_token": botToken, "telegram.chat_id": "-100777", "telegram.base_url": url}
	maps.Copy(all, set)
	return all
}

// awaitNotices waits until admins have read of so many things, each line of which a
// text begins, and gives all that they have read.
func awaitNotices(t *testing.T, chat *telegramserver.Server, text string, count int) string {
	t.Helper()
	var all string
	require.Eventually(t, func() bool {
		all = "\n" + strings.Join(chat.Texts(), "\n")
		return strings.Count(all, "\n"+text) >= count
	}, 15*time.Second, 10*time.Millisecond, "%d of %q", count, text)
	return all
}

func TestNotices_signingIn(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		chat := telegramserver.New(t)
		s := kit.Start(t, db, kit.Options{Set: withTelegram(chat.URL, nil)})
		s.Post(t, kit.RequestPath, kit.JSON{
			"identifier": "ada@example.com",
			"source_url": "https://news.example.com/?utm_source=x",
		}, kit.From("192.0.2.7")).
			Want(t, http.StatusOK)
		awaitNotices(t, chat, "Login requested by a new user", 1)
		ada := s.Verify(t, "ada@example.com", s.Code(t, "ada@example.com"), kit.From("192.0.2.7")).Session(t)
		read := awaitNotices(t, chat, "First login", 1)
		for _, want := range []string{
			"New registration\nWho: ad***@example.com\nUser: " + ada.UserUUID +
				"\nChannel: email\nCame from: news.example.com\nClient: 192.0.2.7\nAt: ",
			"Login requested by a new user\nWho: ad***@example.com\nChannel: email\nClient: 192.0.2.7\nAt: ",
		} {
			require.Contains(t, read, want)
		}

		s.SignIn(t, "ada@example.com")
		read = awaitNotices(t, chat, "Login requested by an existing user", 1)
		require.Equal(t, 1, strings.Count(read, "New registration"), "nobody registers twice")
		s.Stop(t)
		for _, m := range chat.Messages() {
			require.Equal(t, "/bot"+botToken+"/sendMessage", m.Path)
			require.Equal(t, "-100777", m.ChatID)
		}
		require.Equal(t, 1, strings.Count(strings.Join(chat.Texts(), "\n"), "First login"))
	})
}

// Guesses of one minute are one notice, with their number; two typos are none.
func TestNotices_repeatedFailures(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		chat, clock := telegramserver.New(t), fake.NewClock()
		s := kit.Start(t, db, kit.Options{Set: withTelegram(chat.URL, nil), Clock: clock})
		guess := func(who string, times int) {
			s.Request(t, who).Want(t, http.StatusOK)
			wrong := kit.WrongCodes(s.Code(t, who), 1)[0]
			for range times {
				s.Verify(t, who, wrong).Refused(t, http.StatusBadRequest, "invalid_otp")
			}
		}
		guess("ada@example.com", 17)
		guess("bob@example.com", 2)
		guess("+15551234567", 5)
		clock.Advance(61 * time.Second)
		read := awaitNotices(t, chat, "Repeated failures", 2)
		require.Contains(t, read, "Repeated failures: 17 wrong codes within a minute\nWho: ad***@example.com")
		require.Contains(t, read, "Repeated failures: 5 wrong codes within a minute\nWho: ***4567")
		clock.Advance(time.Hour)
		guess("ada@example.com", 3)
		s.Stop(t) // which ends every burst
		read = awaitNotices(t, chat, "Repeated failures", 3)
		require.Equal(t, 3, strings.Count(read, "Repeated failures"))
		require.Contains(t, read, "Repeated failures: 3 wrong codes")
	})
}

func TestNotices_reuse(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		chat, clock := telegramserver.New(t), fake.NewClock()
		s := kit.Start(t, db, kit.Options{Set: rotating(pairs(withTelegram(chat.URL, nil))...), Clock: clock})
		first := s.SignIn(t, "ada@example.com")
		next(t, s, next(t, s, first))
		clock.Advance(time.Minute)
		for range 3 {
			s.Refresh(t, first.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
		}
		read := awaitNotices(t, chat, "A refresh token was used twice", 1)
		require.Contains(t, read, "A refresh token was used twice\nUser: "+first.UserUUID+"\nSession: "+first.ID+"\n")
		s.Stop(t)
		require.Equal(t, 1, strings.Count(strings.Join(chat.Texts(), "\n"), "used twice"))
	})
}

func pairs(set map[string]string) (list []string) {
	for key, value := range set {
		list = append(list, key, value)
	}
	return list
}

// A provider that is down is one notice, however many are refused.
func TestNotices_providerTrouble(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		chat := telegramserver.New(t)
		s := kit.Start(t, db, kit.Options{Set: withTelegram(chat.URL, nil)})
		s.Inbox.Answer(port.SendOutcome{Result: domain.SendInvalidRecipient})
		s.Request(t, person(0)).Refused(t, http.StatusBadRequest, "invalid_email")
		s.Inbox.Answer(port.SendOutcome{Result: domain.SendAuthenticationFailed})
		for i := range 20 {
			s.Request(t, person(i)).Refused(t, http.StatusServiceUnavailable, "email_send_failed")
		}
		read := awaitNotices(t, chat, "Trouble with the provider inbox", 1)
		s.Stop(t)
		require.Contains(t, read, "It refuses our credentials")
		all := strings.Join(chat.Texts(), "\n")
		require.Contains(t, all, "Trouble with the provider inbox, 19 more times")
		require.Equal(t, 2, strings.Count(all, "Trouble with"), "a recipient whom nobody can reach is no trouble")
	})
}

// A sender that is set up wrong lets no message through: admins hear of it, whatever
// the provider calls it.
func TestNotices_everyMessageRefused(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		chat := telegramserver.New(t)
		s := kit.Start(t, db, kit.Options{Set: withTelegram(chat.URL, nil)})
		for _, result := range []domain.SendResult{domain.SendUnsupported, domain.SendRejected} {
			s.Inbox.Answer(port.SendOutcome{Result: result})
			for i := range 3 {
				s.Request(t, person(i)).Refused(t, http.StatusServiceUnavailable, "email_send_failed")
			}
		}
		read := awaitNotices(t, chat, "Trouble with the provider inbox", 2)
		require.Contains(t, read, "Channel: email\n")
		require.Contains(t, read, "It cannot send this")
		require.Contains(t, read, "It refuses the message")
	})
}

// No notice has a code, a token or a key in it, and the log has not the token of the
// bot, whatever Telegram answers.
func TestNotices_holdNoSecrets(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		chat := telegramserver.New(t)
		set := withTelegram(chat.URL, map[string]string{"otp.length": "10", "log.level": "debug"})
		s := kit.Start(t, db, kit.Options{Set: rotating(pairs(set)...)})
		secrets := []string{kit.SecretKey, botToken}
		note := func(session kit.Session) kit.Session {
			secrets = append(secrets, session.Access, session.Refresh)
			return session
		}
		for i := range 4 {
			who := person(i)
			s.Request(t, who).Want(t, http.StatusOK)
			code := s.Code(t, who)
			s.Verify(t, who, kit.WrongCodes(code, 1)[0]).Want(t, http.StatusBadRequest)
			first := note(s.Verify(t, who, code).Session(t))
			note(next(t, s, note(next(t, s, first))))
			s.Refresh(t, first.Refresh).Want(t, http.StatusUnauthorized)
		}
		awaitNotices(t, chat, "A refresh token was used twice", 4)
		chat.Answer(func(w http.ResponseWriter, r *http.Request) {
			telegramserver.Refuse(w, http.StatusBadRequest, "Bad Request: "+r.URL.Path+" "+r.FormValue("text"), nil)
		})
		s.Request(t, person(9)).Want(t, http.StatusOK)
		require.Eventually(t, func() bool { return strings.Contains(s.Log.String(), "admins not told") }, 10*time.Second,
			time.Millisecond)
		s.Stop(t)
		var codes []string
		for _, letter := range s.Inbox.Letters() {
			codes = append(codes, letter.Code)
		}
		require.Len(t, codes, 5)
		var said strings.Builder
		for _, m := range chat.Messages() {
			said.WriteString(m.Raw + m.Text)
		}
		sweep(t, "what admins were told", []byte(said.String()), codes, secrets)
		sweep(t, "the log", []byte(s.Log.String()), codes, secrets)
		require.NotContains(t, said.String(), person(1), "an address is not masked")
	})
}

// A Telegram that is not there, or does not answer, does not delay sign-ins, and
// the end no more than it may.
func TestNotices_telegramIsDown(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		quiet := kit.Start(t, db, kit.Options{Set: map[string]string{"ratelimit.identifier_requests": "0"}})
		without := slowest(t, quiet)
		quiet.Stop(t) // an SQLite file is for one service
		for name, spoil := range map[string]func(*telegramserver.Server){
			"hangs":   (*telegramserver.Server).Hang,
			"is gone": (*telegramserver.Server).Vanish,
		} {
			chat := telegramserver.New(t)
			spoil(chat)
			s := kit.Start(t, db,
				kit.Options{Set: withTelegram(chat.URL, map[string]string{"ratelimit.identifier_requests": "0"})})
			s.SignIn(t, "ada@example.com")
			require.Eventually(t, func() bool { return chat.Calls() > 0 || strings.Contains(s.Log.String(), "admins not told") },
				10*time.Second, time.Millisecond)
			with := slowest(t, s)
			require.Less(t, with, 3*without+2*time.Second, // a call of Telegram takes 5 seconds to give up
				"99 of 100 sign-ins while Telegram %s; without it %s", name, without)
			begun := time.Now()
			s.Stop(t)
			took := time.Since(begun)
			require.Less(t, took, 10*time.Second, "the end while Telegram %s", name)
			require.Contains(t, s.Log.String(), "admins not told")
			t.Logf("99 of 100 sign-ins within %s while Telegram %s, %s without it; the end took %s", with, name, without, took)
		}
	})
}

// slowest signs many in, and is how long 99 of 100 took at most.
func slowest(t *testing.T, s *kit.Service) time.Duration {
	t.Helper()
	const clients, each = 4, 75
	var (
		working sync.WaitGroup
		mu      sync.Mutex
		took    []time.Duration
		failed  error
	)
	for c := range clients {
		working.Go(func() {
			for n := range each {
				begun := time.Now()
				err := signInTimed(s, fmt.Sprintf("c%d-%d@example.com", c, n%25))
				mu.Lock()
				took = append(took, time.Since(begun))
				failed = errOr(failed, err)
				mu.Unlock()
			}
		})
	}
	working.Wait()
	require.NoError(t, failed)
	slices.Sort(took)
	return took[len(took)*99/100]
}

func errOr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// signInTimed is one sign-in of a user without other sign-ins in flight.
func signInTimed(s *kit.Service, who string) error {
	c := s.Unchecked()
	asked, err := c.Try(http.MethodPost, kit.RequestPath, kit.JSON{"identifier": who})
	if err != nil || asked.Status != http.StatusOK {
		return fmt.Errorf("request for %s: %w %s", who, err, asked)
	}
	letters := s.Inbox.Letters()
	for i := len(letters) - 1; i >= 0; i-- {
		if letters[i].To == who {
			verified, err := c.Try(http.MethodPost, kit.VerifyPath, kit.JSON{"identifier": who, "otp_code": letters[i].Code})
			if err != nil || verified.Status != http.StatusOK {
				return fmt.Errorf("verify of %s: %w %s", who, err, verified)
			}
			return nil
		}
	}
	return fmt.Errorf("no letter to %s", who)
}
