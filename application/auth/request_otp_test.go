package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

func TestRequestOTP(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.allows(port.AddressRequest)
	req := b.issues()
	message := sends(b.text, domain.SendAccepted)

	out, err := b.requestOTP().Do(t.Context(), auth.RequestOTPIn{
		Identifier: auth.Address{Text: " +1 (555) 123-4567 "}, SourceURL: "https://news.example.org/item", Locale: "de",
		From: caller,
	})
	require.NoError(t, err)

	phone := identifier(t, "+15551234567")
	fresh := req.Fresh
	require.Equal(t, domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: phone}, fresh.OTPKey)
	require.Equal(t, b.keys.Current(), fresh.Epoch)
	require.NotZero(t, fresh.Seed)
	require.Equal(t, 6, fresh.Digits)
	require.Equal(t, 3, fresh.MaxAttempts)
	require.Zero(t, fresh.Attempts)
	require.Equal(t, fake.Noon, fresh.CreatedAt)
	require.Equal(t, fake.Noon.Add(lifetime), fresh.ExpiresAt)
	require.Zero(t, fresh.UsedAt)
	require.Equal(t, domain.ChannelSMS, fresh.Channel)
	require.Equal(t, "https://news.example.org/item", fresh.SourceURL)
	require.Equal(t, fake.Noon, req.Now)
	require.Equal(t, b.keys.Epochs(), req.Epochs)
	require.Equal(t, port.SendLimit{Sends: 3, Window: time.Hour}, req.Limit)
	require.NotEqual(t, string(fresh.ChallengeID), req.Delivery.ID)
	require.Equal(t, domain.Delivery{
		ID: req.Delivery.ID, Channel: domain.ChannelSMS, Provider: "text", Recipient: "***4567",
		Status:    domain.DeliveryQueued,
		CreatedAt: fake.Noon, UpdatedAt: fake.Noon,
	}, req.Delivery)

	right, _ := b.codeOf(t, fresh)
	require.True(t, message.Code.Equal(right))
	require.Equal(t, req.Delivery.ID, message.DeliveryID)
	require.Equal(t, fresh.ChallengeID, message.ChallengeID)
	require.Equal(t, phone, message.To)
	require.Equal(t, domain.ChannelSMS, message.Channel)
	require.Equal(t, domain.PurposeSignIn, message.Purpose)
	require.Equal(t, "de", message.Locale)
	require.Equal(t, fresh.ExpiresAt, message.ExpiresAt)
	require.Equal(t, lifetime, message.ExpiresIn)

	require.Equal(t, auth.RequestOTPOut{
		Recipient: phone, Channel: domain.ChannelSMS, Secret: fresh, ExpiresIn: lifetime, Result: domain.SendAccepted,
		Limited: true, SendsLeft: 2,
	}, out)
}

// Each check comes before the next, and what fails it touches nothing behind.
func TestRequestOTP_checksInOrder(t *testing.T) {
	t.Parallel()
	in := auth.RequestOTPIn{
		Identifier: auth.Address{Text: "nobody"}, Channel: "telex", SourceURL: "javascript:alert(1)", From: caller,
	}
	fails := func(b *testBundle, fault *domain.Error) {
		t.Helper()
		_, err := b.requestOTP().Do(t.Context(), in)
		require.ErrorIs(t, err, fault)
	}
	fails(setup(t), domain.ErrInvalidIdentifier)
	in.Identifier.Text = "+19005550100"
	b := setup(t)
	b.phones = mocks.NewPhoneNumbers(t)
	canonicalIsSame(b.phones)
	b.phones.EXPECT().Check(identifier(t, "+19005550100")).Return(domain.ErrInvalidPhone).Once()
	fails(b, domain.ErrInvalidPhone)
	in.Identifier.Text = "ada@example.com"
	fails(setup(t), domain.ErrInvalidChannel)
	in.Channel = domain.ChannelEmail

	b = setup(t)
	b.limiter.EXPECT().Take(port.AddressRequest, caller).Return(7*time.Second, false).Once()
	_, err := b.requestOTP().Do(t.Context(), in)
	requireLimited(t, err, "ip_request", 7*time.Second)

	b = setup(t)
	b.allows(port.AddressRequest)
	b.secrets.EXPECT().Issue(mock.Anything, mock.Anything).
		Return(port.IssueResult{RateLimited: true, RetryAfter: 40 * time.Minute}, nil).Once()
	_, err = b.requestOTP().Do(t.Context(), in)
	requireLimited(t, err, "identifier_requests", 40*time.Minute)

	b = setup(t)
	b.allows(port.AddressRequest)
	away := domain.ErrUnavailable.Because(errors.New("connection refused"))
	b.secrets.EXPECT().Issue(mock.Anything, mock.Anything).Return(port.IssueResult{}, away).Once()
	out, err := b.requestOTP().Do(t.Context(), in)
	require.Same(t, away, err)
	require.Zero(t, out.Secret)
}

