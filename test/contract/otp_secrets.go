package contract

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// OTPSecrets proves the contract of port.OTPSecrets.
func OTPSecrets(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, otpSecretPromises())
}

func otpSecretPromises() []promise[OpenStores] {
	return append(refundPromises(), []promise[OpenStores]{
		{
			"While a secret of the key is active it must return that secret, with nothing changed but the channel, " +
				"which is that of req.Fresh.",
			activeSecretStays,
		},
		{"Without an active one it must store and return req.Fresh.", freshSecretIsStored},
		{"A secret with an epoch that is not among req.Epochs must be replaced.", unknownEpochIsReplaced},
		{
			"Every send must be counted, and at most req.Limit.Sends may fall into any window of req.Limit.Window, " +
				"over all purposes and subjects.",
			slidingWindow,
		},
		{
			"A refused request must change nothing, and return when the oldest of the last req.Limit.Sends sends " +
				"leaves the window.",
			refusedAskChangesNothing,
		},
		{
			"An issued code must come with the number of sends that the limit still allows at req.Now and, when that " +
				"is 0, with the wait until the next one.",
			issuedBudget,
		},
		{"With req.Limit.Sends of 0 there must be no limit.", noLimitIsNone},
		{"Parallel requests for one key must get one challenge id and one code.", parallelAsksGetOneSecret},
		{
			"Parallel requests for one recipient must not get more sends than the limit, however often the store is opened.",
			parallelAsksKeepTheLimit,
		},
		{
			"The delivery must be stored with the secret, queued at req.Now, under the challenge id that is returned.",
			deliveryIsQueued,
		},
		{"A challenge must keep the cohort of the request that made it, whatever later requests have.", cohortIsKept},
		{
			"Find must return the secret of the challenge when it is named, else that of the key, as last committed.",
			findByChallengeOrKey,
		},
		{
			"It must list every channel with a delivery of the challenge that has not failed, in the order of their names.",
			findsChannels,
		},
		{"An unknown challenge or key must be reported as not found, whatever the text of the id.", unknownIsNotFound},
		{"It must count only while the challenge is active, and return the remaining guesses.", countsWhileActive},
		{"Of any number of parallel guesses it must count at most as many as the secret allows.", parallelGuesses},
		{"A count must be durable when it returns, even if ctx is cancelled.", countIsDurable},
		{
			"Purge must delete at most limit secrets, only those that had expired by the given time and have no send " +
				"at that time or later.",
			purgeRemovesWhatIsDue,
		},
		{"Called until it deletes nothing, it must have deleted all of those.", purgeRemovesAll},
	}...)
}

// keysOf are keys with one shared window: of another purpose, of two
// subjects, in a lane, and the one that the window is kept with.
func keysOf(recipient domain.Identifier) []domain.OTPKey {
	return []domain.OTPKey{
		{Purpose: domain.PurposeSignIn, Recipient: recipient},
		{Purpose: "change", Recipient: recipient, Subject: someUser},
		{Purpose: "change", Recipient: recipient, Subject: someSession},
		{Purpose: domain.PurposeSignIn, Recipient: recipient, Lane: "known"},
	}
}

// forEachKey holds a promise against every kind of key, each of a recipient of
// its own.
func forEachKey(
	t testing.TB, open OpenStores, proof func(t testing.TB, i *instances, request func() port.IssueRequest),
) {
	i := openInstances(t, open)
	for k := range keysOf(domain.Identifier{}) {
		proof(t, i, func() port.IssueRequest {
			req := i.request(t, fmt.Sprintf("ada-%d@example.com", k))
			req.Fresh.OTPKey = keysOf(req.Fresh.Recipient)[k]
			return req
		})
	}
}

func activeSecretStays(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		first := request()
		first.Fresh.Epoch = oldEpoch
		i.issue(t, first)
		_, counted, err := i.OTPSecrets.CountWrong(t.Context(), first.Fresh.ChallengeID, i.clock.Now())
		require.NoError(t, err)
		require.True(t, counted)

		i.clock.Advance(someLifetime - time.Microsecond)
		second := request()
		second.Fresh.Channel, second.Fresh.SourceURL = "voice", "https://other.example/"
		second.Fresh.Digits, second.Fresh.MaxAttempts = 10, 9
		want := first.Fresh
		want.Attempts, want.Channel = 1, "voice"
		issued, err := i.other.OTPSecrets.Issue(t.Context(), second)
		require.NoError(t, err)
		require.Equal(t, want, issued.Secret, "returned")
		require.Equal(t, want, i.found(t, port.OTPQuery{Key: want.OTPKey}), "stored")
	})
}

