package accounts_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

func TestListAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	uc := accounts.NewListAccounts(b.accounts)
	active, staff := false, true
	people := []domain.User{{ID: 4}, {ID: 9}, {ID: 11}}

	b.accounts.EXPECT().List(mock.Anything,
		port.AccountQuery{AfterID: 3, Search: "ada", Active: &active, Staff: &staff, Limit: 3}).Return(people, nil).Once()
	out, err := uc.Do(t.Context(),
		accounts.ListAccountsIn{AfterID: 3, Search: "ada", Active: &active, Staff: &staff, Limit: 2})
	require.NoError(t, err)
	require.Equal(t, accounts.ListAccountsOut{Users: people[:2], NextAfter: 9}, out)

	b.accounts.EXPECT().List(mock.Anything, port.AccountQuery{AfterID: 9, Limit: 3}).Return(people[2:], nil).Once()
	out, err = uc.Do(t.Context(), accounts.ListAccountsIn{AfterID: 9, Limit: 2})
	require.NoError(t, err)
	require.Equal(t, accounts.ListAccountsOut{Users: people[2:]}, out, "the last page")

	b.accounts.EXPECT().List(mock.Anything, port.AccountQuery{Limit: accounts.DefaultAccounts + 1}).Return(nil, nil).Once()
	out, err = uc.Do(t.Context(), accounts.ListAccountsIn{})
	require.NoError(t, err)
	require.Zero(t, out)

	b.accounts.EXPECT().List(mock.Anything, mock.Anything).Return(nil, domain.ErrUnavailable).Once()
	_, err = uc.Do(t.Context(), accounts.ListAccountsIn{})
	require.ErrorIs(t, err, domain.ErrUnavailable)
}

func TestListAccounts_refuses(t *testing.T) {
	t.Parallel()
	for field, in := range map[string]accounts.ListAccountsIn{
		"limit":  {Limit: accounts.MaxAccounts + 1},
		"after":  {AfterID: -1},
		"search": {Search: strings.Repeat("x", 255)},
	} {
		_, err := accounts.NewListAccounts(setup(t).accounts).Do(t.Context(), in)
		require.ErrorIs(t, err, domain.ErrInvalidRequest, field)
		require.Equal(t, field, domain.AsError(err).Field)
		require.NotEmpty(t, domain.AsError(err).Cure)
	}
	_, err := accounts.NewListAccounts(setup(t).accounts).Do(t.Context(), accounts.ListAccountsIn{Limit: -1})
	require.ErrorIs(t, err, domain.ErrInvalidRequest)
}