func requireLimited(t *testing.T, err error, limit string, wait time.Duration) {
	t.Helper()
	require.ErrorIs(t, err, domain.ErrRateLimited)
	require.Equal(t, limit, domain.AsError(err).Limit)
	require.Equal(t, wait, domain.AsError(err).RetryAfter)
}

func TestRequestOTP_readsTheIdentifier(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		address auth.Address
		fault   *domain.Error
	}{
		{auth.Address{Text: ""}, domain.ErrInvalidIdentifier},
		{auth.Address{Text: "", Kind: domain.KindPhone}, domain.ErrInvalidIdentifier},
		{auth.Address{Text: "+15551234567", Kind: domain.KindEmail}, domain.ErrInvalidEmail},
		{auth.Address{Text: "ada@example.com", Kind: domain.KindPhone}, domain.ErrInvalidPhone},
		{auth.Address{Text: "ada@example"}, domain.ErrInvalidEmail},
		{auth.Address{Text: "phone_15551234567@phone.invalid"}, domain.ErrInvalidEmail},
		{auth.Address{Text: " PHONE_15551234567@Phone.Invalid", Kind: domain.KindEmail}, domain.ErrInvalidEmail},
		{auth.Address{Text: "me@valid.invalid"}, domain.ErrInvalidEmail},
		{auth.Address{Text: "me@test.test"}, domain.ErrInvalidEmail},
		{auth.Address{Text: "ada.example.com"}, domain.ErrInvalidIdentifier},
	} {
		out, err := setup(t).requestOTP().Do(t.Context(), auth.RequestOTPIn{Identifier: tt.address, From: caller})
		require.ErrorIs(t, err, tt.fault, "%+v", tt.address)
		require.Zero(t, out)
	}
	for _, address := range []auth.Address{
		{Text: "Ada@Example.com"},
		{Text: "Ada@Example.com", Kind: domain.KindEmail},
		{Text: "phone_15551234567@example.com"},
	} {
		b := setup(t)
		b.allows(port.AddressRequest)
		b.issues()
		sends(b.post, domain.SendAccepted)
		_, err := b.requestOTP().Do(t.Context(), auth.RequestOTPIn{Identifier: address, From: caller})
		require.NoError(t, err, "%+v", address)
	}
}

// A request while a code is active sends that code again.
func TestRequestOTP_resendsTheSameCode(t *testing.T) {
	t.Parallel()
	for name, epoch := range map[string]func(*testBundle) domain.Epoch{
		"of the current key":  func(b *testBundle) domain.Epoch { return b.keys.Epochs()[0] },
		"of the previous key": func(b *testBundle) domain.Epoch { return b.keys.Epochs()[1] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.allows(port.AddressRequest)
			active := b.secret(t, "+15551234567")
			active.Epoch, active.Digits, active.Attempts = epoch(b), 8, 2
			b.secrets.EXPECT().Issue(mock.Anything, mock.Anything).
				Return(port.IssueResult{Secret: active, SentAt: fake.Noon}, nil).Once()
			message := sends(b.whatsApp, domain.SendAccepted)

			out, err := b.requestOTP().Do(t.Context(),
				auth.RequestOTPIn{Identifier: auth.Address{Text: "+15551234567"}, Channel: "whatsapp", From: caller})
			require.NoError(t, err)
			right, _ := b.codeOf(t, active)
			require.Len(t, right, 8)
			require.True(t, message.Code.Equal(right))
			require.Equal(t, active.ChallengeID, message.ChallengeID)
			require.Equal(t, lifetime-time.Minute, message.ExpiresIn)
			require.Equal(t, active, out.Secret)
			require.Equal(t, lifetime-time.Minute, out.ExpiresIn)
			require.Equal(t, domain.ChannelWhatsApp, out.Channel)
		})
	}
}

func TestRequestOTP_sendsNothingWithoutACode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.allows(port.AddressRequest)
	strange := b.secret(t, "ada@example.com")
	strange.Epoch = newKeys(t, "stranger", "").Current()
	b.secrets.EXPECT().Issue(mock.Anything, mock.Anything).Return(port.IssueResult{Secret: strange}, nil).Once()
	_, err := b.requestOTP().Do(t.Context(),
		auth.RequestOTPIn{Identifier: auth.Address{Text: "ada@example.com"}, From: caller})
	require.ErrorIs(t, err, domain.ErrInternal)
}

