// Deliveries: what becomes of a message, from its provider to the waiting client.
package acceptance_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

// someone's number that texts reach.
const phone = "+15551234567"

// statusOf asks what became of the messages of a challenge.
func statusOf(t testing.TB, s *kit.Service, challenge string) kit.Answer {
	t.Helper()
	return s.Do(t, http.MethodGet, "/api/auth/otp/"+challenge+"/status", nil).Want(t, http.StatusOK)
}

// statuses are those of the messages, in order, with the challenge's in front.
func statuses(t testing.TB, s *kit.Service, challenge string) []string {
	t.Helper()
	answer := statusOf(t, s, challenge)
	list := []string{answer.Text("status")}
	deliveries, _ := answer.Member("deliveries").([]any)
	for _, d := range deliveries {
		status, _ := d.(map[string]any)["status"].(string)
		list = append(list, status)
	}
	return list
}

// becomes waits until the statuses are those.
func becomes(t testing.TB, s *kit.Service, challenge string, want ...string) {
	t.Helper()
	var got []string
	require.Eventually(t, func() bool {
		got = statuses(t, s, challenge)
		return slices.Equal(want, got)
	}, newsTime, 5*time.Millisecond, "want %v", want)
}

func askBy(t testing.TB, s *kit.Service, identifier, channel string) (challenge string) {
	t.Helper()
	return s.Post(t, kit.RequestPath, kit.JSON{"identifier": identifier, "channel": channel}).Want(t, http.StatusOK).
		Text("challenge_id")
}

// The whole life of a text: instances take reports and tell of them, whichever it is.
func TestDeliveries_ofATextThatArrives(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		providers := startReporters(t)
		all := kit.StartAll(t, db, providers.options(t))
		first, last := all[0], all[len(all)-1]
		challenge := askBy(t, first, phone, "sms")
		stream := follow(t, last, challenge)
		require.Equal(t, "sms", stream.until("sent")["channel"])
		becomes(t, first, challenge, "sent", "sent")

		text := providers.last(t)
		require.Contains(t, text.callback, publicURL+"/webhooks/twilio?challenge="+challenge+"&delivery=")
		text.reports("delivered").forged().to(t, first).Refused(t, http.StatusForbidden, "permission_denied")
		text.reports("sending").to(t, first).Want(t, http.StatusNoContent)
		require.Equal(t, []string{"sent", "sent"}, statuses(t, last, challenge))

		text.reports("delivered").to(t, first).Want(t, http.StatusNoContent)
		stream.until("delivered")
		require.Equal(t, "delivered", stream.end()["status"])
		before := statusOf(t, last, challenge).Members()
		for late, code := range map[string]string{
			"delivered": "", "sent": "", "queued": "", "undelivered": "30003",
			"failed": "30008", "nonsense": "1",
		} {
			text.reports(late, "ErrorCode", code, "Ünknown", "\xff").to(t, last).Want(t, http.StatusNoContent)
			require.Equal(t, before, statusOf(t, first, challenge).Members(), "after %s, late", late)
		}
		text.reports("read").to(t, last).Want(t, http.StatusNoContent)
		require.Equal(t, []string{"read", "read"}, statuses(t, first, challenge))
		require.Equal(t, 1, db.Count(t,
			`SELECT count(*) FROM deliveries WHERE message_id = $1 AND error_code = '' AND result = 'accepted'`, text.sid))
	})
}

// A report that is faster than the answer to the message finds its message all the
// same, and what the answer told is not lost.
func TestDeliveries_reportedBeforeTheyAreKnown(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		providers := startReporters(t)
		s := kit.Start(t, db, providers.options(t))
		providers.mu.Lock()
		providers.onTaken = func(m takenMessage) {
			early := m.reports("delivered", "MessageSid", "")
			if answer, err := s.Try(http.MethodPost, early.path, early.body, early.headers...); err != nil ||
				answer.Status != http.StatusNoContent {
				t.Errorf("report early: %s %v", answer, err)
			}
		}
		providers.mu.Unlock()
		challenge := askBy(t, s, phone, "sms")
		require.Equal(t, []string{"delivered", "delivered"}, statuses(t, s, challenge))
		known := `SELECT count(*) FROM deliveries WHERE status = 'delivered' AND result = 'accepted' AND message_id = $1`
		require.Eventually(t, func() bool { return db.Count(t, known, providers.last(t).sid) == 1 }, newsTime,
			10*time.Millisecond)
		require.Equal(t, []string{"delivered", "delivered"}, statuses(t, s, challenge))
	})
}

