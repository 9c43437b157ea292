package contract

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// report is what a provider tells of a delivery, a second after it was last changed.
func report(d domain.Delivery, status domain.DeliveryStatus) domain.DeliveryReport {
	return domain.DeliveryReport{
		ChallengeID: d.ChallengeID, DeliveryID: d.ID, Status: status,
		At: d.UpdatedAt.Add(time.Second),
	}
}

// queued is a delivery of a new challenge of which nothing is known yet.
func (i *instances) queued(t testing.TB) domain.Delivery {
	d := i.delivery(i.newChallenge(), domain.DeliveryQueued)
	d.Result, d.MessageID = "", ""
	require.NoError(t, i.Deliveries.Record(t.Context(), []domain.Delivery{d}))
	return d
}

func (i *instances) report(t testing.TB, reports ...domain.DeliveryReport) {
	t.Helper()
	require.NoError(t, i.Deliveries.Report(t.Context(), reports))
}

func recordsAfterReport(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, status := range deliveryStatuses() {
		first := i.queued(t)
		i.report(t, report(first, status))
		outcome := first
		outcome.Status, outcome.Result, outcome.MessageID = domain.DeliverySent, domain.SendAccepted, "SM1"
		outcome.UpdatedAt = first.UpdatedAt.Add(time.Minute)
		want := outcome
		if status.Progress() >= outcome.Status.Progress() {
			want.Status, want.UpdatedAt = status, first.UpdatedAt.Add(time.Second)
		}
		require.NoError(t, i.other.Deliveries.Record(t.Context(), []domain.Delivery{first, outcome}))
		require.Equal(t, []domain.Delivery{want}, i.deliveriesOf(t, first.ChallengeID), "after %s", status)
		require.NoError(t, i.Deliveries.Record(t.Context(), []domain.Delivery{first}))
		require.Equal(t, []domain.Delivery{want}, i.deliveriesOf(t, first.ChallengeID), "what is not told takes nothing away")

		further := first
		further.Status = domain.DeliveryRead
		require.NoError(t, i.Deliveries.Record(t.Context(), []domain.Delivery{further}))
		got := i.deliveriesOf(t, first.ChallengeID)[0]
		require.Equal(t, []any{domain.DeliveryRead, want.Result, want.MessageID},
			[]any{got.Status, got.Result, got.MessageID}, "nor does what is new")
	}
}

func reportsProgress(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	i.report(t)
	for _, old := range deliveryStatuses() {
		for _, told := range deliveryStatuses() {
			d, neighbour := i.delivery(i.newChallenge(), old), i.delivery("", old)
			neighbour.ChallengeID = d.ChallengeID
			require.NoError(t, i.Deliveries.Record(t.Context(), []domain.Delivery{d, neighbour}))
			want, r := d, report(d, told)
			if told.Progress() > old.Progress() {
				want.Status, want.UpdatedAt = told, r.At
			}
			i.report(t, r, r)
			i.report(t, r)
			require.Equal(t, []domain.Delivery{want, neighbour}, i.deliveriesOf(t, d.ChallengeID), "%s after %s", told, old)
		}
	}
	d := i.queued(t)
	i.report(t, report(d, domain.DeliveryDelivered), report(d, domain.DeliverySent), report(d, domain.DeliveryFailed))
	require.Equal(t, domain.DeliveryDelivered, i.deliveriesOf(t, d.ChallengeID)[0].Status, "in whatever order")
	nobodysReports(t, i)
	parallelReports(t, i)
}

// nobodysReports are of what is not there, beside one that is.
func nobodysReports(t testing.TB, i *instances) {
	d, other := i.queued(t), i.queued(t)
	stranger := report(i.delivery(i.newChallenge(), domain.DeliverySent), domain.DeliveryRead)
	swapped := report(d, domain.DeliveryRead)
	swapped.DeliveryID = other.ID
	list := []domain.DeliveryReport{stranger, swapped, report(d, domain.DeliverySent)}
	for _, text := range append(noIDs(d.ID), "") {
		odd := report(d, domain.DeliveryRead)
		odd.DeliveryID = text
		list = append(list, odd)
		odd = report(d, domain.DeliveryRead)
		odd.ChallengeID = domain.ChallengeID(text)
		list = append(list, odd)
	}
	i.report(t, list...)
	require.Equal(t, domain.DeliverySent, i.deliveriesOf(t, d.ChallengeID)[0].Status)
	require.Equal(t, []domain.Delivery{other}, i.deliveriesOf(t, other.ChallengeID))
	require.Empty(t, i.deliveriesOf(t, stranger.ChallengeID))
}

// parallelReports has reports and outcomes come at once, in batches that overlap,
// each in an order of its own.
func parallelReports(t testing.TB, i *instances) {
	for range 4 {
		parallelRound(t, i)
	}
}