func freshSecretIsStored(t testing.TB, open OpenStores) {
	spend := map[string]func(t testing.TB, i *instances, secret domain.OTPSecret){
		"expired": func(_ testing.TB, i *instances, _ domain.OTPSecret) { i.clock.Advance(someLifetime) },
		"exhausted": func(t testing.TB, i *instances, secret domain.OTPSecret) {
			for range secret.MaxAttempts {
				_, _, err := i.OTPSecrets.CountWrong(t.Context(), secret.ChallengeID, i.clock.Now())
				require.NoError(t, err)
			}
		},
	}
	for name, spend := range spend {
		forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
			first := request()
			want := port.IssueResult{Secret: first.Fresh, SentAt: first.Now, SendsLeft: someLimit.Sends - 1}
			require.Equal(t, want, i.issue(t, first))
			require.Equal(t, first.Fresh, i.found(t, port.OTPQuery{ChallengeID: first.Fresh.ChallengeID}))
			spend(t, i, first.Fresh)

			i.clock.Advance(time.Second)
			second := request()
			second.Fresh.Channel, second.Fresh.Digits, second.Fresh.MaxAttempts, second.Fresh.SourceURL = "voice", 10, 9, ""
			want = port.IssueResult{Secret: second.Fresh, SentAt: second.Now, SendsLeft: someLimit.Sends - 2}
			require.Equal(t, want, i.issue(t, second), name)
			require.Equal(t, second.Fresh, i.found(t, port.OTPQuery{Key: second.Fresh.OTPKey}), name)
		})
	}
	i := openInstances(t, open)
	first := i.issue(t, i.request(t, "+15551234567"))
	done, err := i.SignIns.Complete(t.Context(), i.signIn(first.Secret))
	require.NoError(t, err)
	require.True(t, done.Consumed)
	second := i.request(t, "+15551234567")
	require.Equal(t, second.Fresh, i.issue(t, second).Secret, "used")
}

func unknownEpochIsReplaced(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		first := request()
		first.Fresh.Epoch = oldEpoch
		i.issue(t, first)
		second := request()
		second.Epochs = []domain.Epoch{someEpoch}
		require.Equal(t, second.Fresh, i.issue(t, second).Secret)
	})
}

func noLimitIsNone(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		for range 20 {
			unlimited := request()
			unlimited.Limit = noLimit
			i.issue(t, unlimited)
		}
	})
}

func parallelAsksGetOneSecret(t testing.TB, open OpenStores) {
	const requests = 40
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		var issued [requests]port.IssueResult
		var asked [requests]port.IssueRequest
		for n := range requests {
			asked[n] = request()
			asked[n].Limit = noLimit
		}
		inParallel(requests, func(n int) {
			var err error
			issued[n], err = i.either(n).OTPSecrets.Issue(context.Background(), asked[n])
			if err != nil {
				t.Errorf("issue: %v", err)
			}
		})
		sentAt := map[time.Time]bool{}
		for n := range requests {
			require.Equal(t, issued[0].Secret, issued[n].Secret)
			sentAt[issued[n].SentAt] = true
		}
		require.Len(t, sentAt, requests, "a time must name one send")
		require.Equal(t, issued[0].Secret, i.found(t, port.OTPQuery{Key: issued[0].Secret.OTPKey}),
			"what was answered is what is stored")
	})
}

func parallelAsksKeepTheLimit(t testing.TB, open OpenStores) {
	const requests = 200
	i := openInstances(t, open)
	keys := keysOf(i.request(t, "ada@example.com").Fresh.Recipient)
	var asked [requests]port.IssueRequest
	for n := range requests {
		asked[n] = i.request(t, "ada@example.com")
		asked[n].Fresh.OTPKey = keys[n%len(keys)]
	}
	var sends atomic.Int32
	inParallel(requests, func(n int) {
		issued, err := i.either(n).OTPSecrets.Issue(context.Background(), asked[n])
		switch {
		case err != nil:
			t.Errorf("issue: %v", err)
		case !issued.RateLimited:
			sends.Add(1)
		}
	})
	require.EqualValues(t, someLimit.Sends, sends.Load())

	reopened := i.reopen(t)
	for range 10 {
		issued, err := reopened.OTPSecrets.Issue(t.Context(), i.request(t, "ada@example.com"))
		require.NoError(t, err)
		require.True(t, issued.RateLimited, "allowed after reopening")
	}
}

