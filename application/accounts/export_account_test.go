package accounts_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/domain"
)

func TestExportAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	uc := accounts.NewExportAccount(b.accounts, b.clock)
	b.accounts.EXPECT().Find(mock.Anything, ref).Return(adasAccount, true, nil).Once()
	out, err := uc.Do(t.Context(), accounts.ExportAccountIn{Name: ref})
	require.NoError(t, err)
	require.Equal(t, adasAccount, out.Account)
	require.Equal(t, b.clock.Now(), out.At)

	b.accounts.EXPECT().Find(mock.Anything, ref).Return(domain.Account{}, false, nil).Once()
	_, err = uc.Do(t.Context(), accounts.ExportAccountIn{Name: ref})
	require.ErrorIs(t, err, domain.ErrAccountNotFound)
	b.accounts.EXPECT().Find(mock.Anything, ref).Return(domain.Account{}, false, domain.ErrUnavailable).Once()
	_, err = uc.Do(t.Context(), accounts.ExportAccountIn{Name: ref})
	require.ErrorIs(t, err, domain.ErrUnavailable)
}
