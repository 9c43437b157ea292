package admin_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/admin"
	"github.com/doorcode-auth/doorcode/domain"
)

func TestExportAccount(t *testing.T) {
	t.Parallel()
	b := setupAccounts(t)
	uc := admin.NewExportAccount(b.accounts, b.clock)
	b.accounts.EXPECT().Find(mock.Anything, byName).Return(adasAccount, true, nil).Once()
	out, err := uc.Do(t.Context(), admin.ExportAccountIn{Name: byName})
	require.NoError(t, err)
	require.Equal(t, adasAccount, out.Account)
	require.Equal(t, b.clock.Now(), out.At)

	b.accounts.EXPECT().Find(mock.Anything, byName).Return(domain.Account{}, false, nil).Once()
	_, err = uc.Do(t.Context(), admin.ExportAccountIn{Name: byName})
	require.ErrorIs(t, err, domain.ErrAccountNotFound)
	b.accounts.EXPECT().Find(mock.Anything, byName).Return(domain.Account{}, false, domain.ErrUnavailable).Once()
	_, err = uc.Do(t.Context(), admin.ExportAccountIn{Name: byName})
	require.ErrorIs(t, err, domain.ErrUnavailable)
}
