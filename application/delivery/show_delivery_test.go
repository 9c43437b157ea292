package delivery_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

const lifetime = 5 * time.Minute

// shown is what is shown of some deliveries, a while after they were made.
func shown(t *testing.T, after time.Duration, list ...domain.Delivery) delivery.ShowDeliveryOut {
	t.Helper()
	store, clock := mocks.NewDeliveries(t), fake.NewClock()
	store.EXPECT().OfChallenge(mock.Anything, domain.ChallengeID("c")).Return(list, nil).Once()
	clock.Advance(after)
	out, err := delivery.NewShowDelivery(store, clock, delivery.ShowConfig{Total: total, Lifetime: lifetime}).
		Do(t.Context(), delivery.ShowDeliveryIn{ChallengeID: "c"})
	require.NoError(t, err)
	require.Equal(t, domain.ChallengeID("c"), out.ChallengeID)
	require.Len(t, out.Deliveries, len(list))
	return out
}

func message(channel domain.ChannelName, status domain.DeliveryStatus) domain.Delivery {
	return domain.Delivery{
		ChallengeID: "c", ID: "d", Channel: channel, Provider: "twilio", Recipient: "***4567", Status: status,
		CreatedAt: fake.Noon, UpdatedAt: fake.Noon.Add(time.Second),
	}
}

func TestShowDelivery_furthest(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		list    []domain.DeliveryStatus // by whatsapp, then by sms
		want    domain.DeliveryStatus
		channel domain.ChannelName
		over    bool
	}{
		"queued":                        {[]domain.DeliveryStatus{"queued"}, "queued", "whatsapp", false},
		"unknown shows as queued":       {[]domain.DeliveryStatus{"unknown"}, "queued", "whatsapp", false},
		"sent":                          {[]domain.DeliveryStatus{"sent"}, "sent", "whatsapp", false},
		"delivered":                     {[]domain.DeliveryStatus{"delivered"}, "delivered", "whatsapp", true},
		"read":                          {[]domain.DeliveryStatus{"read"}, "read", "whatsapp", true},
		"a test":                        {[]domain.DeliveryStatus{"test"}, "test", "whatsapp", true},
		"failed":                        {[]domain.DeliveryStatus{"failed"}, "failed", "whatsapp", true},
		"the next is under way":         {[]domain.DeliveryStatus{"failed", "queued"}, "queued", "sms", false},
		"of the next nothing is known":  {[]domain.DeliveryStatus{"failed", "unknown"}, "queued", "sms", false},
		"the next has it":               {[]domain.DeliveryStatus{"failed", "sent"}, "sent", "sms", false},
		"both failed":                   {[]domain.DeliveryStatus{"failed", "failed"}, "failed", "sms", true},
		"one arrived, the next one not": {[]domain.DeliveryStatus{"delivered", "failed"}, "delivered", "whatsapp", true},
		"another is asked for":          {[]domain.DeliveryStatus{"sent", "queued"}, "sent", "whatsapp", false},
		"of equals the last":            {[]domain.DeliveryStatus{"sent", "sent"}, "sent", "sms", false},
	} {
		channels, list := []domain.ChannelName{"whatsapp", "sms"}, []domain.Delivery{}
		for i, status := range row.list {
			list = append(list, message(channels[i], status))
		}
		out := shown(t, 10*time.Second, list...)
		require.Equal(t, row.want, out.Status, name)
		require.Equal(t, row.channel, out.Channel, name)
		require.Equal(t, row.over, out.Over, name)
		require.Equal(t, row.want == domain.DeliveryFailed, out.Hint != "", name)
		for i, d := range out.Deliveries {
			require.Equal(t, delivery.ShownDelivery{Channel: channels[i], Provider: "twilio", Status: row.list[i], At: fake.Noon.Add(time.Second)}, d, name)
		}
	}
}

