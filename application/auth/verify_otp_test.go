package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// finds makes the store find a secret, and keeps what it was asked for.
func (b *testBundle) finds(secret domain.OTPSecret) *port.OTPQuery {
	var kept port.OTPQuery
	b.secrets.EXPECT().Find(mock.Anything, mock.Anything).
		RunAndReturn(func(_ context.Context, q port.OTPQuery) (domain.OTPSecret, bool, error) {
			kept = q
			return secret, true, nil
		}).Once()
	return &kept
}

// verify guesses at the code of Ada within the limit.
func (b *testBundle) verify(t *testing.T, code string) (auth.VerifyOTPOut, error) {
	t.Helper()
	b.allows(port.AddressVerify)
	return b.verifyOTP().Do(t.Context(),
		auth.VerifyOTPIn{Identifier: &auth.Address{Text: "Ada@Example.com"}, Code: code, From: caller})
}

// Each check comes before the next, and what fails it touches nothing behind.
func TestVerifyOTP_checksInOrder(t *testing.T) {
	t.Parallel()
	in := auth.VerifyOTPIn{
		Identifier: &auth.Address{Text: "phone_15551234567@phone.invalid"},
		SourceURL:  "javascript:alert(1)", Code: "no code", From: caller,
	}
	_, err := setup(t).verifyOTP().Do(t.Context(), in)
	require.ErrorIs(t, err, domain.ErrInvalidEmail)

	in.Identifier = &auth.Address{Text: "Ada@Example.com"}
	in.SourceURL = "https://a.example/"
	b := setup(t)
	b.limiter.EXPECT().Take(port.AddressVerify, caller).Return(7*time.Second, false).Once()
	out, err := b.verifyOTP().Do(t.Context(), in)
	requireLimited(t, err, "ip_verify", 7*time.Second)
	require.Equal(t, auth.VerifyOTPOut{Recipient: identifier(t, "ada@example.com")}, out)

	b = setup(t)
	b.allows(port.AddressVerify)
	away := domain.ErrUnavailable.Because(errors.New("connection refused"))
	b.secrets.EXPECT().Find(mock.Anything, mock.Anything).Return(domain.OTPSecret{}, false, away).Once()
	out, err = b.verifyOTP().Do(t.Context(), in)
	require.Same(t, away, err)
	require.Empty(t, out.Verdict)
}

// A number with a trunk prefix is the number without it, in both use cases.
func TestRecipient_trunkPrefix(t *testing.T) {
	t.Parallel()
	number := identifier(t, "+447400123456")
	given := auth.Address{Text: "+44 (0)7400 123456"}
	b := setup(t)
	b.phones = mocks.NewPhoneNumbers(t)
	b.phones.EXPECT().Canonical(identifier(t, "+4407400123456")).Return(number)
	b.phones.EXPECT().Check(number).Return(domain.ErrInvalidPhone).Once()
	out, err := b.requestOTP().Do(t.Context(), auth.RequestOTPIn{Identifier: given, From: caller})
	require.ErrorIs(t, err, domain.ErrInvalidPhone)
	require.Equal(t, number, out.Recipient)

	b.allows(port.AddressVerify)
	b.secrets.EXPECT().Find(mock.Anything, port.OTPQuery{
		Key: domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: number},
	}).Return(domain.OTPSecret{}, false, nil).Once()
	verified, err := b.verifyOTP().Do(t.Context(), auth.VerifyOTPIn{Identifier: &given, Code: "123456", From: caller})
	require.NoError(t, err)
	require.Equal(t, number, verified.Recipient)
}

