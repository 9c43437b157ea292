package contract

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// windowModel is the limit of sends in its simplest form: every
// send ever, for each recipient.
type windowModel map[domain.Identifier][]time.Time

// wait is how long a request has to wait: until fewer than limit.Sends sends are in
// the window.
func (m windowModel) wait(recipient domain.Identifier, limit port.SendLimit, now time.Time) time.Duration {
	sends := slices.SortedFunc(slices.Values(m[recipient]), func(a, b time.Time) int { return b.Compare(a) })
	if len(sends) < limit.Sends {
		return 0
	}
	return max(0, sends[limit.Sends-1].Add(limit.Window).Sub(now))
}

// left is the number of sends that are allowed.
func (m windowModel) left(recipient domain.Identifier, limit port.SendLimit, now time.Time) int {
	left := limit.Sends
	for _, sent := range m[recipient] {
		if sent.Add(limit.Window).After(now) {
			left--
		}
	}
	return left
}

// secretModel is the secret of each key, and how many sends of it are counted.
type secretModel map[domain.OTPKey]struct {
	id    domain.ChallengeID
	sends int
}

func (m secretModel) issue(secret domain.OTPSecret) {
	placed := m[secret.OTPKey]
	if placed.id != secret.ChallengeID {
		placed.id, placed.sends = secret.ChallengeID, 0
	}
	placed.sends++
	m[secret.OTPKey] = placed
}

// refund reports whether a send is given back: while its secret is in place, as
// long as it is not guessed at.
func (m secretModel) refund(secret domain.OTPSecret) bool {
	placed := m[secret.OTPKey]
	if placed.id != secret.ChallengeID {
		return false
	}
	placed.sends--
	m[secret.OTPKey] = placed
	return true
}

// slidingWindow holds the stores against the model: sends for several purposes,
// by two instances, over changes of the limit and refunds.
func slidingWindow(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	skewedClocks(t, i)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		i.clock.Advance(24 * time.Hour) // out of every window of the run before, also of one that has failed
		sent, model, secrets := map[domain.Identifier][]port.IssueResult{}, windowModel{}, secretModel{}
		window := rapid.SampledFrom([]time.Duration{time.Hour, time.Second, 10 * time.Microsecond}).Draw(rt, "window")
		for range rapid.IntRange(5, 25).Draw(rt, "steps") {
			pause := rapid.SampledFrom([]time.Duration{0, 1, window / 3, window - time.Microsecond, window, 2 * window}).
				Draw(rt, "pause")
			i.clock.Advance(pause.Truncate(time.Microsecond))
			req := i.request(t, rapid.SampledFrom([]string{"ada@example.com", "+15551234567"}).Draw(rt, "recipient"))
			recipient := req.Fresh.Recipient
			req.Fresh.OTPKey = rapid.SampledFrom(keysOf(recipient)).Draw(rt, "key")
			req.Limit = port.SendLimit{Sends: rapid.IntRange(1, 4).Draw(rt, "limit"), Window: window}
			store := i.either(rapid.IntRange(0, 1).Draw(rt, "instance")).OTPSecrets

			want := model.wait(recipient, req.Limit, req.Now)
			issued, err := store.Issue(t.Context(), req)
			require.NoError(rt, err)
			require.Equal(rt, want > 0, issued.RateLimited)
			if issued.RateLimited {
				require.Equal(rt, want, issued.RetryAfter, "RetryAfter with a limit of %d", req.Limit.Sends)
				continue
			}
			require.NotContains(rt, model[recipient], issued.SentAt, "a time must name one send")
			sent[recipient] = append(sent[recipient], issued)
			model[recipient] = append(model[recipient], issued.SentAt)
			require.Equal(rt, model.left(recipient, req.Limit, req.Now), issued.SendsLeft)
			require.Equal(rt, model.wait(recipient, req.Limit, req.Now), issued.RetryAfter, "after the last send")
			secrets.issue(issued.Secret)
			if rapid.IntRange(0, 3).Draw(rt, "refund") == 0 {
				sent[recipient] = slices.DeleteFunc(sent[recipient],
					func(s port.IssueResult) bool { return req.Now.Sub(s.SentAt) >= window })
				n := rapid.IntRange(0, len(sent[recipient])-1).Draw(rt, "send")
				back := sent[recipient][n]
				sent[recipient] = slices.Delete(sent[recipient], n, n+1)
				require.NoError(rt, store.RefundSend(t.Context(), back.Secret.OTPKey, back.SentAt))
				if secrets.refund(back.Secret) {
					model[recipient] = slices.DeleteFunc(model[recipient], back.SentAt.Equal)
				}
			}
		}
	})
	require.Positive(t, run)
}

// skewedClocks asks by clocks that are apart: no window may hold more sends for
// that, wherever one puts it.
func skewedClocks(t testing.TB, i *instances) {
	limit := port.SendLimit{Sends: 2, Window: 10 * time.Second}
	var sends []time.Time
	for n := range 60 {
		req := i.request(t, "skew@example.com")
		req.Limit = limit
		req.Now = req.Now.Add(time.Duration(n) * time.Second)
		if n%2 == 1 {
			req.Now = req.Now.Add(-3 * time.Second)
		}
		issued, err := i.either(n).OTPSecrets.Issue(t.Context(), req)
		require.NoError(t, err)
		if !issued.RateLimited {
			sends = append(sends, issued.SentAt)
		}
	}
	require.Greater(t, len(sends), 8, "refused too often")
	for n := limit.Sends; n < len(sends); n++ {
		require.GreaterOrEqual(t, sends[n].Sub(sends[n-limit.Sends]), limit.Window, "sends at %v", sends)
	}
	i.clock.Advance(time.Hour)
}

