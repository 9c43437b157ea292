package admin_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/admin"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// setActive is either use case.
type setActive func(ctx context.Context, name port.AccountName) (user domain.User, changed bool, err error)

func activate(b *accountsBundle, notices *admin.Notices) setActive {
	uc := admin.NewActivateAccount(b.accounts, b.clock, notices)
	return func(ctx context.Context, name port.AccountName) (domain.User, bool, error) {
		out, err := uc.Do(ctx, admin.ActivateAccountIn{Name: name})
		return out.User, out.Changed, err
	}
}

func deactivate(b *accountsBundle, notices *admin.Notices) setActive {
	uc := admin.NewDeactivateAccount(b.accounts, b.clock, notices)
	return func(ctx context.Context, name port.AccountName) (domain.User, bool, error) {
		out, err := uc.Do(ctx, admin.DeactivateAccountIn{Name: name})
		return out.User, out.Changed, err
	}
}

func TestActivateAccount(t *testing.T) {
	t.Parallel()
	changesActive(t, true, activate, domain.EventAccountActivated)
}

// changesActive tells of what has changed, and of nothing else.
func changesActive(t *testing.T, active bool, make func(*accountsBundle, *admin.Notices) setActive, event domain.EventName) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b, queue := setupAccounts(t), setup(t)
		do := make(b, queue.Notices)
		type result struct {
			changed, found bool
			err, want      error
		}
		for _, r := range []result{
			{changed: true, found: true},
			{found: true},
			{want: domain.ErrAccountNotFound},
			{err: domain.ErrUnavailable, want: domain.ErrUnavailable},
		} {
			b.accounts.EXPECT().SetActive(mock.Anything, byName, active).Return(ada, r.changed, r.found, r.err).Once()
			user, changed, err := do(t.Context(), byName)
			require.ErrorIs(t, err, r.want)
			require.Equal(t, r.changed, changed)
			if r.want == nil {
				require.Equal(t, ada, user)
			}
		}
		pass(5 * time.Second)
		require.Equal(t, []domain.Event{
			{Name: event, At: b.clock.Now(), Recipient: "ad***@example.com", UserUUID: ada.UUID},
		}, queue.told)
	})
}