func TestVerifyOTP_query(t *testing.T) {
	t.Parallel()
	ada, id := &auth.Address{Text: " ADA@example.com"}, "019cec37-b600-7000-8000-0000000000aa"
	key := domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: identifier(t, "ada@example.com")}
	for name, tt := range map[string]struct {
		identifier *auth.Address
		challenge  *string
		want       port.OTPQuery
	}{
		"an identifier": {ada, nil, port.OTPQuery{Key: key}},
		"a challenge": {nil, &id, port.OTPQuery{
			ChallengeID: domain.ChallengeID(id),
			Key:         domain.OTPKey{Purpose: domain.PurposeSignIn},
		}},
		"both": {ada, &id, port.OTPQuery{ChallengeID: domain.ChallengeID(id), Key: key}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.allows(port.AddressVerify)
			secret := b.secret(t, "ada@example.com")
			secret.Attempts = 1
			asked := b.finds(secret)
			_, wrong := b.codeOf(t, secret)
			b.secrets.EXPECT().CountWrong(mock.Anything, secret.ChallengeID, fake.Noon).Return(1, true, nil).Once()

			out, err := b.verifyOTP().Do(t.Context(),
				auth.VerifyOTPIn{Identifier: tt.identifier, ChallengeID: tt.challenge, Code: wrong, From: caller})
			require.NoError(t, err)
			require.Equal(t, tt.want, *asked)
			require.Equal(t, auth.VerifyOTPOut{
				Verdict: domain.Wrong, AttemptsLeft: 1, Recipient: identifier(t, "ada@example.com"), Channel: domain.ChannelSMS,
			}, out)
		})
	}
}

// What names nothing is a verdict; the store is not asked where it cannot know.
func TestVerifyOTP_missing(t *testing.T) {
	t.Parallel()
	ada, empty, unknown := &auth.Address{Text: "ada@example.com"}, "", "no such challenge"
	for name, tt := range map[string]struct {
		in    auth.VerifyOTPIn
		asked bool
	}{
		"an identifier without a challenge":        {auth.VerifyOTPIn{Identifier: ada}, true},
		"an unknown challenge":                     {auth.VerifyOTPIn{ChallengeID: &unknown}, true},
		"an empty challenge":                       {auth.VerifyOTPIn{ChallengeID: &empty}, false},
		"an empty challenge beside an identifier":  {auth.VerifyOTPIn{Identifier: ada, ChallengeID: &empty}, false},
		"neither a challenge nor an identifier":    {auth.VerifyOTPIn{}, false},
		"an unknown challenge with an identifier":  {auth.VerifyOTPIn{Identifier: ada, ChallengeID: &unknown}, true},
		"an unknown challenge, and no code either": {auth.VerifyOTPIn{ChallengeID: &unknown, Code: "x"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.allows(port.AddressVerify)
			if tt.asked {
				b.secrets.EXPECT().Find(mock.Anything, mock.Anything).Return(domain.OTPSecret{}, false, nil).Once()
			}
			in := tt.in
			in.From = caller
			out, err := b.verifyOTP().Do(t.Context(), in)
			require.NoError(t, err)
			require.Equal(t, domain.Missing, out.Verdict)
			require.Zero(t, out.AttemptsLeft)
		})
	}
}

// The right code of a challenge that is not the caller's, or not for signing in,
// is no code at all, and costs its owner nothing.
func TestVerifyOTP_whatDoesNotBelongTogether(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T, *domain.OTPSecret){
		"another person's":  func(t *testing.T, s *domain.OTPSecret) { s.Recipient = identifier(t, "eve@example.com") },
		"a phone's":         func(t *testing.T, s *domain.OTPSecret) { s.Recipient = identifier(t, "+15551234567") },
		"another purpose's": func(_ *testing.T, s *domain.OTPSecret) { s.Purpose = "change_email" },
		"a subject's":       func(_ *testing.T, s *domain.OTPSecret) { s.Subject = "42" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			secret := b.secret(t, "ada@example.com")
			change(t, &secret)
			b.finds(secret)
			right, _ := b.codeOf(t, secret)
			out, err := b.verify(t, right)
			require.NoError(t, err)
			require.Equal(t, domain.Missing, out.Verdict)
			require.Equal(t, identifier(t, "ada@example.com"), out.Recipient, "the owner is not shown")
		})
	}
	t.Run("another purpose's, by its id alone", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.allows(port.AddressVerify)
		secret := b.secret(t, "ada@example.com")
		secret.Purpose = "change_email"
		b.finds(secret)
		right, _ := b.codeOf(t, secret)
		id := string(secret.ChallengeID)
		out, err := b.verifyOTP().Do(t.Context(), auth.VerifyOTPIn{ChallengeID: &id, Code: right, From: caller})
		require.NoError(t, err)
		require.Equal(t, domain.Missing, out.Verdict)
		require.True(t, out.Recipient.IsZero())
	})
}

