package delivery_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

func takes(t *testing.T) (*delivery.ReceiveReports, *mocks.DeliveryReports, *mocks.Deliveries) {
	t.Helper()
	reader, store := mocks.NewDeliveryReports(t), mocks.NewDeliveries(t)
	return delivery.NewReceiveReports(delivery.Readers{"twilio": reader}, store, fake.NewClock()), reader, store
}

func TestReceiveReports_notesWhatIsTold(t *testing.T) {
	t.Parallel()
	uc, reader, store := takes(t)
	call := port.WebhookCall{URL: "https://id.example.com/webhooks/twilio?a=b", Body: []byte("body")}
	reader.EXPECT().ReadReports(port.WebhookCall{URL: call.URL, Body: call.Body, Now: fake.Noon}).
		Return([]domain.DeliveryReport{{
			ChallengeID: "c", DeliveryID: "d", Status: domain.DeliveryDelivered,
			At: fake.Noon.Add(-time.Second),
		}}, nil).Once()
	store.EXPECT().Report(mock.Anything, []domain.DeliveryReport{
		{ChallengeID: "c", DeliveryID: "d", Status: domain.DeliveryDelivered, At: fake.Noon.Add(-time.Second)},
	}).Return(nil).Once()
	out, err := uc.Do(t.Context(), delivery.ReceiveReportsIn{Provider: "twilio", Call: call})
	require.NoError(t, err)
	require.Equal(t, 1, out.Reports)
}

func TestReceiveReports_refuses(t *testing.T) {
	t.Parallel()
	uc, reader, _ := takes(t)
	reader.EXPECT().ReadReports(mock.Anything).Return(nil, domain.ErrPermissionDenied).Once()
	_, err := uc.Do(t.Context(), delivery.ReceiveReportsIn{Provider: "twilio"})
	require.ErrorIs(t, err, domain.ErrPermissionDenied)
	for _, name := range []string{"", "sendgrid", "Twilio", "twilio/"} {
		_, err = uc.Do(t.Context(), delivery.ReceiveReportsIn{Provider: name})
		require.Equal(t, domain.NotFound, domain.AsError(err).Kind, name)
	}
}

// What no store can keep is left out, and a time that cannot be is now.
func TestReceiveReports_cleansWhatIsTold(t *testing.T) {
	t.Parallel()
	uc, reader, store := takes(t)
	odd := []domain.DeliveryReport{
		{MessageID: "SM\x00", ErrorCode: "\xff", Price: strings.Repeat("9", 256), At: fake.Noon.Add(time.Microsecond)},
		{
			MessageID: strings.Repeat("m", 255), ErrorCode: "30003", Price: "-0.0075 USD",
			At: fake.Noon.Add(-7*24*time.Hour - time.Second),
		},
		{At: fake.Noon.In(time.FixedZone("", 3600)).Add(-time.Nanosecond)},
		{},
	}
	reader.EXPECT().ReadReports(mock.Anything).Return(odd, nil).Once()
	store.EXPECT().Report(mock.Anything, []domain.DeliveryReport{
		{At: fake.Noon},
		{MessageID: strings.Repeat("m", 255), ErrorCode: "30003", Price: "-0.0075 USD", At: fake.Noon},
		{At: fake.Noon.Add(-time.Microsecond)},
		{At: fake.Noon},
	}).Return(nil).Once()
	_, err := uc.Do(t.Context(), delivery.ReceiveReportsIn{Provider: "twilio"})
	require.NoError(t, err)
}

// Many reports are written some at a time, and none after one that failed.
func TestReceiveReports_inBatches(t *testing.T) {
	t.Parallel()
	uc, reader, store := takes(t)
	reader.EXPECT().ReadReports(mock.Anything).Return(make([]domain.DeliveryReport, 1201), nil).Twice()
	var sizes []int
	var failure error
	store.EXPECT().Report(mock.Anything, mock.Anything).
		RunAndReturn(func(_ context.Context, batch []domain.DeliveryReport) error {
			sizes = append(sizes, len(batch))
			return failure
		})
	out, err := uc.Do(t.Context(), delivery.ReceiveReportsIn{Provider: "twilio"})
	require.NoError(t, err)
	require.Equal(t, 1201, out.Reports)
	require.Equal(t, []int{500, 500, 201}, sizes)
	failure = errors.New("away")
	_, err = uc.Do(t.Context(), delivery.ReceiveReportsIn{Provider: "twilio"})
	require.ErrorIs(t, err, failure)
	require.Len(t, sizes, 4)
}
