package postgres

import (
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

func connect(t *testing.T, url string) *sql.DB {
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
	require.Equal(t, 1, migrated, "instances that had something to do")
	status, err := SchemaStatus(t.Context(), url)
	require.NoError(t, err)
	require.Equal(t, sqlstore.SchemaVersion{Database: latest, Binary: latest}, status)
}

func TestMigrate_afterAnInstanceThatWasKilled(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	db := connect(t, url)
	killed, err := db.Conn(t.Context())
	require.NoError(t, err)
	_, err = killed.ExecContext(t.Context(), lockMigrations)
	require.NoError(t, err)
	_, err = killed.ExecContext(t.Context(), `BEGIN; CREATE TABLE users (id bigint)`)
	require.NoError(t, err)

	done := make(chan error, 1)
	go func() {
		_, _, err := Migrate(t.Context(), url)
		done <- err
	}()
	require.Eventually(t, func() bool {
		var waiting bool
		err := db.QueryRowContext(t.Context(), `SELECT EXISTS (
			SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
			   AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`).Scan(&waiting)
		return err == nil && waiting
	}, 10*time.Second, 10*time.Millisecond)
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
	require.NoError(t, connect(t, url).QueryRowContext(t.Context(), `SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`).Scan(&tables))
	require.Zero(t, tables)
}

func TestMigrate_ofADatabaseThatIsAhead(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	_, err := connect(t, url).ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`)
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
