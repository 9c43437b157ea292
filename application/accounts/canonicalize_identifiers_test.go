package accounts_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// storedUsers are users as older versions may have stored them.
var storedUsers = []domain.User{
	{ID: 1, Phone: "+447400123456"},
	{ID: 2, Phone: "+4407400123456", Email: "ada@example.com"},
	{ID: 3, Phone: "+4407400999999"},
	{ID: 4, Phone: "+44007400999999"}, // meets user 3
	{ID: 5, Email: "ada@bad.tld-2"},
	{ID: 6, Email: "Bob@Example.com"},
}

func canonicalize(t *testing.T, rewrites *mocks.UserIdentifiers, apply bool) accounts.CanonicalizeIdentifiersOut {
	t.Helper()
	b := setup(t)
	b.phones.EXPECT().Canonical(mock.Anything).RunAndReturn(func(id domain.Identifier) domain.Identifier {
		if rest, ok := strings.CutPrefix(id.Value(), "+440"); ok {
			id, _ = domain.ParsePhone("+44" + strings.TrimLeft(rest, "0"))
		}
		return id
	})
	b.accounts.EXPECT().List(mock.Anything, port.AccountQuery{Limit: 1000}).Return(storedUsers, nil).Once()
	taken, err := domain.ParsePhone("+447400123456")
	require.NoError(t, err)
	b.accounts.EXPECT().Find(mock.Anything, port.AccountRef{Identifier: taken}).
		Return(domain.Account{User: storedUsers[0]}, true, nil).Maybe()
	b.accounts.EXPECT().Find(mock.Anything, mock.Anything).Return(domain.Account{}, false, nil).Maybe()
	out, err := accounts.NewCanonicalizeIdentifiers(accounts.CanonicalizePorts{
		Accounts: b.accounts, UserIdentifiers: rewrites, PhoneNumbers: b.phones,
	}).Do(t.Context(), accounts.CanonicalizeIdentifiersIn{Apply: apply})
	require.NoError(t, err)
	require.Equal(t, len(storedUsers), out.Users)
	return out
}

// states are the results in short: user, canonical form, status, owner.
func states(out accounts.CanonicalizeIdentifiersOut) (all []string) {
	for _, i := range out.Identifiers {
		all = append(all, strings.TrimSpace(strings.Join([]string{
			string('0' + rune(i.UserID)), i.Canonical.Value(), string(i.Status), strings.Trim(string('0'+rune(i.OwnerID)), "0"),
		}, " ")))
	}
	return all
}

func TestCanonicalizeIdentifiers_lists(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"2 +447400123456 taken 1", "3 +447400999999 old", "4 +447400999999 taken 3", "5  invalid", "6 bob@example.com old",
	}, states(canonicalize(t, mocks.NewUserIdentifiers(t), false)), "and nothing is rewritten")
}

func TestCanonicalizeIdentifiers_applies(t *testing.T) {
	t.Parallel()
	rewrites := mocks.NewUserIdentifiers(t)
	for _, r := range []struct {
		user    int
		to      string
		changed bool
		owner   int64
	}{
		{2, "+447400123456", false, 1},
		{3, "+447400999999", true, 0},
		{4, "+447400999999", false, 3},
		{6, "bob@example.com", false, 6}, // changed by a run beside this one
	} {
		id, err := domain.ParseIdentifier(r.to)
		require.NoError(t, err)
		user := storedUsers[r.user-1]
		stored := user.Phone
		if id.Kind() == domain.KindEmail {
			stored = user.Email
		}
		rewrites.EXPECT().Rewrite(mock.Anything, port.IdentifierRewrite{UserID: user.ID, Stored: stored, To: id}).
			Return(r.changed, r.owner, nil).Once()
	}
	require.Equal(t, []string{
		"2 +447400123456 taken 1", "3 +447400999999 changed", "4 +447400999999 taken 3", "5  invalid",
		"6 bob@example.com changed",
	}, states(canonicalize(t, rewrites, true)))
}

func TestCanonicalizeIdentifiers_pages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.phones.EXPECT().Canonical(mock.Anything).RunAndReturn(func(id domain.Identifier) domain.Identifier { return id })
	full := make([]domain.User, 1000)
	for n := range full {
		full[n] = domain.User{ID: int64(n + 1), Email: "ada@example.com"}
	}
	b.accounts.EXPECT().List(mock.Anything, port.AccountQuery{Limit: 1000}).Return(full, nil).Once()
	b.accounts.EXPECT().List(mock.Anything, port.AccountQuery{Limit: 1000, AfterID: 1000}).
		Return([]domain.User{{ID: 1001}}, nil).Once()
	b.accounts.EXPECT().List(mock.Anything, mock.Anything).Return(nil, domain.ErrUnavailable).Maybe()
	uc := accounts.NewCanonicalizeIdentifiers(accounts.CanonicalizePorts{
		Accounts: b.accounts, UserIdentifiers: mocks.NewUserIdentifiers(t), PhoneNumbers: b.phones,
	})
	out, err := uc.Do(t.Context(), accounts.CanonicalizeIdentifiersIn{})
	require.NoError(t, err)
	require.Equal(t, accounts.CanonicalizeIdentifiersOut{Users: 1001}, out)
	_, err = uc.Do(t.Context(), accounts.CanonicalizeIdentifiersIn{})
	require.ErrorIs(t, err, domain.ErrUnavailable)
}