// What a failed send answers, and whether it costs one of the sends.
func TestRequestOTP_failedSends(t *testing.T) {
	t.Parallel()
	for result, want := range map[domain.SendResult]struct {
		email, phone *domain.Error
		givenBack    bool
	}{
		domain.SendAccepted:             {},
		domain.SendTest:                 {},
		domain.SendTimeout:              {},
		domain.SendUnknown:              {},
		domain.SendInvalidRecipient:     {domain.ErrInvalidEmail, domain.ErrInvalidPhone, false},
		domain.SendNotOnChannel:         {domain.ErrInvalidChannel, domain.ErrInvalidChannel, false},
		domain.SendRejected:             {domain.ErrEmailSendFailed, domain.ErrSMSSendFailed, false},
		domain.SendUnsupported:          {domain.ErrEmailSendFailed, domain.ErrSMSSendFailed, false},
		domain.SendRateLimited:          {domain.ErrEmailSendFailed, domain.ErrSMSSendFailed, true},
		domain.SendAuthenticationFailed: {domain.ErrEmailSendFailed, domain.ErrSMSSendFailed, true},
		domain.SendUnreachable:          {domain.ErrEmailSendFailed, domain.ErrSMSSendFailed, true},
	} {
		for address, fault := range map[string]*domain.Error{"ada@example.com": want.email, "+15551234567": want.phone} {
			t.Run(fmt.Sprintf("%s to %s", result, address), func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.allows(port.AddressRequest)
				req := b.issues()
				sender, channel := b.post, domain.ChannelEmail
				if identifier(t, address).Kind() == domain.KindPhone {
					sender, channel = b.whatsApp, domain.ChannelWhatsApp
				}
				sends(sender, result)
				if want.givenBack {
					b.secrets.EXPECT().RefundSend(mock.Anything,
						domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: identifier(t, address)}, fake.Noon).
						Return(nil).Once()
				}
				out, err := b.requestOTP().Do(t.Context(),
					auth.RequestOTPIn{Identifier: auth.Address{Text: address}, Channel: channel, From: caller})
				require.Equal(t, channel, out.Channel)
				require.Equal(t, result, out.Result)
				require.Equal(t, req.Fresh, out.Secret)
				if fault == nil {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, fault)
				require.EqualError(t, domain.AsError(err).Err, "send by "+string(channel)+": "+string(result))
				require.Equal(t, fault.Message, domain.AsError(err).Message, "the cause is not shown")
			})
		}
	}
}

func TestRequestOTP_mapsTheOutcome(t *testing.T) {
	t.Parallel()
	for wait, want := range map[time.Duration]time.Duration{
		7 * time.Second: 7 * time.Second,
		0:               domain.ErrEmailSendFailed.RetryAfter,
	} {
		b := setup(t)
		b.allows(port.AddressRequest)
		b.issues()
		b.secrets.EXPECT().RefundSend(mock.Anything, mock.Anything, mock.Anything).Return(errors.New("refused too")).Once()
		cause := errors.New("too many requests")
		b.post.EXPECT().Send(mock.Anything, mock.Anything).
			Return(port.SendOutcome{Result: domain.SendRateLimited, RetryAfter: wait, Err: cause}).Once()
		_, err := b.requestOTP().Do(t.Context(),
			auth.RequestOTPIn{Identifier: auth.Address{Text: "ada@example.com"}, From: caller})
		require.ErrorIs(t, err, domain.ErrEmailSendFailed)
		require.ErrorIs(t, err, cause)
		require.EqualError(t, domain.AsError(err).Err, "send by email: rate_limited: too many requests")
		require.Equal(t, want, domain.AsError(err).RetryAfter)
	}
	require.NotZero(t, domain.ErrEmailSendFailed.RetryAfter)
}

func TestRequestOTP_answersTheChannelThatCarriedTheCode(t *testing.T) {
	t.Parallel()
	for _, asked := range []domain.ChannelName{"", domain.ChannelPhone} {
		b := setup(t)
		b.allows(port.AddressRequest)
		req := b.issues()
		b.deliveries.EXPECT().Record(mock.Anything, mock.Anything).Return(nil).Once()
		first, second := sends(b.text, domain.SendRejected), sends(b.whatsApp, domain.SendAccepted)
		out, err := b.requestOTP().Do(t.Context(),
			auth.RequestOTPIn{Identifier: auth.Address{Text: "+15551234567"}, Channel: asked, From: caller})
		require.NoError(t, err)
		require.Equal(t, domain.ChannelSMS, req.Fresh.Channel)
		require.Equal(t, domain.ChannelWhatsApp, out.Channel)
		require.True(t, first.Code.Equal(second.Code.Reveal()))
	}
}