func deliveryIsQueued(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		first := request()
		i.issue(t, first)
		i.clock.Advance(time.Minute)
		second := request()
		second.Delivery.Channel, second.Delivery.Provider = domain.ChannelVoice, "twilio"
		i.issue(t, second)
		first.Delivery.ChallengeID, second.Delivery.ChallengeID = first.Fresh.ChallengeID, first.Fresh.ChallengeID
		stored, err := i.other.Deliveries.OfChallenge(t.Context(), first.Fresh.ChallengeID)
		require.NoError(t, err)
		require.Equal(t, []domain.Delivery{first.Delivery, second.Delivery}, stored)
	})
}

func cohortIsKept(t testing.TB, open OpenStores) {
	forEachKey(t, open, func(t testing.TB, i *instances, request func() port.IssueRequest) {
		begin, again := request(), request()
		begin.Cohort, again.Cohort = direct, direct
		begin.Cohort.Country, again.Cohort.Country = i.random.Suffix(2), i.random.Suffix(3)
		i.issue(t, begin)
		i.issue(t, again)
		i.count(t)
		require.Equal(t, stages(1, requested), i.FunnelOf(t)[i.groupOf(begin.Cohort)])
		require.NotContains(t, i.FunnelOf(t), i.groupOf(again.Cohort))
		i.clock.Advance(someLifetime)
		replaced := request()
		replaced.Cohort = again.Cohort
		i.issue(t, replaced)
		i.count(t)
		require.Equal(t, stages(1, requested), i.FunnelOf(t)[i.groupOf(again.Cohort)])
	})
}

func findByChallengeOrKey(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	var secrets []domain.OTPSecret
	for _, recipient := range []string{"ada@example.com", "+15551234567"} {
		for _, key := range keysOf(i.request(t, recipient).Fresh.Recipient) {
			req := i.request(t, recipient)
			req.Fresh.OTPKey, req.Limit = key, noLimit
			secrets = append(secrets, i.issue(t, req).Secret)
		}
	}
	for n, want := range secrets {
		other := secrets[(n+1)%len(secrets)]
		_, counted, err := i.other.OTPSecrets.CountWrong(t.Context(), want.ChallengeID, i.clock.Now())
		require.NoError(t, err)
		require.True(t, counted)
		want.Attempts = 1
		require.Equal(t, want, i.found(t, port.OTPQuery{Key: want.OTPKey}))
		require.Equal(t, want, i.found(t, port.OTPQuery{ChallengeID: want.ChallengeID}))
		require.Equal(t, want, i.found(t, port.OTPQuery{ChallengeID: want.ChallengeID, Key: other.OTPKey}))
	}
	done, err := i.other.SignIns.Complete(t.Context(), i.signIn(secrets[0]))
	require.NoError(t, err)
	require.True(t, done.Consumed)
	require.Equal(t, fake.Noon, i.found(t, port.OTPQuery{ChallengeID: secrets[0].ChallengeID}).UsedAt)
}

func findsChannels(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	request := func(channel domain.ChannelName) port.IssueRequest {
		a := i.request(t, "+15551234567")
		a.Limit, a.Fresh.Channel, a.Delivery.Channel = noLimit, channel, channel
		return a
	}
	var secret domain.OTPSecret
	for _, channel := range []domain.ChannelName{"voice", "sms", "whatsapp", "sms"} {
		secret = i.issue(t, request(channel)).Secret
	}
	other := i.request(t, "+15557654321")
	other.Delivery.Channel = "pager"
	i.issue(t, other)
	failed := i.deliveriesOf(t, secret.ChallengeID)[0]
	require.Equal(t, domain.ChannelVoice, failed.Channel)
	failed.Status = domain.DeliveryFailed
	require.NoError(t, i.other.Deliveries.Record(t.Context(), []domain.Delivery{failed}))

	for _, q := range []port.OTPQuery{{ChallengeID: secret.ChallengeID}, {Key: secret.OTPKey}} {
		found, ok, err := i.OTPSecrets.Find(t.Context(), q)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, []domain.ChannelName{"sms", "whatsapp"}, found.SentOn, "%+v", q)
	}
}

