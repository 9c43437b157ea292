package auth_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// signsIn makes the store complete sign-ins, and keeps them.
func (b *testBundle) signsIn(results ...any) *[]port.SignIn {
	kept := &[]port.SignIn{}
	for _, result := range results {
		b.signIns.EXPECT().Complete(mock.Anything, mock.Anything).
			RunAndReturn(func(_ context.Context, s port.SignIn) (port.SignInResult, error) {
				*kept = append(*kept, s)
				if err, failed := result.(error); failed {
					return port.SignInResult{}, err
				}
				return result.(port.SignInResult), nil
			}).Once()
	}
	return kept
}

// signsTokens makes the tokens be signed, and keeps what they say.
func (b *testBundle) signsTokens() (access *domain.AccessClaims, refresh *domain.RefreshClaims) {
	access, refresh = &domain.AccessClaims{}, &domain.RefreshClaims{}
	b.access.EXPECT().SignAccess(mock.Anything).RunAndReturn(func(c domain.AccessClaims) (string, error) {
		*access = c
		return "access", nil
	}).Once()
	b.refresh.EXPECT().SignRefresh(mock.Anything).RunAndReturn(func(c domain.RefreshClaims) (string, error) {
		*refresh = c
		return "refresh", nil
	}).Once()
	return access, refresh
}

func ada() domain.User {
	return domain.User{
		ID: 7, UUID: "019cec37-b600-7000-8000-00000000ada0", Email: "ada@example.com",
		EmailVerified: true, Username: "ada", IsActive: true,
	}
}

// guessed is a bundle in which Ada's code is found, and that code.
func guessed(t *testing.T) (*testBundle, string) {
	t.Helper()
	b := setup(t)
	secret := b.secret(t, "ada@example.com")
	secret.Channel = domain.ChannelEmail
	b.finds(secret)
	right, _ := b.codeOf(t, secret)
	return b, right
}

func TestVerifyOTP_right(t *testing.T) {
	t.Parallel()
	b, right := guessed(t)
	b.allows(port.AddressVerify)
	done := b.signsIn(port.SignInResult{Consumed: true, User: ada(), IsNew: true})
	access, refresh := b.signsTokens()

	out, err := b.verifyOTP().Do(t.Context(), auth.VerifyOTPIn{
		Identifier: &auth.Address{Text: "ADA@example.com"}, Code: right, SourceURL: "https://a.example/x",
		UserAgent: "Safari\x00 \xff" + strings.Repeat("x", 600), From: caller,
	})
	require.NoError(t, err)

	require.Len(t, *done, 1)
	s := (*done)[0]
	email := identifier(t, "ada@example.com")
	require.Equal(t, domain.Proof{
		ChallengeID: "019cec37-b600-7000-8000-0000000000aa", Recipient: email,
		Method: domain.ProvedByCode,
	}, s.Proof)
	require.Equal(t, fake.Noon, s.Now)
	require.Equal(t, "https://a.example/x", s.Source.URL)
	require.Equal(t, "a.example", s.Source.Host)
	require.NotEmpty(t, s.NewUser.UUID)
	require.Regexp(t, `^ada-[a-z2-7]{6}$`, s.NewUser.Username)
	require.NotEqual(t, s.NewUser.UUID, s.Session.ID)
	require.Equal(t, domain.Session{
		ID: s.Session.ID, Channel: domain.ChannelEmail, AMR: []string{"otp", "email"},
		UserAgent: "Safari " + strings.Repeat("x", 503),
		Address:   "192.0.2.7", CreatedAt: fake.Noon, LastUsedAt: fake.Noon,
	}, s.Session)

	require.Equal(t, domain.AccessClaims{
		UserID: 7, UserUUID: ada().UUID, SessionID: s.Session.ID, AMR: []string{"otp", "email"}, AuthTime: fake.Noon,
		IssuedAt: fake.Noon, ExpiresAt: fake.Noon.Add(time.Hour),
	}, *access)
	require.Equal(t, domain.RefreshClaims{
		UserUUID: ada().UUID, SessionID: s.Session.ID, IssuedAt: fake.Noon, ExpiresAt: fake.Noon.Add(24 * time.Hour),
	}, *refresh)
	require.Equal(t, auth.VerifyOTPOut{
		Verdict: domain.Right, Recipient: email, Channel: domain.ChannelEmail, User: ada(), IsNewUser: true,
		SessionID: s.Session.ID,
		Tokens: auth.TokenPair{
			Access: "access", AccessExpiresIn: time.Hour, Refresh: "refresh",
			RefreshExpiresIn: 24 * time.Hour,
		},
	}, out)
}

