package postgres

import (
	"database/sql"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// openPlain opens connections of the plain driver, without the timeouts of the stores.
func openPlain(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestMigrate_byManyAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	latest, err := migrations().Latest()
	require.NoError(t, err)
	var (
		all      sync.WaitGroup
		mu       sync.Mutex
		migrated int
	)
	for range 8 {
		all.Go(func() {
			from, to, err := Migrate(t.Context(), url)
			if err != nil || to != latest {
				t.Errorf("migrated to %d with %v, want %d", to, err, latest)
			}
			mu.Lock()
			defer mu.Unlock()
			if from == 0 {
				migrated++
			}
		})
	}
	all.Wait()
	require.Equal(t, 1, migrated, "instances that migrated")
	status, err := SchemaStatus(t.Context(), url)
	require.NoError(t, err)
	require.Equal(t, sqlstore.SchemaVersion{Database: latest, Binary: latest}, status)
}

func TestMigrate_afterAnInstanceThatWasKilled(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	db := openPlain(t, url)
	killed, err := db.Conn(t.Context())
	require.NoError(t, err)
	_, err = killed.ExecContext(t.Context(), `BEGIN`)
	require.NoError(t, err)
	_, err = killed.ExecContext(t.Context(), lockMigration)
	require.NoError(t, err)
	_, err = killed.ExecContext(t.Context(), `CREATE TABLE users (id bigint)`)
	require.NoError(t, err)

	done := make(chan error, 1)
	go func() {
		_, _, err := Migrate(t.Context(), url)
		done <- err
	}()
	awaitMigration(t, db)
	require.Empty(t, done, "it did not wait")

	var pid int
	require.NoError(t, killed.QueryRowContext(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid))
	_, err = db.ExecContext(t.Context(), `SELECT pg_terminate_backend($1)`, pid)
	require.NoError(t, err)
	require.NoError(t, <-done)
	_ = killed.Close()
}

func TestSchemaStatus_ofAnEmptyDatabase_writesNothing(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	status, err := SchemaStatus(t.Context(), url)
	require.NoError(t, err)
	require.Zero(t, status.Database)
	require.Positive(t, status.Binary)
	var tables int
	const query = `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`
	require.NoError(t, openPlain(t, url).QueryRowContext(t.Context(), query).Scan(&tables))
	require.Zero(t, tables)
}

func TestMigrate_ofADatabaseThatIsAhead(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	_, err := openPlain(t, url).ExecContext(t.Context(), `
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
	require.NoError(t, err)
	from, to, err := Migrate(t.Context(), url)
	require.NoError(t, err)
	require.EqualValues(t, 99999, from)
	require.EqualValues(t, 99999, to)
	status, err := opener(url, nil)(t).Database.Probe(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 99999, status.SchemaVersion)
	require.Less(t, status.WantVersion, status.SchemaVersion)
}

// awaitMigration returns when another connection has asked for the lock.
func awaitMigration(t *testing.T, db *sql.DB) {
	t.Helper()
	require.Eventually(t, func() bool {
		var asked bool
		err := db.QueryRowContext(t.Context(), `SELECT EXISTS (
			SELECT FROM pg_stat_activity
			 WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'doorcode'
			   AND query IN ($1, 'ROLLBACK'))`, lockMigration).Scan(&asked)
		return err == nil && asked
	}, 10*time.Second, 10*time.Millisecond)
}

// migrationsWith are the binary's and one more.
func migrationsWith(t *testing.T, next string) sqlstore.Migrations {
	t.Helper()
	m := migrations()
	latest, err := m.Latest()
	require.NoError(t, err)
	all := fstest.MapFS{fmt.Sprintf("migrations/%05d_next.sql", latest+1): {Data: []byte("-- +goose " + next)}}
	names, err := fs.Glob(files, "migrations/*.sql")
	require.NoError(t, err)
	for _, name := range names {
		content, err := files.ReadFile(name)
		require.NoError(t, err)
		all[name] = &fstest.MapFile{Data: content}
	}
	m.Files = all
	return m
}

// An instance that waits for its turn to migrate must not keep CREATE INDEX CONCURRENTLY of
// the one that migrates from ending.
func TestMigrate_indexesConcurrently(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	next := migrationsWith(t, "NO TRANSACTION\n-- +goose Up\nSELECT pg_sleep(0.5);\n"+
		"CREATE INDEX CONCURRENTLY users_company_idx ON users (company);")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, to, err := migrate(t.Context(), url, next); err != nil || to != 2 {
				t.Errorf("migrated to %d with %v, want 2", to, err)
			}
		})
	}
	all.Wait()
	var valid bool
	require.NoError(t, openPlain(t, url).QueryRowContext(t.Context(),
		`SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_company_idx'::regclass`).Scan(&valid))
	require.True(t, valid)
}

func TestMigrate_retriesALockedTable(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	next := migrationsWith(t, "Up\nSET LOCAL lock_timeout = '50ms';\nALTER TABLE users ADD COLUMN badge text;")
	db := openPlain(t, url)
	reader, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = reader.ExecContext(t.Context(), `SELECT FROM users`)
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		from, to, err := migrate(t.Context(), url, next)
		if err == nil && (from != 1 || to != 2) {
			err = fmt.Errorf("migrated from %d to %d", from, to)
		}
		done <- err
	}()
	queued := func(want bool) {
		require.Eventually(t, func() bool {
			var got bool
			err := db.QueryRowContext(t.Context(),
				`SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass)`).Scan(&got)
			return err == nil && got == want
		}, 10*time.Second, time.Millisecond)
	}
	queued(true)
	queued(false) // readers go on
	require.Empty(t, done)
	require.NoError(t, reader.Rollback())
	require.NoError(t, <-done)
}
