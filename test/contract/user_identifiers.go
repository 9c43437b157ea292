package contract

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// UserIdentifiers proves the contract of port.UserIdentifiers.
func UserIdentifiers(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, userIdentifierPromises())
}

func userIdentifierPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{
			"Rewrite must replace the stored identifier of the user, and change nothing else of any user.",
			rewritesIdentifiers,
		},
		{
			"An identifier that another user has must be reported with that user's id, with nothing changed.",
			takenIdentifiers,
		},
		{
			"A user that does not have the stored identifier must stay as it is, and be reported as unchanged.",
			otherIdentifiers,
		},
	}
}

// rewrites are identifiers as stored, their canonical forms, and a third one, by kind.
var rewrites = [][3]string{
	{"+4407400123456", "+447400123456", "+15551234567"},
	{"ada@old.example.com", "ada@example.com", "bob@example.com"},
}

// rewrite rewrites an identifier at one instance.
func (i *instances) rewrite(t testing.TB, id int64, stored, to string) (changed bool, ownerID int64) {
	t.Helper()
	changed, ownerID, err := i.UserIdentifiers.Rewrite(t.Context(),
		port.IdentifierRewrite{UserID: id, Stored: stored, To: named(t, to).Identifier})
	require.NoError(t, err)
	return changed, ownerID
}

func rewritesIdentifiers(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, r := range rewrites {
		i.complete(t, r[0], from(t, "first.example"))
		i.complete(t, r[2])
		want, other := i.account(t, named(t, r[0])), i.account(t, named(t, r[2]))
		changed, ownerID := i.rewrite(t, want.User.ID, r[0], r[1])
		require.True(t, changed)
		require.Zero(t, ownerID)
		if named(t, r[1]).Identifier.Kind() == domain.KindPhone {
			want.User.Phone = r[1]
		} else {
			want.User.Email = r[1]
		}
		require.Equal(t, want, i.account(t, named(t, r[1])))
		require.Equal(t, other, i.account(t, named(t, r[2])))
		i.noAccount(t, named(t, r[0]))
	}
}

func takenIdentifiers(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, r := range rewrites {
		i.complete(t, r[0])
		i.complete(t, r[1])
		old, owner := i.account(t, named(t, r[0])), i.account(t, named(t, r[1]))
		changed, ownerID := i.rewrite(t, old.User.ID, r[0], r[1])
		require.False(t, changed)
		require.Equal(t, owner.User.ID, ownerID)
		require.Equal(t, old, i.account(t, named(t, r[0])))
		require.Equal(t, owner, i.account(t, named(t, r[1])))
	}
}

func otherIdentifiers(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, r := range rewrites {
		i.complete(t, r[2])
		want := i.account(t, named(t, r[2]))
		for _, id := range []int64{want.User.ID, want.User.ID + 999} {
			changed, ownerID := i.rewrite(t, id, r[0], r[1])
			require.False(t, changed)
			require.Zero(t, ownerID)
		}
		require.Equal(t, want, i.account(t, named(t, r[2])))
		i.noAccount(t, named(t, r[1]))
	}
}
