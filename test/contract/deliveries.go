package contract

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// Deliveries proves the contract of port.Deliveries.
func Deliveries(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, deliveryPromises())
}

func deliveryPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{"Record must insert or update the deliveries in one commit.", recordsInOneCommit},
		{"A delivery must only ever change to a status with more progress.", deliveryOnlyProgresses},
		{"The outcome of a send must be stored, even if a report has arrived before it.", recordsAfterReport},
		{
			"Report must update exactly the named deliveries, each only to a status with more progress, and insert none.",
			reportsProgress,
		},
		{"It must fill in reported fields that were empty, and leave all others as they were.", reportsFillIn},
		{"An error code must be stored only with the progress that it explains.", reportsErrorCodes},
		{"OfChallenge must return the deliveries of a challenge, oldest first.", listsDeliveries},
		{
			"Purge must delete at most limit deliveries, only of challenges that were made before the given time and " +
				"that the funnel has counted.",
			purgesOldDeliveries,
		},
		{"Called until it deletes nothing, it must have deleted all of those.", purgesAllOldDeliveries},
	}
}

// delivery is one of a challenge, made now.
func (i *instances) delivery(challenge domain.ChallengeID, status domain.DeliveryStatus) domain.Delivery {
	now := i.clock.Now()
	return domain.Delivery{
		ChallengeID: challenge, ID: i.random.UUID(now), Channel: domain.ChannelSMS, Provider: "twilio", Recipient: "***4567",
		Status: status, Result: domain.SendUnknown, MessageID: "SM 'x' \\ \"{,}\"", CreatedAt: now, UpdatedAt: now,
	}
}

func (i *instances) newChallenge() domain.ChallengeID {
	return domain.ChallengeID(i.random.UUID(i.clock.Now()))
}

func (i *instances) deliveriesOf(t testing.TB, id domain.ChallengeID) []domain.Delivery {
	t.Helper()
	list, err := i.other.Deliveries.OfChallenge(t.Context(), id)
	require.NoError(t, err)
	return list
}

func recordsInOneCommit(t testing.TB, open OpenStores) {
	const batch = 200
	i := openInstances(t, open)
	require.NoError(t, i.Deliveries.Record(t.Context(), nil))
	for range 10 {
		challenge := i.newChallenge()
		var deliveries []domain.Delivery
		for range batch {
			deliveries = append(deliveries, i.delivery(challenge, domain.DeliverySent))
		}
		recorded := make(chan error, 1)
		go func() { recorded <- i.Deliveries.Record(context.Background(), deliveries) }()
		for seen := 0; seen < batch; {
			seen = len(i.deliveriesOf(t, challenge))
			require.Contains(t, []int{0, batch}, seen, "deliveries seen of a batch of %d", batch)
			if seen == 0 && len(recorded) == 1 {
				require.NoError(t, <-recorded)
				require.Len(t, i.deliveriesOf(t, challenge), batch)
				break
			}
		}
		require.Equal(t, deliveries, i.deliveriesOf(t, challenge))
	}
}

// deliveryStatuses are all there are, by their progress.
func deliveryStatuses() []domain.DeliveryStatus {
	return []domain.DeliveryStatus{
		domain.DeliveryQueued, domain.DeliveryUnknown, domain.DeliverySent, domain.DeliveryTest,
		domain.DeliveryFailed, domain.DeliveryDelivered, domain.DeliveryRead,
	}
}

func deliveryOnlyProgresses(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, old := range deliveryStatuses() {
		for _, reported := range deliveryStatuses() {
			first := i.delivery(i.newChallenge(), old)
			later := first
			later.Status, later.Result, later.MessageID = reported, domain.SendAccepted, "SM2"
			later.UpdatedAt = first.UpdatedAt.Add(time.Second)
			want := first
			if reported.Progress() > old.Progress() {
				want = later
			}
			require.NoError(t, i.Deliveries.Record(t.Context(), []domain.Delivery{first}))
			require.NoError(t, i.other.Deliveries.Record(t.Context(), []domain.Delivery{later, later}))
			require.Equal(t, []domain.Delivery{want}, i.deliveriesOf(t, first.ChallengeID), "%s after %s", reported, old)

			first.ChallengeID, later.ChallengeID = i.newChallenge(), ""
			later.ChallengeID, want.ChallengeID = first.ChallengeID, first.ChallengeID
			require.NoError(t, i.Deliveries.Record(t.Context(), []domain.Delivery{first, later}))
			require.Equal(t, []domain.Delivery{want}, i.deliveriesOf(t, first.ChallengeID), "%s with %s", reported, old)
		}
	}
	parallelRecords(t, i)
}

