package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// admins lets admins hear of what the use cases do, and gives what tells them of it:
// once, at the end.
func (b *testBundle) admins(t *testing.T) func() []domain.Event {
	t.Helper()
	var told []domain.Event
	notifier, users := mocks.NewAdminNotifier(t), mocks.NewUsers(t)
	notifier.EXPECT().Notify(mock.Anything, mock.Anything).
		RunAndReturn(func(_ context.Context, events []domain.Event) error {
			told = append(told, events...)
			return nil
		}).Maybe()
	b.notices = notices.NewQueue(notifier, users, b.clock, func(err error) { t.Errorf("report: %v", err) })
	return func() []domain.Event {
		// not before: no use case may ask
		users.EXPECT().KnownSince(mock.Anything, mock.Anything).Return(fake.Noon.Add(-time.Hour), true, nil).Maybe()
		over, cancel := context.WithCancel(t.Context())
		cancel()
		b.notices.Run(over)
		return told
	}
}

func TestNotices_ofRequests(t *testing.T) {
	t.Parallel()
	for _, result := range []domain.SendResult{domain.SendAccepted, domain.SendUnreachable} {
		b := setup(t)
		tell := b.admins(t)
		b.allows(port.AddressRequest)
		b.issues()
		sends(b.post, result)
		if result.ServiceFault() {
			b.secrets.EXPECT().RefundSend(mock.Anything, mock.Anything, mock.Anything).Return(nil).Once()
		}
		_, _ = b.requestOTP().Do(t.Context(),
			auth.RequestOTPIn{Identifier: auth.Address{Text: "Ada@Example.com"}, From: caller})
		require.Equal(t, []domain.Event{{
			Name: domain.EventLoginRequested, At: fake.Noon, Recipient: "ad***@example.com", Requester: domain.RequesterExisting,
			Channel: domain.ChannelEmail, From: caller,
		}}, tell(), result)
	}
	b := setup(t)
	tell := b.admins(t)
	b.allows(port.AddressRequest)
	b.secrets.EXPECT().Issue(mock.Anything, mock.Anything).Return(port.IssueResult{RateLimited: true}, nil).Once()
	_, err := b.requestOTP().Do(t.Context(),
		auth.RequestOTPIn{Identifier: auth.Address{Text: "ada@example.com"}, From: caller})
	require.Error(t, err)
	require.Empty(t, tell(), "what was limited")
}

func TestNotices_ofFailures(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		attempts int // that were made before
		counted  bool
		err      error
		want     int
	}{
		"wrong":                     {0, true, nil, 5},
		"wrong, as others were too": {0, false, nil, 5},
		"exhausted":                 {3, true, nil, 5},
		"the store is away":         {0, false, errors.New("away"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			tell := b.admins(t)
			secret := b.secret(t, "ada@example.com")
			secret.Attempts = row.attempts
			_, wrong := b.codeOf(t, secret)
			b.secrets.EXPECT().CountWrong(mock.Anything, secret.ChallengeID, fake.Noon).Return(1, row.counted, row.err).Maybe()
			for range 5 {
				b.finds(secret)
				_, err := b.verify(t, wrong)
				require.Equal(t, row.err, err)
			}
			told := tell()
			if row.want == 0 {
				require.Empty(t, told)
				return
			}
			require.Equal(t, []domain.Event{{
				Name: domain.EventRepeatedFailures, At: fake.Noon, Recipient: "ad***@example.com", Channel: domain.ChannelSMS,
				From: caller, Count: 5,
			}}, told)
		})
	}
	t.Run("what is no guess", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		tell := b.admins(t)
		for range 5 {
			b.finds(b.secret(t, "eve@example.com")) // a challenge of another recipient
			_, err := b.verify(t, "123456")
			require.NoError(t, err)
		}
		require.Empty(t, tell())
	})
}

func TestNotices_ofSignIns(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		done port.SignInResult
		want []domain.EventName
	}{
		"new": {
			port.SignInResult{Consumed: true, IsNew: true, User: ada()},
			[]domain.EventName{domain.EventNewRegistration, domain.EventFirstLogin},
		},
		"existing": {port.SignInResult{Consumed: true, User: ada()}, nil},
		"too late": {port.SignInResult{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, right := guessed(t)
			tell := b.admins(t)
			b.signsIn(row.done)
			if row.done.Consumed {
				b.signsTokens()
			}
			b.allows(port.AddressVerify)
			_, err := b.verifyOTP().Do(t.Context(), auth.VerifyOTPIn{
				Identifier: &auth.Address{Text: "ada@example.com"}, Code: right, From: caller,
				SourceURL: "https://news.example.com/a?utm_source=x",
			})
			require.NoError(t, err)
			var names []domain.EventName
			for _, e := range tell() {
				names = append(names, e.Name)
				require.Equal(t, "ad***@example.com", e.Recipient)
				require.Equal(t, ada().UUID, e.UserUUID)
				require.Equal(t, caller, e.From)
				if e.Name == domain.EventNewRegistration {
					require.Equal(t, "news.example.com", e.Source)
				}
			}
			require.Equal(t, row.want, names)
		})
	}
}

func TestNotices_ofReuse(t *testing.T) {
	t.Parallel()
	for verdict, want := range map[domain.RefreshVerdict][]domain.Event{
		domain.RefreshReused: {{Name: domain.EventSessionReused, At: fake.Noon, UserUUID: ada().UUID, SessionID: "sid"}},
		domain.RefreshEnded:  nil,
		domain.RefreshRepeat: nil,
	} {
		b := withSession(t)
		tell := b.admins(t)
		b.rotates(verdict, nil)
		if verdict == domain.RefreshRepeat {
			b.signsTokens()
		}
		_, err := b.refreshSession().Do(t.Context(), auth.RefreshSessionIn{Token: "refresh"})
		require.Equal(t, verdict == domain.RefreshRepeat, err == nil)
		require.Equal(t, want, tell(), verdict)
	}
}
