package admin_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/admin"
	"github.com/doorcode-auth/doorcode/domain"
)

// Admins hear of what has changed, and of nothing else.
func TestSetAccountActive(t *testing.T) {
	t.Parallel()
	for active, event := range map[bool]domain.EventName{true: domain.EventAccountActivated, false: domain.EventAccountDeactivated} {
		t.Run(string(event), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b, queue := setupAccounts(t), setup(t)
				uc := admin.NewSetAccountActive(b.accounts, b.clock, queue.Notices)
				for _, r := range []struct {
					changed, found bool
					err, want      error
				}{
					{changed: true, found: true},
					{found: true},
					{want: domain.ErrAccountNotFound},
					{err: domain.ErrUnavailable, want: domain.ErrUnavailable},
				} {
					b.accounts.EXPECT().SetActive(mock.Anything, byName, active).Return(ada, r.changed, r.found, r.err).Once()
					out, err := uc.Do(t.Context(), admin.SetAccountActiveIn{Name: byName, Active: active})
					require.ErrorIs(t, err, r.want)
					require.Equal(t, r.changed, out.Changed)
					if r.want == nil {
						require.Equal(t, ada, out.User)
					}
				}
				pass(5 * time.Second)
				require.Equal(t, []domain.Event{
					{Name: event, At: b.clock.Now(), Recipient: "ad***@example.com", UserUUID: ada.UUID},
				}, queue.told)
			})
		})
	}
}