// parallelRecords has every status recorded at once, in batches that overlap.
func parallelRecords(t testing.TB, i *instances) {
	challenge, statuses := i.newChallenge(), deliveryStatuses()
	var deliveries []domain.Delivery
	for range 20 {
		deliveries = append(deliveries, i.delivery(challenge, domain.DeliveryQueued))
	}
	inParallel(40, func(n int) {
		var batch []domain.Delivery
		for k := range deliveries { // in an order of its own
			d := deliveries[(k*7+n)%len(deliveries)]
			d.Status = statuses[(n+k)%len(statuses)]
			batch = append(batch, d)
		}
		if err := i.either(n).Deliveries.Record(context.Background(), batch); err != nil {
			t.Errorf("record: %v", err)
		}
	})
	for _, d := range i.deliveriesOf(t, challenge) {
		require.Equal(t, domain.DeliveryRead, d.Status)
	}
}

func listsDeliveries(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	challenge := i.newChallenge()
	var want []domain.Delivery
	for range 12 {
		want = append(want, i.delivery(challenge, domain.DeliverySent))
		i.clock.Advance(time.Microsecond)
	}
	shuffled := append([]domain.Delivery{i.delivery(i.newChallenge(), domain.DeliverySent)}, want[6:]...)
	require.NoError(t, i.Deliveries.Record(t.Context(), shuffled))
	require.NoError(t, i.Deliveries.Record(t.Context(), want[:6]))
	require.Equal(t, want, i.deliveriesOf(t, challenge))
	for _, text := range append(noIDs(string(challenge)), "", string(i.newChallenge())) {
		require.Empty(t, i.deliveriesOf(t, domain.ChallengeID(text)), "%.100q", text)
	}
}

// oldAndNew records deliveries of challenges that were made before a time, at it
// and after it, and returns the ids of the last two.
func (i *instances) oldAndNew(t testing.TB, old int) (cut time.Time, kept []domain.ChallengeID) {
	var deliveries []domain.Delivery
	for range old {
		deliveries = append(deliveries, i.delivery(i.newChallenge(), domain.DeliverySent))
	}
	i.clock.Advance(time.Millisecond)
	cut = i.clock.Now()
	for range 2 {
		kept = append(kept, i.newChallenge())
		deliveries = append(deliveries, i.delivery(kept[len(kept)-1], domain.DeliveryQueued))
		i.clock.Advance(time.Hour)
	}
	require.NoError(t, i.Deliveries.Record(t.Context(), deliveries))
	return cut, kept
}

func purgesOldDeliveries(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	cut, kept := i.oldAndNew(t, 5)
	for _, want := range []int{3, 2, 0} {
		removed, err := i.Deliveries.Purge(t.Context(), cut, 3)
		require.NoError(t, err)
		require.Equal(t, want, removed)
	}
	for _, id := range kept {
		require.Len(t, i.deliveriesOf(t, id), 1)
	}
	purgesNothingLate(t, open)
}

func purgesNothingLate(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for n, age := range []time.Duration{0, 20 * time.Minute} {
		told := i.queued(t)
		r := report(told, domain.DeliveryDelivered)
		r.At = r.At.Add(age)
		i.report(t, r)
		i.clock.Advance(time.Hour)
		removed, err := i.Deliveries.Purge(t.Context(), i.clock.Now().Add(-time.Minute), 3)
		require.NoError(t, err)
		require.Equal(t, 1-n, removed, "what was told %s after it was sent", age)
		if age > 0 {
			i.count(t)
			removed, err = i.Deliveries.Purge(t.Context(), i.clock.Now().Add(-time.Minute), 3)
			require.NoError(t, err)
			require.Equal(t, 1, removed, "once it is counted")
		}
	}
}

func purgesAllOldDeliveries(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	cut, _ := i.oldAndNew(t, 40)
	total := 0
	for removed := -1; removed != 0; total += max(0, removed) {
		var err error
		removed, err = i.other.Deliveries.Purge(t.Context(), cut, 7)
		require.NoError(t, err)
		require.LessOrEqual(t, removed, 7)
	}
	require.Equal(t, 40, total)
}
