package contract

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

func refundPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{
			"RefundSend must refund exactly the send to the recipient of the key that was counted at sentAt, once.",
			refundGivesBackOne,
		},
		{
			"It must take all guesses from a secret with its last send, and none while another of its sends is counted.",
			refundTakesGuesses,
		},
		{
			"It must not refund the last send of a secret that was guessed at or used, nor any send of a replaced one.",
			refundOfWhatWasTried,
		},
		{
			"However requests, guesses and refunds interleave, every secret that was guessed at must have a counted send.",
			refundsMeetGuesses,
		},
	}
}

func refundGivesBackOne(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		var sent []port.IssueResult
		for range someLimit.Sends {
			i.clock.Advance(time.Minute)
			sent = append(sent, i.issue(t, request()))
		}
		key := sent[0].Secret.OTPKey
		refund := func(sentAt time.Time) { require.NoError(t, i.other.OTPSecrets.RefundSend(t.Context(), key, sentAt)) }
		limited := func() bool {
			issued, err := i.OTPSecrets.Issue(t.Context(), request())
			require.NoError(t, err)
			return issued.RateLimited
		}
		refund(sent[1].SentAt.Add(time.Microsecond))
		require.True(t, limited(), "nothing was sent at that time")
		bob := i.request(t, "bob@example.com")
		require.NoError(t, i.OTPSecrets.RefundSend(t.Context(), bob.Fresh.OTPKey, sent[1].SentAt))
		require.True(t, limited(), "it was sent to another recipient")

		inParallel(8, func(n int) {
			if err := i.either(n).OTPSecrets.RefundSend(t.Context(), key, sent[1].SentAt); err != nil {
				t.Errorf("refund: %v", err)
			}
		})
		i.clock.Advance(time.Minute)
		require.False(t, limited(), "one send was given back")
		refund(sent[1].SentAt)
		require.True(t, limited(), "it was given back before")
	})
}

// refund gives a send back by the other instance.
func (i *instances) refund(t testing.TB, sent port.IssueResult) {
	t.Helper()
	require.NoError(t, i.other.OTPSecrets.RefundSend(t.Context(), sent.Secret.OTPKey, sent.SentAt))
}

// room is how many more sends to the recipient of a request are allowed.
func (i *instances) room(t testing.TB, request func() port.IssueRequest) (n int) {
	t.Helper()
	for {
		issued, err := i.OTPSecrets.Issue(t.Context(), request())
		require.NoError(t, err)
		if issued.RateLimited {
			return n
		}
		n++
	}
}

// guess makes a wrong guess, and reports whether it was counted.
func (i *instances) guess(t testing.TB, secret domain.OTPSecret, now time.Time) bool {
	t.Helper()
	_, counted, err := i.OTPSecrets.CountWrong(t.Context(), secret.ChallengeID, now)
	require.NoError(t, err)
	return counted
}

func refundTakesGuesses(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		first, second := i.issue(t, request()), i.issue(t, request())
		require.Equal(t, first.Secret, second.Secret)
		i.refund(t, first)
		require.Equal(t, first.Secret, i.found(t, port.OTPQuery{Key: first.Secret.OTPKey}), "another send of it is counted")
		i.refund(t, second)
		for _, now := range []time.Time{first.Secret.CreatedAt.Add(-time.Second), first.Secret.CreatedAt, i.clock.Now()} {
			require.False(t, i.guess(t, first.Secret, now), "its send was refunded")
			require.Zero(t, i.found(t, port.OTPQuery{Key: first.Secret.OTPKey}).AttemptsLeft(now))
		}
		done, err := i.SignIns.Complete(t.Context(), i.signIn(first.Secret))
		require.NoError(t, err)
		require.False(t, done.Consumed, "its send was refunded")

		// A send for another purpose is none of the secret.
		lone, other := i.issue(t, request()), request()
		require.NotEqual(t, first.Secret.ChallengeID, lone.Secret.ChallengeID)
		other.Fresh.Purpose, other.Fresh.Subject = "other", someUser
		i.issue(t, other)
		i.refund(t, lone)
		require.False(t, i.guess(t, lone.Secret, i.clock.Now()))
		require.True(t, i.guess(t, other.Fresh, i.clock.Now()))
		require.Equal(t, someLimit.Sends-1, i.room(t, request))
	})
}

func refundOfWhatWasTried(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		first, second := i.issue(t, request()), i.issue(t, request())
		require.True(t, i.guess(t, first.Secret, i.clock.Now()))
		i.refund(t, first)
		i.refund(t, second)
		require.Equal(t, 1, i.found(t, port.OTPQuery{Key: first.Secret.OTPKey}).Attempts, "it was guessed at, and stays")
		require.Equal(t, someLimit.Sends-1, i.room(t, request), "one of two sends is given back")
	})
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		first := i.issue(t, request())
		for range first.Secret.MaxAttempts {
			require.True(t, i.guess(t, first.Secret, i.clock.Now()))
		}
		i.clock.Advance(time.Microsecond)
		second := i.issue(t, request())
		require.NotEqual(t, first.Secret.ChallengeID, second.Secret.ChallengeID)
		i.refund(t, first)
		require.Equal(t, second.Secret, i.found(t, port.OTPQuery{Key: second.Secret.OTPKey}), "it was not the one")
		require.Equal(t, someLimit.Sends-2, i.room(t, request), "it was replaced")
	})
	i := openInstances(t, open)
	request := func() port.IssueRequest { return i.request(t, "+15551234567") }
	used := i.issue(t, request())
	done, err := i.SignIns.Complete(t.Context(), i.signIn(used.Secret))
	require.NoError(t, err)
	require.True(t, done.Consumed)
	i.refund(t, used)
	require.Equal(t, someLimit.Sends-1, i.room(t, request), "it was used")
}

// refundsMeetGuesses issues, guesses and refunds in parallel: the secrets
// that got a guess counted are no more than the sends that stayed.
func refundsMeetGuesses(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		const callers, rounds = 8, 12
		var requests [callers][rounds]port.IssueRequest
		for n := range requests {
			for round := range requests[n] {
				requests[n][round] = request()
				requests[n][round].Limit.Sends = callers
			}
		}
		var guesses atomic.Int64
		inParallel(callers, func(n int) {
			store := i.either(n).OTPSecrets
			for _, a := range requests[n] {
				issued, err := store.Issue(context.Background(), a)
				if err == nil && !issued.RateLimited && n%2 == 0 {
					_, counted, guessed := store.CountWrong(context.Background(), issued.Secret.ChallengeID, a.Now)
					if err = guessed; counted {
						guesses.Add(1)
					}
				}
				if err == nil && !issued.RateLimited {
					err = store.RefundSend(context.Background(), a.Fresh.OTPKey, issued.SentAt)
				}
				if err != nil {
					t.Errorf("req, guess and refund: %v", err)
				}
			}
		})
		room := i.room(t, func() port.IssueRequest {
			a := request()
			a.Limit.Sends = callers
			return a
		})
		require.LessOrEqual(t, guesses.Load(), int64(callers-room)*3, "guesses for %d sends that stayed counted",
			callers-room)
	})
}