func issuedBudget(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		budget := func(pause time.Duration, left int, wait time.Duration) {
			i.clock.Advance(pause)
			issued := i.issue(t, request())
			require.Equal(t, left, issued.SendsLeft)
			require.Equal(t, wait, issued.RetryAfter)
		}
		budget(0, 2, 0)
		budget(10*time.Minute, 1, 0)
		budget(10*time.Minute, 0, 40*time.Minute)
		budget(40*time.Minute, 0, 10*time.Minute)
		budget(time.Hour, 2, 0)
		unlimited := request()
		unlimited.Limit.Sends = 0
		issued := i.issue(t, unlimited)
		require.Zero(t, issued.SendsLeft)
		require.Zero(t, issued.RetryAfter)
	})
}

func refusedAskChangesNothing(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		first := request()
		i.issue(t, first)
		for range someLimit.Sends - 1 {
			i.clock.Advance(time.Minute)
			i.issue(t, request())
		}
		before := i.found(t, port.OTPQuery{Key: first.Fresh.OTPKey})
		i.clock.Advance(time.Minute)
		refused := func(sends int, want time.Duration) {
			again := request()
			again.Fresh.Channel, again.Limit.Sends = "voice", sends
			issued, err := i.OTPSecrets.Issue(t.Context(), again)
			require.NoError(t, err)
			require.Equal(t, port.IssueResult{RateLimited: true, RetryAfter: want}, issued)
		}
		refused(3, 57*time.Minute)
		refused(1, 59*time.Minute)
		require.Equal(t, before, i.found(t, port.OTPQuery{Key: first.Fresh.OTPKey}))
		deliveries, err := i.Deliveries.OfChallenge(t.Context(), before.ChallengeID)
		require.NoError(t, err)
		require.Len(t, deliveries, someLimit.Sends)

		i.clock.Advance(57*time.Minute - time.Microsecond)
		refused(3, time.Microsecond)
		i.clock.Advance(time.Microsecond)
		i.issue(t, request())
	})
}

// purgeable makes a secret that expires at the time, with a recipient that is sent
// something at the other, and tells its id.
func (i *instances) purgeable(t testing.TB, recipient string, key int, expires, sent time.Time) domain.OTPSecret {
	req := i.request(t, recipient)
	req.Fresh.OTPKey = keysOf(req.Fresh.Recipient)[key]
	req.Fresh.ExpiresAt, req.Now = expires, sent
	return i.issue(t, req).Secret
}

func purgeRemovesWhatIsDue(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	now := i.clock.Now()
	cut := now.Add(10 * time.Minute)
	due := []domain.OTPSecret{
		i.purgeable(t, "due-1@example.com", 0, cut, cut.Add(-time.Microsecond)),
		i.purgeable(t, "due-2@example.com", 0, now.Add(time.Second), now),
		i.purgeable(t, "due-3@example.com", 1, now.Add(time.Second), now),
	}
	kept := []domain.OTPSecret{
		i.purgeable(t, "live@example.com", 0, cut.Add(time.Microsecond), now),
		i.purgeable(t, "live@example.com", 1, cut.Add(time.Microsecond), now),
		i.purgeable(t, "sent@example.com", 0, now.Add(time.Second), cut),
	}
	i.purgeable(t, "window@example.com", 1, now.Add(time.Second), cut)
	removed, err := i.OTPSecrets.Purge(t.Context(), cut, 2)
	require.NoError(t, err)
	require.Equal(t, 2, removed)
	_, err = i.OTPSecrets.Purge(t.Context(), cut, 100)
	require.NoError(t, err)
	for _, secret := range due {
		_, found, err := i.OTPSecrets.Find(t.Context(), port.OTPQuery{ChallengeID: secret.ChallengeID})
		require.NoError(t, err)
		require.False(t, found, "%s", secret.Recipient)
	}
	for _, secret := range kept {
		require.Equal(t, secret, i.found(t, port.OTPQuery{ChallengeID: secret.ChallengeID}), "%s", secret.Recipient)
	}
	for _, recipient := range []string{"sent@example.com", "window@example.com"} { // what was sent still counts
		req := i.request(t, recipient)
		req.Now, req.Limit.Sends = cut, 1
		issued, err := i.OTPSecrets.Issue(t.Context(), req)
		require.NoError(t, err)
		require.True(t, issued.RateLimited, recipient)
	}
}

func purgeRemovesAll(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	now := i.clock.Now()
	const secrets = 30
	for n := range secrets {
		recipient := string(rune('a'+n%26)) + string(rune('a'+n/26)) + "@example.com"
		i.purgeable(t, recipient, n%2, now.Add(time.Second), now)
	}
	rows, total := secrets+secrets/2, 0 // every other one has a row for its sends too
	for removed := -1; removed != 0; total += removed {
		var err error
		removed, err = i.other.OTPSecrets.Purge(t.Context(), now.Add(time.Minute), 7)
		require.NoError(t, err)
		require.LessOrEqual(t, removed, 7)
	}
	require.Equal(t, rows, total)
}