func TestVerifyOTP_rightForTheLastTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := b.secret(t, "ada@example.com")
	secret.Attempts = 2
	b.finds(secret)
	right, _ := b.codeOf(t, secret)
	b.signsIn(port.SignInResult{Consumed: true, User: ada()})
	b.signsTokens()
	out, err := b.verify(t, right)
	require.NoError(t, err)
	require.Equal(t, domain.Right, out.Verdict)
	require.False(t, out.IsNewUser)
	require.Zero(t, out.AttemptsLeft)
}

// The commit decides, not the comparison.
func TestVerifyOTP_rightButSecond(t *testing.T) {
	t.Parallel()
	b, right := guessed(t)
	b.signsIn(port.SignInResult{})
	out, err := b.verify(t, right)
	require.NoError(t, err)
	require.Equal(t, auth.VerifyOTPOut{
		Verdict: domain.Used, Recipient: identifier(t, "ada@example.com"),
		Channel: domain.ChannelEmail,
	}, out)
}

func TestVerifyOTP_aDisabledUserIsDeniedAfterTheProof(t *testing.T) {
	t.Parallel()
	b, right := guessed(t)
	disabled := ada()
	disabled.IsActive = false
	done := b.signsIn(port.SignInResult{Consumed: true, User: disabled})
	out, err := b.verify(t, right)
	require.ErrorIs(t, err, domain.ErrAccountDisabled)
	require.Len(t, *done, 1, "the code is consumed")
	require.Empty(t, out.SessionID)
	require.Zero(t, out.Tokens)
}

func TestVerifyOTP_aFailedCommitIsNoSuccess(t *testing.T) {
	t.Parallel()
	b, right := guessed(t)
	away := domain.ErrUnavailable.Because(errors.New("connection reset"))
	b.signsIn(away)
	out, err := b.verify(t, right)
	require.Same(t, away, err)
	require.Empty(t, out.SessionID)
	require.Zero(t, out.User)
	require.Zero(t, out.Tokens.Access)
}

func TestVerifyOTP_tokensThatCannotBeSigned(t *testing.T) {
	t.Parallel()
	unsigned := errors.New("no key")
	t.Run("access", func(t *testing.T) {
		t.Parallel()
		b, right := guessed(t)
		b.signsIn(port.SignInResult{Consumed: true, User: ada()})
		b.access.EXPECT().SignAccess(mock.Anything).Return("", unsigned).Once()
		_, err := b.verify(t, right)
		require.ErrorIs(t, err, unsigned)
	})
	t.Run("refresh", func(t *testing.T) {
		t.Parallel()
		b, right := guessed(t)
		b.signsIn(port.SignInResult{Consumed: true, User: ada()})
		b.access.EXPECT().SignAccess(mock.Anything).Return("access", nil).Once()
		b.refresh.EXPECT().SignRefresh(mock.Anything).Return("", unsigned).Once()
		_, err := b.verify(t, right)
		require.ErrorIs(t, err, unsigned)
	})
}

