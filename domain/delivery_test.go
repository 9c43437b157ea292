package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestSendResult_table(t *testing.T) {
	t.Parallel()
	table := map[domain.SendResult]struct {
		accepted, refused, ourFault bool
		status                      domain.DeliveryStatus
	}{
		domain.SendAccepted:             {true, false, false, domain.DeliverySent},
		domain.SendTest:                 {true, false, false, domain.DeliveryTest},
		domain.SendInvalidRecipient:     {false, true, false, domain.DeliveryFailed},
		domain.SendNotOnChannel:         {false, true, false, domain.DeliveryFailed},
		domain.SendRejected:             {false, true, false, domain.DeliveryFailed},
		domain.SendUnsupported:          {false, true, false, domain.DeliveryFailed},
		domain.SendRateLimited:          {false, true, true, domain.DeliveryFailed},
		domain.SendAuthenticationFailed: {false, true, true, domain.DeliveryFailed},
		domain.SendUnreachable:          {false, true, true, domain.DeliveryFailed},
		domain.SendTimeout:              {false, false, false, domain.DeliveryUnknown},
		domain.SendUnknown:              {false, false, false, domain.DeliveryUnknown},
		"":                              {false, false, false, domain.DeliveryUnknown},
		"no result":                     {false, false, false, domain.DeliveryUnknown},
	}
	for _, result := range domain.SendResults {
		require.Contains(t, table, result)
	}
	require.Len(t, domain.SendResults, len(table)-2)
	for result, want := range table {
		require.Equal(t, want.accepted, result.Accepted(), "%q accepted", result)
		require.Equal(t, want.refused, result.Refused(), "%q refused", result)
		require.Equal(t, want.ourFault, result.ServiceFault(), "%q our fault", result)
		require.Equal(t, want.status, result.Status(), "%q status", result)
	}
}

func TestDeliveryStatus_progress(t *testing.T) {
	t.Parallel()
	for status, want := range map[domain.DeliveryStatus]int{
		domain.DeliveryQueued: 0, domain.DeliveryUnknown: 1, domain.DeliverySent: 2, domain.DeliveryTest: 2,
		domain.DeliveryFailed: 3, domain.DeliveryDelivered: 4, domain.DeliveryRead: 5, "": 0, "no status": 0,
	} {
		require.Equal(t, want, status.Progress(), "%q", status)
	}
}

// In whatever order reports come, and however often, the furthest counts.
func TestDeliveryStatus_orderOfReportsDoesNotMatter(t *testing.T) {
	t.Parallel()
	statuses := []domain.DeliveryStatus{
		domain.DeliveryUnknown, domain.DeliverySent, domain.DeliveryFailed, domain.DeliveryDelivered, domain.DeliveryRead,
	}
	apply := func(reports []domain.DeliveryStatus) domain.DeliveryStatus {
		now := domain.DeliveryQueued
		for _, report := range reports {
			if report.Progress() > now.Progress() {
				now = report
			}
		}
		return now
	}
	rapid.Check(t, func(t *rapid.T) {
		reports := rapid.SliceOf(rapid.SampledFrom(statuses)).Draw(t, "reports")
		shuffled := rapid.Permutation(reports).Draw(t, "shuffled")
		require.Equal(t, apply(reports), apply(append(shuffled, reports...)))
	})
}

func TestDelivery_StatusAt(t *testing.T) {
	t.Parallel()
	const sendTotal = 20 * time.Second
	queued := domain.Delivery{Status: domain.DeliveryQueued, CreatedAt: asked}
	require.Equal(t, domain.DeliveryQueued, queued.StatusAt(asked, sendTotal))
	require.Equal(t, domain.DeliveryQueued, queued.StatusAt(asked.Add(sendTotal), sendTotal),
		"its sender may still be at it")
	require.Equal(t, domain.DeliveryUnknown, queued.StatusAt(asked.Add(sendTotal+time.Microsecond), sendTotal))
	for _, status := range []domain.DeliveryStatus{
		domain.DeliveryUnknown, domain.DeliverySent, domain.DeliveryTest, domain.DeliveryFailed, domain.DeliveryDelivered,
		domain.DeliveryRead,
	} {
		d := domain.Delivery{Status: status, CreatedAt: asked}
		require.Equal(t, status, d.StatusAt(asked.Add(time.Hour), sendTotal), "%q stays", status)
	}
}