// Where the first channel of a route refuses, the challenge is as far as the second.
func TestDeliveries_ofARoute(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		providers := startReporters(t)
		s := kit.Start(t, db, providers.options(t))
		challenge := askBy(t, s, phone, "phone")
		becomes(t, s, challenge, "sent", "failed", "sent")
		answer := statusOf(t, s, challenge)
		require.Equal(t, "sms", answer.Text("channel"))
		require.Nil(t, answer.Member("hint"))

		stream := follow(t, s, challenge)
		stream.until("sent")
		providers.last(t).reports("undelivered", "ErrorCode", "30003").to(t, s).Want(t, http.StatusNoContent)
		const hint = "The phone is off or out of reach. Switch it on and ask for another message, or try e-mail."
		require.Equal(t, hint, stream.until("failed")["hint"])
		require.Equal(t, "failed", stream.end()["status"])
		require.Equal(t, hint, statusOf(t, s, challenge).Text("hint"))

		require.Equal(t, challenge, askBy(t, s, phone, "sms"), "the code is good still")
		becomes(t, s, challenge, "sent", "failed", "failed", "sent")
		require.Nil(t, statusOf(t, s, challenge).Member("hint"))
	})
}

func TestDeliveries_ofMails(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		providers := startReporters(t)
		s := kit.Start(t, db, providers.options(t))
		first := askBy(t, s, "ada@example.com", "email")
		one := providers.last(t)
		second := askBy(t, s, "bea@example.com", "email")
		other := providers.last(t)
		becomes(t, s, second, "sent", "sent")
		events := func(list ...map[string]any) string {
			body, err := json.Marshal(list)
			require.NoError(t, err)
			return string(body)
		}
		body := events(one.event("delivered"), other.event("bounce", "status", "5.1.1"), one.event("processed"),
			map[string]any{"event": "delivered"})
		now := time.Now()
		providers.events(t, body, now).forged().to(t, s).Refused(t, http.StatusForbidden, "permission_denied")
		providers.events(t, body, now.Add(-11*time.Minute)).to(t, s).Refused(t, http.StatusForbidden, "permission_denied")
		providers.events(t, body, now.Add(11*time.Minute)).to(t, s).Refused(t, http.StatusForbidden, "permission_denied")
		becomes(t, s, first, "sent", "sent")

		for range 2 {
			providers.events(t, body, now).to(t, s).Want(t, http.StatusNoContent)
			require.Equal(t, []string{"delivered", "delivered"}, statuses(t, s, first))
			require.Equal(t, []string{"failed", "failed"}, statuses(t, s, second))
			require.Equal(t, "There is no such address. Check it for a slip, or try another one.",
				statusOf(t, s, second).Text("hint"))
		}
		providers.events(t, events(other.event("delivered"), one.event("dropped")), now).to(t, s).
			Want(t, http.StatusNoContent)
		require.Equal(t, []string{"delivered", "delivered"}, statuses(t, s, first))
		require.Equal(t, []string{"delivered", "delivered"}, statuses(t, s, second))
	})
}

// Large calls are read in time, whatever is in them, and too large ones are not.
func TestDeliveries_largeReports(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		const most = 1 << 20
		providers := startReporters(t)
		s := kit.Start(t, db, providers.options(t))
		challenge := askBy(t, s, "ada@example.com", "email")
		mail := providers.last(t)
		becomes(t, s, challenge, "sent", "sent")
		event, err := json.Marshal(mail.event("delivered"))
		require.NoError(t, err)
		fill := func(one string) string { return "[" + strings.Repeat(one+",", (most-2)/(len(one)+1)-1) + one + "]" }
		for name, body := range map[string]string{
			"100,000 members": "[" + strings.Repeat("{},", 99_999) + "{}]",
			"nothing":         strings.Repeat(" ", most),
			"deep":            strings.Repeat("[", most),
			"of one message":  fill(string(event)),
			"of nobody's":     fill(strings.ReplaceAll(string(event), challenge, "019cec37-b600-7000-8000-00000000000c")),
		} {
			answer := providers.events(t, body, time.Now()).to(t, s)
			require.Equal(t, http.StatusNoContent, answer.Status, "%s: %s", name, answer)
			require.Less(t, answer.Took, 15*time.Second, name)
		}
		require.Equal(t, []string{"delivered", "delivered"}, statuses(t, s, challenge))
		for _, path := range []string{"/webhooks/sendgrid", "/webhooks/twilio"} {
			call{path: path, body: strings.Repeat("x", most+1)}.to(t, s).
				Refused(t, http.StatusRequestEntityTooLarge, "body_too_large")
			call{path: path, body: strings.Repeat("&", most)}.to(t, s).Refused(t, http.StatusForbidden, "permission_denied")
		}
		require.Equal(t, 1, db.Count(t, `SELECT count(*) FROM deliveries`), "nobody's report makes anything")
	})
}