func TestRequestOTP_notesTheOutcomeWithTheChallengeThatWasSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.allows(port.AddressRequest)
	active := b.secret(t, "ada@example.com")
	var req port.IssueRequest
	b.secrets.EXPECT().Issue(mock.Anything, mock.Anything).
		RunAndReturn(func(_ context.Context, a port.IssueRequest) (port.IssueResult, error) {
			req = a
			return port.IssueResult{Secret: active}, nil
		}).Once()
	sends(b.post, domain.SendAccepted)
	_, err := b.requestOTP().Do(t.Context(),
		auth.RequestOTPIn{Identifier: auth.Address{Text: "ada@example.com"}, From: caller})
	require.NoError(t, err)

	want := req.Delivery
	want.ChallengeID, want.Status, want.Result = active.ChallengeID, domain.DeliverySent, domain.SendAccepted
	b.deliveries.EXPECT().Record(mock.Anything, []domain.Delivery{want}).Return(nil).Once()
	ended, end := context.WithCancel(t.Context())
	end()
	b.outcomes.Run(ended)
}

func TestRequestOTP_keepsTheFirstSource(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ sourceURL, referer, want string }{
		{"", "", ""},
		{"https://a.example/x?utm_source=y", "https://b.example/", "https://a.example/x?utm_source=y"},
		{"https://ada:secret@a.example/#top", "", "https://a.example/"},
		{"", "https://b.example/page#part", "https://b.example/page"},
		{"", "https://login.example.com/sign-in", ""},
		{"https://login.example.com/sign-in", "", "https://login.example.com/sign-in"}, // said so itself
		{"", "about:blank", ""},
		{"", "https://b.example/?\xff", ""},
		{"", "https://b.example/" + strings.Repeat("x", domain.MaxSourceURL), ""},
		{"javascript:alert(1)", "", ""},
		{"javascript:alert(1)", "https://b.example/", "https://b.example/"},
		{"https://b.example/" + strings.Repeat("x", domain.MaxSourceURL), "", ""},
		{" \n", "https://b.example/", "https://b.example/"},
	} {
		b := setup(t)
		b.allows(port.AddressRequest)
		req := b.issues()
		sends(b.post, domain.SendAccepted)
		out, err := b.requestOTP().Do(t.Context(), auth.RequestOTPIn{
			Identifier: auth.Address{Text: "ada@example.com"}, SourceURL: tt.sourceURL, Referer: tt.referer, From: caller,
		})
		require.NoError(t, err, "%+v", tt)
		require.Equal(t, tt.want, req.Fresh.SourceURL, "%+v", tt)
		ignored := strings.HasPrefix(tt.sourceURL, "javascript:") || len(tt.sourceURL) > domain.MaxSourceURL
		require.Equal(t, ignored, out.SourceIgnored, "%+v", tt)
	}
}

// What a challenge counts under is told with it, so that nothing has to be asked later.
func TestRequestOTP_cohort(t *testing.T) {
	t.Parallel()
	rules := domain.SourceRules{Names: map[string]domain.KnownSource{"facebook": {
		Name:    "Facebook",
		Channel: domain.SourceOrganicSocial,
	}}}
	facebook, err := rules.Parse("https://a.example/?utm_source=facebook")
	require.NoError(t, err)
	for _, tt := range []struct {
		sourceURL, referer string
		want               domain.Cohort
	}{
		{"", "", domain.Cohort{Category: domain.CategoryDirect, Channel: domain.SourceDirect, Country: "DE"}},
		{"https://a.example/?utm_source=facebook&gclid=1", "", domain.Cohort{
			SourceID: facebook.ID,
			Category: facebook.Category, Channel: domain.SourceOrganicSocial, Country: "DE",
		}},
		{"", "https://a.example/?utm_source=facebook", domain.Cohort{
			SourceID: facebook.ID, Category: facebook.Category,
			Channel: domain.SourceOrganicSocial, Country: "DE",
		}},
	} {
		b := setup(t)
		b.config.Sources = rules
		b.phones = mocks.NewPhoneNumbers(t)
		canonicalIsSame(b.phones)
		number := identifier(t, "+4915112345678")
		b.phones.EXPECT().Check(number).Return(nil).Once()
		b.phones.EXPECT().CountryOf(number).Return("DE").Once()
		b.allows(port.AddressRequest)
		req := b.issues()
		sends(b.text, domain.SendAccepted)
		_, err := b.requestOTP().Do(t.Context(), auth.RequestOTPIn{
			Identifier: auth.Address{Text: number.Value()}, SourceURL: tt.sourceURL, Referer: tt.referer, From: caller,
		})
		require.NoError(t, err)
		require.Equal(t, tt.want, req.Cohort, "%+v", tt)
	}
}

