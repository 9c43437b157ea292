package delivery_test

import (
	"context"
	"errors"
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

// sampleBundle is the ports of SendSample, with two providers of SMS.
type sampleBundle struct {
	phones        *mocks.PhoneNumbers
	messages      *mocks.Messages
	first, second *mocks.CodeSender
	clock         *fake.Clock
}

func setupSample(t *testing.T) (*sampleBundle, *delivery.SendSample) {
	t.Helper()
	b := &sampleBundle{
		mocks.NewPhoneNumbers(t), mocks.NewMessages(t), mocks.NewCodeSender(t), mocks.NewCodeSender(t),
		fake.NewClock(),
	}
	sms := domain.Channel{Name: domain.ChannelSMS, Kind: domain.KindPhone}
	routes := delivery.NewRoutes([]port.ChannelSender{
		{Channel: sms, Provider: "first", Sender: b.first}, {Channel: sms, Provider: "second", Sender: b.second},
	}, []domain.ChannelName{domain.ChannelSMS})
	return b, delivery.NewSendSample(routes, delivery.SamplePorts{
		PhoneNumbers: b.phones, Messages: b.messages, Clock: b.clock, Random: &fake.Random{},
	},
		delivery.SampleConfig{Digits: 8, Lifetime: 5 * time.Minute, Total: 20 * time.Second})
}

func samplePhone(t *testing.T) domain.Identifier {
	t.Helper()
	to, err := domain.ParsePhone("+15551234567")
	require.NoError(t, err)
	return to
}

func TestSendSample(t *testing.T) {
	t.Parallel()
	b, uc := setupSample(t)
	to := samplePhone(t)
	b.phones.EXPECT().Check(to).Return(nil).Once()
	b.messages.EXPECT().ComposeCode(mock.Anything).RunAndReturn(func(m port.CodeMessage) (port.MessageText, error) {
		return port.MessageText{Body: m.Code.Reveal() + " " + m.Locale}, nil
	}).Once()
	refusal := port.SendOutcome{Result: domain.SendAuthenticationFailed, Err: errors.New("wrong password")}
	var ids []string
	b.first.EXPECT().Send(mock.Anything, mock.Anything).
		RunAndReturn(func(_ context.Context, m port.CodeMessage) port.SendOutcome {
			ids = append(ids, m.DeliveryID)
			require.Equal(t, 20*time.Second, m.RetryBudget, "the operator waits for the end")
			b.clock.Advance(8 * time.Second)
			return refusal
		}).Once()
	b.second.EXPECT().Send(mock.Anything, mock.Anything).
		RunAndReturn(func(ctx context.Context, m port.CodeMessage) port.SendOutcome {
			_, bounded := ctx.Deadline()
			require.True(t, bounded)
			text, err := m.Compose()
			require.NoError(t, err)
			require.Equal(t, "12345678 de", text.Body)
			require.Equal(t, to, m.To)
			require.Equal(t, domain.ChannelSMS, m.Channel)
			require.Equal(t, domain.PurposeSignIn, m.Purpose)
			require.Equal(t, 5*time.Minute, m.ExpiresIn)
			require.Equal(t, fake.Noon.Add(5*time.Minute), m.ExpiresAt)
			require.Equal(t, 12*time.Second, m.RetryBudget)
			require.NotEmpty(t, m.ChallengeID)
			require.Empty(t, m.CallbackURL, "its reports are not stored")
			ids = append(ids, m.DeliveryID)
			return port.SendOutcome{Result: domain.SendAccepted, MessageID: "m1"}
		}).Once()

	out, err := uc.Do(t.Context(), delivery.SampleIn{To: to, Locale: "de"})
	require.NoError(t, err)
	require.True(t, out.Allowed)
	require.Len(t, out.Route, 2)
	require.Equal(t, []delivery.Attempt{
		{Channel: domain.ChannelSMS, Provider: "first", Outcome: refusal},
		{
			Channel: domain.ChannelSMS, Provider: "second",
			Outcome: port.SendOutcome{Result: domain.SendAccepted, MessageID: "m1"},
		},
	}, out.Attempts)
	require.NotEqual(t, ids[0], ids[1])
}

// After an unknown outcome no other provider is tried.
func TestSendSample_unknownOutcome(t *testing.T) {
	t.Parallel()
	for _, result := range []domain.SendResult{
		domain.SendTimeout, domain.SendUnknown, domain.SendResult("odd"),
		domain.SendTest,
	} {
		b, uc := setupSample(t)
		b.phones.EXPECT().Check(mock.Anything).Return(nil).Once()
		b.first.EXPECT().Send(mock.Anything, mock.Anything).Return(port.SendOutcome{Result: result}).Once()
		out, err := uc.Do(t.Context(), delivery.SampleIn{To: samplePhone(t), Channel: domain.ChannelSMS})
		require.NoError(t, err)
		require.Len(t, out.Attempts, 1, result)
	}
}

func TestSendSample_refusesBeforeSending(t *testing.T) {
	t.Parallel()
	b, uc := setupSample(t)
	b.phones.EXPECT().Check(mock.Anything).Return(domain.ErrInvalidPhone).Once()
	out, err := uc.Do(t.Context(), delivery.SampleIn{To: samplePhone(t)})
	require.ErrorIs(t, err, domain.ErrInvalidPhone)
	require.False(t, out.Allowed)

	b, uc = setupSample(t)
	b.phones.EXPECT().Check(mock.Anything).Return(nil).Once()
	out, err = uc.Do(t.Context(), delivery.SampleIn{To: samplePhone(t), Channel: domain.ChannelEmail})
	require.ErrorIs(t, err, domain.ErrInvalidChannel)
	require.True(t, out.Allowed)
	require.Empty(t, out.Attempts)
}

func TestSampleCode(t *testing.T) {
	t.Parallel()
	for digits, want := range map[int]string{6: "123456", 10: "1234567890"} {
		require.Equal(t, want, delivery.SampleCode(digits).Reveal())
	}
}