// A message whose sender's time is over is unknown; its challenge is still queued.
func TestShowDelivery_afterTheSendersTime(t *testing.T) {
	t.Parallel()
	require.Equal(t, domain.DeliveryQueued, shown(t, total, message("sms", "queued")).Deliveries[0].Status)
	out := shown(t, total+time.Microsecond, message("sms", "queued"))
	require.Equal(t, domain.DeliveryUnknown, out.Deliveries[0].Status)
	require.Equal(t, domain.DeliveryQueued, out.Status)
	require.False(t, out.Over)
}

func TestShowDelivery_over(t *testing.T) {
	t.Parallel()
	require.False(t, shown(t, lifetime-time.Microsecond, message("sms", "sent")).Over)
	require.True(t, shown(t, lifetime, message("sms", "sent")).Over, "the code has expired")
	require.False(t, shown(t, 3*time.Second-time.Microsecond, message("sms", "failed")).Over, "another provider may be tried")
	require.True(t, shown(t, 3*time.Second, message("sms", "failed")).Over)
}

func TestShowDelivery_notThere(t *testing.T) {
	t.Parallel()
	store := mocks.NewDeliveries(t)
	store.EXPECT().OfChallenge(mock.Anything, mock.Anything).Return(nil, nil).Once()
	uc := delivery.NewShowDelivery(store, fake.NewClock(), delivery.ShowConfig{Total: total, Lifetime: lifetime})
	_, err := uc.Do(t.Context(), delivery.ShowDeliveryIn{ChallengeID: "\x00"})
	require.Equal(t, domain.NotFound, domain.AsError(err).Kind)
	store.EXPECT().OfChallenge(mock.Anything, mock.Anything).Return(nil, domain.ErrUnavailable).Once()
	_, err = uc.Do(t.Context(), delivery.ShowDeliveryIn{ChallengeID: "c"})
	require.ErrorIs(t, err, domain.ErrUnavailable)
}

func TestShowDelivery_hints(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		recipient string
		result    domain.SendResult
		code      string
		want      string
	}{
		{"***4567", domain.SendRejected, "", "The carrier refused this number; try e-mail."},
		{"***4567", domain.SendAccepted, "30008", "The carrier refused this number; try e-mail."},
		{"***4567", "", "", "The carrier refused this number; try e-mail."},
		{"***4567", domain.SendAccepted, "30003", "The phone is off or out of reach. Switch it on and ask for another message, or try e-mail."},
		{"***4567", domain.SendAccepted, "63003", "This number is not on WhatsApp. Try SMS, or e-mail."},
		{"***4567", domain.SendInvalidRecipient, "", "This number cannot be reached. Check it, or try e-mail."},
		{"***4567", domain.SendUnsupported, "", "This number cannot be reached this way. Try another channel, or e-mail."},
		{"***4567", domain.SendAuthenticationFailed, "", "The message could not be sent. Try again in a minute, or try e-mail."},
		{"ad***@example.com", domain.SendRateLimited, "", "The message could not be sent. Try again in a minute, or try another channel."},
		{"ad***@example.com", domain.SendUnreachable, "", "The message could not be sent. Try again in a minute, or try another channel."},
		{"ad***@example.com", domain.SendInvalidRecipient, "", "This address cannot be reached. Check it for a slip, or try another one."},
		{"ad***@example.com", domain.SendAccepted, "5.1.1", "There is no such address. Check it for a slip, or try another one."},
		{"ad***@example.com", domain.SendAccepted, "5.2.2", "The mailbox takes no mail: it may be full. Try another address, or a phone number."},
		{"ad***@example.com", domain.SendAccepted, "bounce", "The mail server refused the message. Try another address, or a phone number."},
		{"ad***@example.com", domain.SendAccepted, "4.1.1", "The mail server refused the message. Try another address, or a phone number."},
	} {
		d := message("sms", domain.DeliveryFailed)
		d.Recipient, d.Result, d.ErrorCode = row.recipient, row.result, row.code
		require.Equal(t, row.want, shown(t, time.Second, d).Hint, "%+v", row)
	}
}
