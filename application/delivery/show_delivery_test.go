package delivery_test

import (
	"slices"
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

const lifetime = 5 * time.Minute

// shown is what is shown of some deliveries, a while after they were made.
func shown(t *testing.T, after time.Duration, list ...domain.Delivery) delivery.ShowDeliveryOut {
	t.Helper()
	store, clock := mocks.NewDeliveries(t), fake.NewClock()
	store.EXPECT().OfChallenge(mock.Anything, domain.ChallengeID("c")).Return(list, nil).Once()
	clock.Advance(after)
	out, err := delivery.NewShowDelivery(store, readers, clock, delivery.ShowConfig{Total: total, Lifetime: lifetime}).
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
		require.Equal(t, row.over, out.Final, name)
		require.Equal(t, row.want == domain.DeliveryFailed, out.Hint != "", name)
		for i, d := range out.Deliveries {
			require.Equal(t, delivery.ShownDelivery{
				Channel: channels[i], Provider: "twilio", Status: row.list[i],
				At: fake.Noon.Add(time.Second),
			}, d, name)
		}
	}
}

// A message without an outcome in time is unknown; its challenge is still queued.
func TestShowDelivery_afterTheSendersTime(t *testing.T) {
	t.Parallel()
	require.Equal(t, domain.DeliveryQueued, shown(t, total, message("sms", "queued")).Deliveries[0].Status)
	out := shown(t, total+time.Microsecond, message("sms", "queued"))
	require.Equal(t, domain.DeliveryUnknown, out.Deliveries[0].Status)
	require.Equal(t, domain.DeliveryQueued, out.Status)
	require.False(t, out.Final)
}

func TestShowDelivery_over(t *testing.T) {
	t.Parallel()
	require.False(t, shown(t, lifetime-time.Microsecond, message("sms", "sent")).Final)
	require.True(t, shown(t, lifetime, message("sms", "sent")).Final, "the code has expired")
	require.False(t, shown(t, 3*time.Second-time.Microsecond, message("sms", "failed")).Final,
		"another provider may be tried")
	require.True(t, shown(t, 3*time.Second, message("sms", "failed")).Final)
}

func TestShowDelivery_notThere(t *testing.T) {
	t.Parallel()
	store := mocks.NewDeliveries(t)
	store.EXPECT().OfChallenge(mock.Anything, mock.Anything).Return(nil, nil).Once()
	uc := delivery.NewShowDelivery(store, nil, fake.NewClock(), delivery.ShowConfig{Total: total, Lifetime: lifetime})
	_, err := uc.Do(t.Context(), delivery.ShowDeliveryIn{ChallengeID: "\x00"})
	require.Equal(t, domain.NotFound, domain.AsError(err).Kind)
	store.EXPECT().OfChallenge(mock.Anything, mock.Anything).Return(nil, domain.ErrUnavailable).Once()
	_, err = uc.Do(t.Context(), delivery.ShowDeliveryIn{ChallengeID: "c"})
	require.ErrorIs(t, err, domain.ErrUnavailable)
}

// reasons is a provider that knows the meaning of some errors of its own.
type reasons struct {
	port.DeliveryReports // not there: nothing is read here
}

func (reasons) FailureReason(errorCode string) domain.FailureReason {
	return domain.FailureReason(strings.TrimPrefix(errorCode, "acme "))
}

var readers = delivery.Readers{"twilio": reasons{}, "silent": struct{ port.DeliveryReports }{}}

