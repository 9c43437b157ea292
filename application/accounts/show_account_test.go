package accounts_test

import (
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/domain"
)

var adasAccount = domain.Account{
	User: ada, Sessions: []domain.Session{{ID: "s"}}, Sources: []domain.UserSource{{First: true}},
}

func TestShowAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	uc := accounts.NewShowAccount(b.accounts)
	b.accounts.EXPECT().Find(mock.Anything, ref).Return(adasAccount, true, nil).Once()
	out, err := uc.Do(t.Context(), accounts.ShowAccountIn{Name: ref})
	require.NoError(t, err)
	require.Equal(t, adasAccount, out.Account)

	b.accounts.EXPECT().Find(mock.Anything, ref).Return(domain.Account{}, false, nil).Once()
	_, err = uc.Do(t.Context(), accounts.ShowAccountIn{Name: ref})
	require.ErrorIs(t, err, domain.ErrAccountNotFound)
	b.accounts.EXPECT().Find(mock.Anything, ref).Return(domain.Account{}, false, domain.ErrUnavailable).Once()
	_, err = uc.Do(t.Context(), accounts.ShowAccountIn{Name: ref})
	require.ErrorIs(t, err, domain.ErrUnavailable)
}