// Guesses that are not counted: nothing is written for them.
func TestVerifyOTP_notCounted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change  func(*domain.OTPSecret)
		code    func(right, wrong string) string
		verdict domain.Verdict
		left    int
	}{
		"malformed": {
			func(*domain.OTPSecret) {}, func(right, _ string) string { return right[:5] },
			domain.Malformed, 3,
		},
		"malformed when closed": {
			func(s *domain.OTPSecret) { s.Attempts = 3 }, func(string, string) string { return "" },
			domain.Malformed, 0,
		},
		"expired": {
			func(s *domain.OTPSecret) { s.ExpiresAt = fake.Noon },
			func(right, _ string) string { return right }, domain.Expired, 0,
		},
		"expired and wrong": {
			func(s *domain.OTPSecret) { s.ExpiresAt = fake.Noon },
			func(_, wrong string) string { return wrong }, domain.Expired, 0,
		},
		"exhausted": {
			func(s *domain.OTPSecret) { s.Attempts = 3 },
			func(right, _ string) string { return right }, domain.Exhausted, 0,
		},
		"used": {
			func(s *domain.OTPSecret) { s.UsedAt = fake.Noon },
			func(right, _ string) string { return right }, domain.Used, 0,
		},
		"used and wrong": {
			func(s *domain.OTPSecret) { s.UsedAt = fake.Noon },
			func(_, wrong string) string { return wrong }, domain.Used, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			secret := b.secret(t, "ada@example.com")
			tt.change(&secret)
			b.finds(secret)
			out, err := b.verify(t, tt.code(b.codeOf(t, secret)))
			require.NoError(t, err)
			require.Equal(t, auth.VerifyOTPOut{
				Verdict: tt.verdict, AttemptsLeft: tt.left, Recipient: secret.Recipient, Channel: domain.ChannelSMS,
			}, out)
		})
	}
}

func TestVerifyOTP_wrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		left    int
		counted bool
		verdict domain.Verdict
	}{
		"with guesses left":                 {2, true, domain.Wrong},
		"with the last guess":               {0, true, domain.Wrong},
		"when others have closed it before": {0, false, domain.Exhausted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			secret := b.secret(t, "ada@example.com")
			b.finds(secret)
			_, wrong := b.codeOf(t, secret)
			b.secrets.EXPECT().CountWrong(mock.Anything, secret.ChallengeID, fake.Noon).Return(tt.left, tt.counted, nil).Once()
			out, err := b.verify(t, wrong)
			require.NoError(t, err)
			require.Equal(t, tt.verdict, out.Verdict)
			require.Equal(t, tt.left, out.AttemptsLeft)
			require.Zero(t, out.Tokens)
		})
	}
	t.Run("is no verdict while it cannot be counted", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		secret := b.secret(t, "ada@example.com")
		b.finds(secret)
		_, wrong := b.codeOf(t, secret)
		b.secrets.EXPECT().CountWrong(mock.Anything, mock.Anything, mock.Anything).
			Return(0, false, domain.ErrUnavailable).Once()
		_, err := b.verify(t, wrong)
		require.ErrorIs(t, err, domain.ErrUnavailable)
	})
}

// Without the key no guess can be judged, so none counts.
func TestVerifyOTP_unknownKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.secret(t, "ada@example.com")
	right, wrong := b.codeOf(t, secret)
	b.keys = newKeys(t, "next", "")
	for _, code := range []string{right, wrong} {
		b.finds(secret)
		_, err := b.verify(t, code)
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.ErrorContains(t, err, "secret_key_previous", "the operator learns the cure")
	}
	secret.ExpiresAt = fake.Noon
	b.finds(secret)
	out, err := b.verify(t, right)
	require.NoError(t, err, "what is over needs no key")
	require.Equal(t, domain.Expired, out.Verdict)
}