func TestShowDelivery_hints(t *testing.T) {
	t.Parallel()
	const phone, email = "***4567", "ad***@example.com"
	for _, row := range []struct {
		channel   domain.ChannelName
		recipient string
		result    domain.SendResult
		code      string
		want      string
	}{
		{"sms", phone, domain.SendRejected, "", "The carrier refused this number; try e-mail."},
		{"sms", phone, domain.SendAccepted, "acme odd", "The message did not arrive. Ask for another one, or try e-mail."},
		{"sms", phone, "", "", "The message did not arrive. Ask for another one, or try e-mail."},
		{
			"sms", phone, domain.SendAccepted, "acme away",
			"The phone is off or out of reach. Switch it on and ask for another message, or try e-mail.",
		},
		{"sms", phone, domain.SendAccepted, "acme full", "The message did not arrive. Ask for another one, or try e-mail."},
		{"sms", phone, domain.SendInvalidRecipient, "", "This number cannot be reached. Check it, or try e-mail."},
		{
			"pager", phone, domain.SendUnsupported, "",
			"This number cannot be reached this way. Try another channel, or e-mail.",
		},
		{
			"sms", phone, domain.SendAuthenticationFailed, "",
			"The message could not be sent. Try again in a minute, or try e-mail.",
		},
		{
			"whatsapp", phone, domain.SendAccepted, "acme not_on_channel",
			"This number is not on WhatsApp. Try SMS, or e-mail.",
		},
		{"whatsapp", phone, domain.SendAccepted, "", "WhatsApp did not deliver the message. Try SMS, or e-mail."},
		{"whatsapp", phone, domain.SendUnreachable, "", "The message could not be sent. Try SMS, or e-mail."},
		{"whatsapp", phone, domain.SendNotOnChannel, "", "This number is not on WhatsApp. Try SMS, or e-mail."},
		{
			"telegram", phone, domain.SendNotOnChannel, "",
			"This number cannot be reached this way. Try another channel, or e-mail.",
		},
		{"email", email, domain.SendNotOnChannel, "", "This address cannot be reached this way. Try another channel."},
		{
			"email", email, domain.SendRateLimited, "",
			"The message could not be sent. Try again in a minute, or try another channel.",
		},
		{
			"email", email, domain.SendUnreachable, "",
			"The message could not be sent. Try again in a minute, or try another channel.",
		},
		{
			"email", email, domain.SendInvalidRecipient, "",
			"This address cannot be reached. Check it for a slip, or try another one.",
		},
		{
			"email", email, domain.SendAccepted, "acme no_recipient",
			"There is no such address. Check it for a slip, or try another one.",
		},
		{
			"email", email, domain.SendAccepted, "acme full",
			"The mailbox takes no mail: it may be full. Try another address, or a phone number.",
		},
		{
			"email", email, domain.SendAccepted, "bounce",
			"The message did not arrive. Ask for another one, or try a phone number.",
		},
	} {
		d := message(row.channel, domain.DeliveryFailed)
		d.Recipient, d.Result, d.ErrorCode = row.recipient, row.result, row.code
		require.Equal(t, row.want, shown(t, time.Second, d).Hint, "%+v", row)
	}
	d := message("sms", domain.DeliveryFailed)
	for _, d.Provider = range []string{"silent", "gone"} { // without FailureReasons
		d.ErrorCode = "acme away"
		const want = "The message did not arrive. Ask for another one, or try e-mail."
		require.Equal(t, want, shown(t, time.Second, d).Hint, d.Provider)
	}
}

// Whoever may get an SMS instead is told so, for asking again would take WhatsApp again.
func TestShowDelivery_hintsOfWhatsApp(t *testing.T) {
	t.Parallel()
	for _, reason := range append(slices.Clone(domain.FailureReasons), "") {
		for _, result := range domain.SendResults {
			d := message("whatsapp", domain.DeliveryFailed)
			d.Result, d.ErrorCode = result, string(reason)
			require.Regexp(t, "[Tt]ry SMS or|[Tt]ry SMS, or", shown(t, time.Second, d).Hint, "%s, %s", reason, result)
		}
	}
}

// Every reason has advice on some channel.
func TestShowDelivery_hintsOfReasons(t *testing.T) {
	t.Parallel()
	for _, reason := range domain.FailureReasons {
		said := 0
		for channel, recipient := range map[domain.ChannelName]string{
			"sms": "***4567", "whatsapp": "***4567",
			"email": "ad***@example.com",
		} {
			d := message(channel, domain.DeliveryFailed)
			d.Recipient = recipient
			usual := shown(t, time.Second, d).Hint
			d.ErrorCode = string(reason)
			if shown(t, time.Second, d).Hint != usual {
				said++
			}
		}
		require.NotZero(t, said, reason)
	}
}