func unknownIsNotFound(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	req := i.request(t, "ada@example.com")
	keys := keysOf(req.Fresh.Recipient)
	req.Fresh.OTPKey = keys[1]
	i.issue(t, req)
	missing := []port.OTPQuery{
		{Key: keys[0]},
		{Key: keys[2]},
		{Key: keys[3]},
		{}, // keys[0] is of the row that keeps the sends
		{Key: domain.OTPKey{
			Purpose: keys[1].Purpose, Subject: keys[1].Subject,
			Recipient: i.request(t, "bob@example.com").Fresh.Recipient,
		}},
		{ChallengeID: domain.ChallengeID(req.Delivery.ID), Key: keys[1]},
		{ChallengeID: domain.ChallengeID(i.random.UUID(req.Now)), Key: keys[1]},
	}
	for _, text := range noIDs(string(req.Fresh.ChallengeID)) {
		missing = append(missing, port.OTPQuery{ChallengeID: domain.ChallengeID(text), Key: keys[1]})
	}
	for _, q := range missing {
		_, found, err := i.OTPSecrets.Find(t.Context(), q)
		require.NoError(t, err, "%.100q", fmt.Sprint(q))
		require.False(t, found, "%.100q", fmt.Sprint(q))
	}
}

func countsWhileActive(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	first := i.issue(t, i.request(t, "ada@example.com")).Secret
	count := func(id domain.ChallengeID, now time.Time) (int, bool) {
		left, counted, err := i.OTPSecrets.CountWrong(t.Context(), id, now)
		require.NoError(t, err, "%.100q", id)
		return left, counted
	}
	last := first.ExpiresAt.Add(-time.Microsecond)
	for want := first.MaxAttempts - 1; want >= 0; want-- {
		left, counted := count(first.ChallengeID, last)
		require.True(t, counted)
		require.Equal(t, want, left)
	}
	_, counted := count(first.ChallengeID, last)
	require.False(t, counted, "exhausted")
	require.Equal(t, first.MaxAttempts, i.found(t, port.OTPQuery{ChallengeID: first.ChallengeID}).Attempts)

	second := i.issue(t, i.request(t, "bob@example.com")).Secret
	_, counted = count(second.ChallengeID, second.ExpiresAt)
	require.False(t, counted, "expired")
	done, err := i.SignIns.Complete(t.Context(), i.signIn(second))
	require.NoError(t, err)
	require.True(t, done.Consumed)
	_, counted = count(second.ChallengeID, i.clock.Now())
	require.False(t, counted, "used")
	require.Zero(t, i.found(t, port.OTPQuery{ChallengeID: second.ChallengeID}).Attempts)

	for _, text := range append(noIDs(string(first.ChallengeID)), i.random.UUID(i.clock.Now())) {
		_, counted = count(domain.ChallengeID(text), i.clock.Now())
		require.False(t, counted, "%.100q", text)
	}
}

func parallelGuesses(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	secret := i.issue(t, i.request(t, "ada@example.com")).Secret
	var left [3]atomic.Int32 // how often each number of guesses left was told
	inParallel(1000, func(n int) {
		l, counted, err := i.either(n).OTPSecrets.CountWrong(context.Background(), secret.ChallengeID, secret.CreatedAt)
		switch {
		case err != nil:
			t.Errorf("guess: %v", err)
		case counted:
			left[l].Add(1)
		}
	})
	for l := range left {
		require.EqualValues(t, 1, left[l].Load(), "guesses after which %d were left", l)
	}
	require.Equal(t, secret.MaxAttempts, i.found(t, port.OTPQuery{ChallengeID: secret.ChallengeID}).Attempts)
}

func countIsDurable(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	secret := i.issue(t, i.request(t, "ada@example.com")).Secret
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	left, counted, err := i.OTPSecrets.CountWrong(ctx, secret.ChallengeID, secret.CreatedAt)
	require.NoError(t, err)
	require.True(t, counted)
	require.Equal(t, 2, left)
	for range 100 {
		ctx, hangUp := context.WithCancel(t.Context())
		go hangUp()
		_, _, err = i.OTPSecrets.CountWrong(ctx, secret.ChallengeID, secret.CreatedAt)
		require.NoError(t, err)
	}
	stored, found, err := i.reopen(t).OTPSecrets.Find(t.Context(), port.OTPQuery{ChallengeID: secret.ChallengeID})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, 3, stored.Attempts)
}
