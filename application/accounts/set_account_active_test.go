package accounts_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// Admins are notified of what has changed, and of nothing else.
func TestSetAccountActive(t *testing.T) {
	t.Parallel()
	for active, event := range map[bool]domain.EventName{
		true:  domain.EventAccountActivated,
		false: domain.EventAccountDeactivated,
	} {
		t.Run(string(event), func(t *testing.T) {
			t.Parallel()
			b, notifier := setup(t), mocks.NewAdminNotifier(t)
			queue := notices.NewQueue(notifier, mocks.NewUsers(t), b.clock, func(err error) { t.Errorf("report: %v", err) })
			uc := accounts.NewSetAccountActive(b.accounts, b.clock, queue)
			for _, r := range []struct {
				changed, found bool
				err, want      error
			}{
				{changed: true, found: true},
				{found: true},
				{want: domain.ErrAccountNotFound},
				{err: domain.ErrUnavailable, want: domain.ErrUnavailable},
			} {
				b.accounts.EXPECT().SetActive(mock.Anything, ref, active).Return(ada, r.changed, r.found, r.err).Once()
				out, err := uc.Do(t.Context(), accounts.SetAccountActiveIn{Name: ref, Active: active})
				require.ErrorIs(t, err, r.want)
				require.Equal(t, r.changed, out.Changed)
				if r.want == nil {
					require.Equal(t, ada, out.User)
				}
			}
			notifier.EXPECT().Notify(mock.Anything, []domain.Event{
				{Name: event, At: b.clock.Now(), Recipient: "ad***@example.com", UserUUID: ada.UUID},
			}).Return(nil).Once()
			done, cancel := context.WithCancel(t.Context())
			cancel()
			queue.Run(done) // delivers what is queued, and returns
		})
	}
}