func TestVerifyOTP_aTakenUsername(t *testing.T) {
	t.Parallel()
	t.Run("is replaced by another", func(t *testing.T) {
		t.Parallel()
		b, right := guessed(t)
		done := b.signsIn(port.ErrUsernameTaken, port.ErrUsernameTaken,
			port.SignInResult{Consumed: true, User: ada(), IsNew: true})
		b.signsTokens()
		_, err := b.verify(t, right)
		require.NoError(t, err)
		names := map[string]bool{}
		for _, s := range *done {
			names[s.NewUser.Username] = true
			first := (*done)[0]
			first.NewUser.Username = s.NewUser.Username
			require.Equal(t, first, s, "nothing but the name changes")
		}
		require.Len(t, names, 3)
	})
	t.Run("is given up after four", func(t *testing.T) {
		t.Parallel()
		b, right := guessed(t)
		b.signsIn(port.ErrUsernameTaken, port.ErrUsernameTaken, port.ErrUsernameTaken, port.ErrUsernameTaken)
		_, err := b.verify(t, right)
		require.ErrorIs(t, err, domain.ErrUserCreation)
		require.ErrorContains(t, err, "every username that was tried is taken")
	})
	t.Run("is given up as configured", func(t *testing.T) {
		t.Parallel()
		b, right := guessed(t)
		b.config.MaxUsernames = 1
		b.signsIn(port.ErrUsernameTaken)
		_, err := b.verify(t, right)
		require.ErrorIs(t, err, domain.ErrUserCreation)
	})
}

// The first source: what was said at verify, at the request, then the pages that
// both came from. A secret keeps one of the request's two.
func TestVerifyOTP_orderOfSources(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ verify, request, referer, want string }{
		{"https://verify.example/", "https://request.example/", "https://referer.example/", "https://verify.example/"},
		{"", "https://request.example/", "https://referer.example/", "https://request.example/"},
		{"", "", "https://referer.example/", "https://referer.example/"},
		{"", "", "https://login.example.com/", ""},
		{"", "", "mailto:ada@example.com", ""},
		{"", "", "", ""},
		{"", "what no version of ours has kept", "https://referer.example/", "https://referer.example/"},
		{"javascript:alert(1)", "https://request.example/", "https://referer.example/", "https://request.example/"},
		{"javascript:alert(1)", "", "https://referer.example/", "https://referer.example/"},
		{"javascript:alert(1)", "", "", ""},
	} {
		b := setup(t)
		b.allows(port.AddressVerify)
		secret := b.secret(t, "ada@example.com")
		secret.SourceURL = tt.request
		b.finds(secret)
		right, _ := b.codeOf(t, secret)
		done := b.signsIn(port.SignInResult{Consumed: true, User: ada()})
		b.signsTokens()
		out, err := b.verifyOTP().Do(t.Context(), auth.VerifyOTPIn{
			Identifier: &auth.Address{Text: "ada@example.com"}, Code: right, SourceURL: tt.verify, Referer: tt.referer,
			From: caller,
		})
		require.NoError(t, err, "%+v", tt)
		require.Equal(t, strings.HasPrefix(tt.verify, "javascript:"), out.SourceIgnored, "%+v", tt)
		require.Equal(t, tt.want, (*done)[0].Source.URL, "%+v", tt)
		require.Equal(t, tt.want == "", (*done)[0].Source.IsZero(), "%+v", tt)
	}
}

func TestVerifyOTP_aCallerWithoutAnAddress(t *testing.T) {
	t.Parallel()
	b, right := guessed(t)
	b.limiter.EXPECT().Take(port.AddressVerify, netip.Addr{}).Return(0, true).Once()
	done := b.signsIn(port.SignInResult{Consumed: true, User: ada()})
	b.signsTokens()
	_, err := b.verifyOTP().Do(t.Context(),
		auth.VerifyOTPIn{Identifier: &auth.Address{Text: "ada@example.com"}, Code: right})
	require.NoError(t, err)
	require.Empty(t, (*done)[0].Session.Address)
}
