package postgres

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Sign-ups beside an import do not wait for it and get ids that it does not use, and the
// import finds users who have just signed up.
func TestUserImports_besideSignUps(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	db, closeDB, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	defer closeDB()
	other, closeOther, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	defer closeOther()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	signUp := func(n int) (id int64) {
		require.NoError(t, other.pool.QueryRowxContext(ctx, `
			INSERT INTO users (uuid, email, username, date_joined)
			VALUES (gen_random_uuid(), $1, $2, now()) RETURNING id`,
			fmt.Sprintf("n%d@example.com", n), fmt.Sprint("signed-up-", n)).Scan(&id))
		return id
	}
	const users = 50
	signedUp, outcomes := map[int64]bool{}, map[port.ImportOutcome]int{}
	err = db.UserImports().Import(t.Context(), port.UserImport{
		MaxID:      users,
		OnImported: func(u port.ImportedUser) { outcomes[u.Outcome]++ },
		Users: func(yield func(port.ImportUser, error) bool) {
			for n := range users {
				if n%5 == 0 {
					signedUp[signUp(n)] = true
				}
				user := domain.User{
					ID: int64(n + 1), UUID: fmt.Sprintf("018d6d24-3865-7456-8402-%012d", n), Email: fmt.Sprintf("n%d@example.com", n),
					Username: fmt.Sprint("n", n), DateJoined: time.Unix(int64(n), 0),
				}
				if !yield(port.ImportUser{User: user}, nil) {
					return
				}
			}
		},
	})
	require.NoError(t, err)
	require.Equal(t, map[port.ImportOutcome]int{port.ImportAdded: 40, port.ImportUnchanged: 10}, outcomes)
	require.Len(t, signedUp, 10)
	for id := range signedUp {
		require.Greater(t, id, int64(users))
	}
}

// An import may take longer than any other operation, as long as each of its statements is
// quick.
func TestUserImports_lasts(t *testing.T) {
	t.Parallel()
	db, closeDB, err := Open(t.Context(), Config{URL: migrated(t), Timeout: 200 * time.Millisecond})
	require.NoError(t, err)
	defer closeDB()
	err = db.UserImports().Import(t.Context(), port.UserImport{
		OnImported: func(port.ImportedUser) {},
		Users: func(yield func(port.ImportUser, error) bool) {
			pause := time.NewTimer(500 * time.Millisecond) // a slow source
			<-pause.C
			yield(port.ImportUser{User: domain.User{
				ID: 1, UUID: "018d6d24-3865-7456-8402-000000000001", Email: "ada@example.com", Username: "ada",
			}}, nil)
		},
	})
	require.NoError(t, err)
	var users int
	require.NoError(t, db.pool.Get(&users, "SELECT count(*) FROM users"))
	require.Equal(t, 1, users)
}
