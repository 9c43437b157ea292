package auth_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	placeholderHost = "phone.invalid"
	ownHost         = "login.example.com"
	sendWait        = 5 * time.Second
	lifetime        = 5 * time.Minute
)

var caller = netip.MustParseAddr("192.0.2.7")

// testBundle is the ports of both use cases. A port that a test says nothing of
// must not be called.
type testBundle struct {
	secrets    *mocks.OTPSecrets
	signIns    *mocks.SignIns
	phones     *mocks.PhoneNumbers
	limiter    *mocks.AddressLimiter
	access     *mocks.AccessTokens
	refresh    *mocks.RefreshTokens
	post       *mocks.CodeSender // email
	text       *mocks.CodeSender // sms
	whatsApp   *mocks.CodeSender // the second channel of phones
	messages   *mocks.Messages
	deliveries *mocks.Deliveries
	outcomes   *delivery.OutcomeLog // not run
	clock      *fake.Clock
	random     *fake.Random
	keys       domain.KeyRing
	notices    *notices.Queue // nil is disabled
	config     auth.Config
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	deliveries := mocks.NewDeliveries(t)
	return &testBundle{
		deliveries: deliveries, outcomes: delivery.NewOutcomeLog(deliveries, func(error) {}),
		secrets: mocks.NewOTPSecrets(t), signIns: mocks.NewSignIns(t), limiter: mocks.NewAddressLimiter(t),
		phones: allPhones(t),
		access: mocks.NewAccessTokens(t), refresh: mocks.NewRefreshTokens(t),
		post: mocks.NewCodeSender(t), text: mocks.NewCodeSender(t), whatsApp: mocks.NewCodeSender(t),
		messages: mocks.NewMessages(t),
		clock:    fake.NewClock(), random: &fake.Random{}, keys: newKeys(t, "current", "previous"),
		config: auth.Config{
			Digits: 6, Lifetime: lifetime, MaxAttempts: 3, Limit: port.SendLimit{Sends: 3, Window: time.Hour},
			PlaceholderHost: placeholderHost, Sources: domain.SourceRules{}.WithOwnHosts(ownHost), Sessions: policy,
		},
	}
}

// allPhones lets every number through.
func allPhones(t *testing.T) *mocks.PhoneNumbers {
	phones := mocks.NewPhoneNumbers(t)
	phones.EXPECT().Check(mock.Anything).Return(nil).Maybe()
	canonicalIsSame(phones)
	phones.EXPECT().CountryOf(mock.Anything).Return("US").Maybe()
	return phones
}

// canonicalIsSame keeps every number as it is.
func canonicalIsSame(phones *mocks.PhoneNumbers) {
	same := func(id domain.Identifier) domain.Identifier { return id }
	phones.EXPECT().Canonical(mock.Anything).RunAndReturn(same).Maybe()
}

// policy is the usual one.
var policy = domain.SessionPolicy{
	AccessLifetime: time.Hour, RefreshLifetime: 24 * time.Hour, AbsoluteLifetime: 90 * 24 * time.Hour,
	Grace: 10 * time.Second, Rotates: true,
}

// newKeys makes a ring of keys that are named, the current first.
func newKeys(t *testing.T, current, previous string) domain.KeyRing {
	t.Helper()
	key := func(name string) []byte {
		if name == "" {
			return nil
		}
		return append([]byte(name), make([]byte, domain.MinSecretKeyBytes)...)
	}
	ring, err := domain.NewKeyRing(key(current), key(previous))
	require.NoError(t, err)
	return ring
}

// requestOTP makes the use case, with a dispatcher of its own.
func (b *testBundle) requestOTP(change ...func(*delivery.Config)) *auth.RequestOTP {
	routes := delivery.NewRoutes([]port.ChannelSender{
		{Channel: domain.Channel{Name: domain.ChannelEmail, Kind: domain.KindEmail}, Provider: "post", Sender: b.post},
		{Channel: domain.Channel{Name: domain.ChannelSMS, Kind: domain.KindPhone}, Provider: "text", Sender: b.text},
		{Channel: domain.Channel{Name: domain.ChannelWhatsApp, Kind: domain.KindPhone}, Provider: "chat", Sender: b.whatsApp},
	}, []domain.ChannelName{domain.ChannelSMS, domain.ChannelWhatsApp})
	config := delivery.Config{Wait: sendWait, Total: 20 * time.Second}
	for _, c := range change {
		c(&config)
	}
	dispatcher := delivery.NewDispatcher(routes, b.messages, b.clock, b.random, b.outcomes, config)
	return auth.NewRequestOTP(b.ports(), b.keys, routes, dispatcher, b.notices, b.config)
}

func (b *testBundle) ports() auth.Ports {
	return auth.Ports{
		OTPSecrets: b.secrets, SignIns: b.signIns, PhoneNumbers: b.phones, AddressLimiter: b.limiter,
		AccessTokens: b.access, RefreshTokens: b.refresh, Clock: b.clock, Random: b.random,
	}
}

func (b *testBundle) verifyOTP() *auth.VerifyOTP {
	return auth.NewVerifyOTP(b.ports(), b.keys, b.notices, b.config)
}

// allows lets the caller through to what is limited by address.
func (b *testBundle) allows(action port.AddressAction) {
	b.limiter.EXPECT().Take(action, caller).Return(0, true).Once()
}

// issues makes the store issue what is requested, and keeps the request.
func (b *testBundle) issues() *port.IssueRequest {
	var kept port.IssueRequest
	b.secrets.EXPECT().Issue(mock.Anything, mock.Anything).
		RunAndReturn(func(_ context.Context, req port.IssueRequest) (port.IssueResult, error) {
			kept = req
			return port.IssueResult{Secret: req.Fresh, SentAt: req.Now, SendsLeft: 2}, nil
		}).Once()
	return &kept
}

// sends makes a sender answer one message, and keeps the message.
func sends(sender *mocks.CodeSender, result domain.SendResult) *port.CodeMessage {
	var kept port.CodeMessage
	sender.EXPECT().Send(mock.Anything, mock.Anything).
		RunAndReturn(func(_ context.Context, m port.CodeMessage) port.SendOutcome {
			kept = m
			return port.SendOutcome{Result: result}
		}).Once()
	return &kept
}

// secret is an active secret of an address, made a minute ago.
func (b *testBundle) secret(t *testing.T, address string) domain.OTPSecret {
	t.Helper()
	return domain.OTPSecret{
		OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: identifier(t, address)},
		ChallengeID: "019cec37-b600-7000-8000-0000000000aa",
		Epoch:       b.keys.Current(),
		Seed:        domain.Seed{1, 2, 3},
		Digits:      6,
		MaxAttempts: 3,
		CreatedAt:   fake.Noon.Add(-time.Minute),
		ExpiresAt:   fake.Noon.Add(lifetime - time.Minute),
		Channel:     domain.ChannelSMS,
	}
}

// codeOf is the code of a secret, and another one.
func (b *testBundle) codeOf(t *testing.T, s domain.OTPSecret) (right, wrong string) {
	t.Helper()
	code, known := b.keys.Code(s)
	require.True(t, known)
	right = code.Reveal()
	last := right[len(right)-1]
	return right, right[:len(right)-1] + string('0'+(last-'0'+1)%10)
}

func identifier(t *testing.T, text string) domain.Identifier {
	t.Helper()
	id, err := domain.ParseIdentifier(text)
	require.NoError(t, err)
	return id
}