func TestRequestOTP_twoRequestsHaveTwoSeeds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var requests []port.IssueRequest
	for range 2 {
		b.allows(port.AddressRequest)
		req := b.issues()
		sends(b.post, domain.SendAccepted)
		_, err := b.requestOTP().Do(t.Context(),
			auth.RequestOTPIn{Identifier: auth.Address{Text: "ada@example.com"}, From: caller})
		require.NoError(t, err)
		requests = append(requests, *req)
	}
	require.NotEqual(t, requests[0].Fresh.Seed, requests[1].Fresh.Seed)
	require.NotEqual(t, requests[0].Fresh.ChallengeID, requests[1].Fresh.ChallengeID)
	require.NotEqual(t, requests[0].Delivery.ID, requests[1].Delivery.ID)
}

func TestRequestOTP_aCallerWhoHangsUpStopsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.allows(port.AddressRequest)
		ctx, hangUp := context.WithCancel(t.Context())
		b.secrets.EXPECT().Issue(mock.Anything, mock.Anything).
			RunAndReturn(func(_ context.Context, req port.IssueRequest) (port.IssueResult, error) {
				hangUp()
				return port.IssueResult{Secret: req.Fresh, SentAt: req.Now}, nil
			}).Once()
		b.slow(b.post, time.Second, domain.SendUnreachable)
		b.secrets.EXPECT().RefundSend(mock.Anything, mock.Anything, mock.Anything).
			RunAndReturn(func(ctx context.Context, _ domain.OTPKey, _ time.Time) error {
				return ctx.Err()
			}).Once()
		out, err := b.requestOTP().Do(ctx, auth.RequestOTPIn{Identifier: auth.Address{Text: "ada@example.com"}, From: caller})
		require.NoError(t, err)
		require.Equal(t, domain.SendUnknown, out.Result)
		time.Sleep(2 * time.Second) // of the bubble: the message goes on, and so does the refund
	})
}

func TestRequestOTP_doesNotWaitForASlowProvider(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		b.allows(port.AddressRequest)
		req := b.issues()
		b.slow(b.post, 10*time.Second, domain.SendRejected)
		start := time.Now()
		out, err := b.requestOTP().Do(t.Context(),
			auth.RequestOTPIn{Identifier: auth.Address{Text: "ada@example.com"}, From: caller})
		require.NoError(t, err, "the code is good, for it may arrive")
		require.Equal(t, sendWait, time.Since(start))
		require.Equal(t, auth.RequestOTPOut{
			Recipient: identifier(t, "ada@example.com"), Channel: domain.ChannelEmail, Secret: req.Fresh, ExpiresIn: lifetime,
			Result: domain.SendUnknown, Limited: true, SendsLeft: 2,
		}, out)
		time.Sleep(10 * time.Second)
	})
}

func TestRequestOTP_aFullProviderCostsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		uc := b.requestOTP(func(c *delivery.Config) { c.PerSender = 1 })
		b.allows(port.AddressRequest)
		b.issues()
		b.slow(b.post, 2*time.Second, domain.SendAccepted)
		in := auth.RequestOTPIn{Identifier: auth.Address{Text: "ada@example.com"}, From: caller}
		go func() {
			_, err := uc.Do(t.Context(), in)
			require.NoError(t, err)
		}()
		synctest.Wait()

		b.allows(port.AddressRequest)
		b.issues()
		b.secrets.EXPECT().RefundSend(mock.Anything, mock.Anything, fake.Noon).Return(nil).Once()
		_, err := uc.Do(t.Context(), in)
		require.ErrorIs(t, err, domain.ErrEmailSendFailed)
		require.Equal(t, time.Second, domain.AsError(err).RetryAfter)
		time.Sleep(2 * time.Second)
	})
}

// slow makes a sender take its time over one message, even after a hang-up.
func (b *testBundle) slow(sender *mocks.CodeSender, takes time.Duration, result domain.SendResult) {
	sender.EXPECT().Send(mock.Anything, mock.Anything).
		RunAndReturn(func(ctx context.Context, _ port.CodeMessage) port.SendOutcome {
			select {
			case <-time.After(takes):
				return port.SendOutcome{Result: result}
			case <-ctx.Done():
				return port.SendOutcome{Result: domain.SendTimeout, Err: ctx.Err()}
			}
		}).Once()
}