func parallelRound(t testing.TB, i *instances) {
	challenge, statuses := i.newChallenge(), deliveryStatuses()
	var deliveries []domain.Delivery
	for range 200 {
		d := i.delivery(challenge, domain.DeliveryQueued)
		d.MessageID = ""
		deliveries = append(deliveries, d)
	}
	require.NoError(t, i.Deliveries.Record(t.Context(), deliveries))
	inParallel(16, func(n int) {
		var reports []domain.DeliveryReport
		var outcomes []domain.Delivery
		for k := range deliveries {
			k = (k*7*(n%2*2+1) + n) % len(deliveries)
			d := deliveries[k]
			reports = append(reports, report(d, statuses[(n+k)%len(statuses)]))
			d.Status, d.MessageID = domain.DeliverySent, "SM1"
			outcomes = append(outcomes, d)
		}
		err := i.either(n).Deliveries.Report(context.Background(), reports)
		if n%4 == 0 {
			err = i.either(n/4).Deliveries.Record(context.Background(), outcomes)
		}
		if err != nil {
			t.Errorf("report: %v", err)
		}
	})
	for _, d := range i.deliveriesOf(t, challenge) {
		require.Equal(t, domain.DeliveryRead, d.Status)
		require.Equal(t, "SM1", d.MessageID)
	}
}

func reportsFillIn(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, told := range deliveryStatuses() {
		d := i.queued(t)
		first := report(d, told)
		first.MessageID, first.Price = "SM '1'\\\"", "-0.0075 USD"
		want := d
		want.MessageID, want.Price = first.MessageID, first.Price
		if told.Progress() > 0 {
			want.Status, want.UpdatedAt = told, first.At
		}
		i.report(t, report(d, told), first)
		require.Equal(t, []domain.Delivery{want}, i.deliveriesOf(t, d.ChallengeID), told)

		again := report(d, domain.DeliveryQueued)
		again.MessageID, again.Price, again.At = "SM2", "1 EUR", first.At.Add(time.Hour)
		i.report(t, again)
		i.report(t, report(d, domain.DeliveryQueued))
		require.Equal(t, []domain.Delivery{want}, i.deliveriesOf(t, d.ChallengeID), "what is known stays")
	}
	d := i.queued(t)
	i.report(t, report(d, domain.DeliveryDelivered))
	price, late := report(d, domain.DeliverySent), report(d, domain.DeliverySent)
	price.Price = strings.Repeat("9", 255)
	i.report(t, price)
	require.Equal(t, price.Price, i.deliveriesOf(t, d.ChallengeID)[0].Price, "by itself")
	late.Price, late.MessageID, late.At = strings.Repeat("9", 255), "SM1", late.At.Add(time.Minute)
	i.report(t, late)
	got := i.deliveriesOf(t, d.ChallengeID)[0]
	require.Equal(t, late.Price+late.MessageID, got.Price+got.MessageID, "a late report tells what was not known")
	require.Equal(t, domain.DeliveryDelivered, got.Status)
	require.Equal(t, d.UpdatedAt.Add(time.Second), got.UpdatedAt)
}

func reportsErrorCodes(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for name, row := range map[string]struct {
		told []string // status and error code
		want string
	}{
		"with a failure":             {[]string{"sent", "", "failed", "30003"}, "30003"},
		"with the failure that is":   {[]string{"failed", "", "failed", "30003"}, "30003"},
		"the first one counts":       {[]string{"failed", "30003", "failed", "30008"}, "30003"},
		"not after it has arrived":   {[]string{"delivered", "", "failed", "30003"}, ""},
		"it is kept when it arrives": {[]string{"failed", "30003", "delivered", ""}, "30003"},
		"not after it was read":      {[]string{"read", "", "sent", "1", "queued", "2"}, ""},
		"not along with other news":  {[]string{"delivered", "", "failed", "30003 and its price"}, ""},
	} {
		one, each := i.queued(t), i.queued(t)
		var together []domain.DeliveryReport
		for k := 0; k < len(row.told); k += 2 {
			r := report(one, domain.DeliveryStatus(row.told[k]))
			code, news, _ := strings.Cut(row.told[k+1], " ")
			r.ErrorCode, r.Price = code, news
			together = append(together, r)
			r.ChallengeID, r.DeliveryID = each.ChallengeID, each.ID
			i.report(t, r)
		}
		require.Equal(t, row.want, i.deliveriesOf(t, each.ChallengeID)[0].ErrorCode, "%s, one after the other", name)
		if name != "it is kept when it arrives" { // at once it never was a failure
			i.report(t, together...)
			require.Equal(t, row.want, i.deliveriesOf(t, one.ChallengeID)[0].ErrorCode, "%s, at once", name)
		}
	}
}