// Webhook calls without a valid signature are refused and change nothing.
func TestDeliveries_noise(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		providers := startReporters(t)
		s := kit.Start(t, db, providers.options(t))
		challenge := askBy(t, s, phone, "sms")
		becomes(t, s, challenge, "sent", "sent")
		genuine := providers.last(t).reports("delivered")
		mail := providers.events(t, "[]", time.Now())
		random := rand.New(rand.NewPCG(1, 2))
		noise := func(n int) string {
			text := make([]byte, random.IntN(n))
			for i := range text {
				text[i] = byte(random.Uint32())
			}
			return string(text)
		}
		c := s.Unchecked()
		for n := range 600 {
			one := genuine
			if n%2 == 0 {
				one = mail
			}
			one.headers = slices.Clone(one.headers)
			cut := random.IntN(len(one.body) + 1)
			one.body = one.body[:cut] + "\x00" + noise(64) + one.body[cut:]
			if n%3 == 0 {
				one.headers[0].Value = strings.ToValidUTF8(strings.Map(printable, noise(64)), "")
			}
			answer, err := c.Try(http.MethodPost, one.path, one.body, one.headers...)
			require.NoError(t, err)
			require.Equal(t, http.StatusForbidden, answer.Status, "%q", one.body)
		}
		require.Equal(t, []string{"sent", "sent"}, statuses(t, s, challenge))
	})
}

// printable keeps what may be in a header.
func printable(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// The status of a message does not depend on its recipient.
func TestDeliveries_tellNothingOfPeople(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"http.public_url": publicURL}})
		s.SignIn(t, "known@example.com")
		s.SignIn(t, "disabled@example.com")
		db.Exec(t, `UPDATE users SET is_active = $1 WHERE email = 'disabled@example.com'`, false)
		var told []string
		for _, who := range []string{"known@example.com", "nobody@example.com", "disabled@example.com"} {
			challenge := s.Request(t, who).Want(t, http.StatusOK).Text("challenge_id")
			becomes(t, s, challenge, "sent", "sent")
			answer := statusOf(t, s, challenge)
			at, _ := answer.Member("deliveries").([]any)[0].(map[string]any)["at"].(string)
			told = append(told, strings.NewReplacer(challenge, "C", at, "T").Replace(string(answer.Body)))
			require.NotContains(t, string(answer.Body), "example")
		}
		require.Equal(t, told[0], told[1])
		require.Equal(t, told[0], told[2])
	})
}

// Without providers that report there is nowhere to report to.
func TestDeliveries_webhooksThatAreNotSetUp(t *testing.T) {
	t.Parallel()
	s := kit.Start(t, kit.OnSQLite(t), kit.Options{})
	for _, path := range []string{
		"/webhooks/twilio", "/webhooks/sendgrid", "/webhooks/twilio/?challenge=x",
		"/webhooks/inbox",
	} {
		s.Post(t, path, "x").Refused(t, http.StatusNotFound, "not_found")
	}
	s.Do(t, http.MethodGet, "/api/auth/otp/nothing/status", nil).Refused(t, http.StatusNotFound, "not_found")
}

// Open streams do not delay a stop.
func TestDeliveries_streamsEndWithTheService(t *testing.T) {
	t.Parallel()
	s := kit.Start(t, kit.OnSQLite(t), kit.Options{})
	challenge := s.Request(t, "ada@example.com").Want(t, http.StatusOK).Text("challenge_id")
	var streams []*newsreader
	for range 8 {
		stream := follow(t, s, challenge)
		stream.until("sent")
		streams = append(streams, stream)
	}
	begun := time.Now()
	s.Stop(t)
	require.Less(t, time.Since(begun), 8*time.Second)
	for i, stream := range streams {
		n, ok := stream.next()
		require.False(t, ok, fmt.Sprint(i, n))
	}
}
