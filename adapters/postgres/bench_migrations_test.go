package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// maxRead is how long a sign-in may wait for a migration.
const maxRead = 500 * time.Millisecond

// BenchmarkMigrations migrates a database of the first release with a million users and a
// million deliveries while a probe reads users. It runs the migrations after the first one,
// and then one that expands and indexes the users as CONTRIBUTING.md has it. For comparison,
// another one alters and fills the users in one transaction.
//
//	make bench-migrations
func BenchmarkMigrations(b *testing.B) {
	names, err := fs.Glob(files, "migrations/*.sql")
	require.NoError(b, err)
	released := fstest.MapFS{}
	for _, name := range names {
		content, err := files.ReadFile(name)
		require.NoError(b, err)
		released[name] = &fstest.MapFile{Data: content}
	}
	b.Run("expand", func(b *testing.B) {
		longest := benchMigrations(b, names[0], released, map[string]string{
			"99998_expand": "-- +goose Up\nSET LOCAL lock_timeout = '5s';\n" +
				"ALTER TABLE users ADD COLUMN badge text, ADD COLUMN level int NOT NULL DEFAULT 0;",
			"99999_index": "-- +goose NO TRANSACTION\n-- +goose Up\nSET lock_timeout = '5s';\n" +
				"DROP INDEX CONCURRENTLY IF EXISTS users_badge_idx;\n" +
				"CREATE INDEX CONCURRENTLY users_badge_idx ON users (badge);\nRESET lock_timeout;",
		})
		require.Less(b, longest, maxRead, "the longest read")
	})
	b.Run("fill_in_one_transaction", func(b *testing.B) {
		benchMigrations(b, names[0], released, map[string]string{
			"99998_fill": "-- +goose Up\nALTER TABLE users ADD COLUMN badge text;\n" +
				"UPDATE users SET badge = email;\nCREATE INDEX users_badge_idx ON users (badge);",
		})
	})
}

// benchMigrations returns the duration of the longest read during the migrations after the
// first.
func benchMigrations(
	b *testing.B, first string, released fstest.MapFS, next map[string]string,
) (longest time.Duration) {
	url := pgtest.Database(b)
	m := migrations()
	m.Files = fstest.MapFS{first: released[first]}
	_, _, err := migrate(b.Context(), url, m)
	require.NoError(b, err)
	db, err := sql.Open("postgres", url)
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	for _, statement := range []string{seedUsers, seedDeliveries} {
		_, err := db.ExecContext(b.Context(), statement, seeded)
		require.NoError(b, err)
	}
	_, err = db.ExecContext(b.Context(), "VACUUM (ANALYZE)")
	require.NoError(b, err)
	all := maps.Clone(released)
	for name, text := range next {
		all["migrations/"+name+".sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	m.Files = all
	ctx, stop := context.WithCancel(b.Context())
	probed := make(chan error, 1)
	go func() {
		reads := 0
		for ; ctx.Err() == nil; reads++ {
			begun := time.Now()
			var id int64
			email := fmt.Sprintf("person%d@example.com", reads%seeded)
			err := db.QueryRowContext(context.WithoutCancel(ctx), `SELECT id FROM users WHERE email = $1`, email).Scan(&id)
			if err != nil {
				probed <- err
				return
			}
			longest = max(longest, time.Since(begun))
		}
		if reads == 0 {
			probed <- errors.New("no read during the migrations")
			return
		}
		probed <- nil
	}()
	begun := time.Now()
	_, _, err = migrate(b.Context(), url, m)
	b.ReportMetric(time.Since(begun).Seconds(), "s/migrations")
	stop()
	require.NoError(b, errors.Join(err, <-probed))
	b.ReportMetric(float64(longest.Milliseconds()), "ms/longest-read")
	b.ReportMetric(0, "ns/op") // hides it
	return longest
}

const seeded = 1_000_000

const seedUsers = `
INSERT INTO users (uuid, email, email_verified, username, date_joined, direct)
SELECT gen_random_uuid(), 'person' || n || '@example.com', true, 'person' || n || '-abcdef', now(), true
  FROM generate_series(0, $1::int - 1) AS n`

const seedDeliveries = `
INSERT INTO deliveries (challenge_id, id, channel, provider, recipient, status, progress, result, message_id,
                        created_at, updated_at)
SELECT gen_random_uuid(), gen_random_uuid(), 'email', 'smtp', 'pe***@example.com', 'sent', 2, '', '', now(), now()
  FROM generate_series(0, $1::int - 1) AS n`
