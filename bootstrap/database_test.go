package bootstrap_test

import (
	"bytes"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// migrateStatus is what the command prints about a database.
func migrateStatus(t *testing.T, database string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	command := bootstrap.Command{Flags: map[string]string{"database.url": database}, Stdout: &out, Stderr: &out}
	err := command.MigrateStatus(t.Context())
	return out.String(), err
}

func TestMigrateStatus_ofANewerSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	migrate := bootstrap.Command{Flags: map[string]string{"database.url": "sqlite://" + path}, Stdout: &bytes.Buffer{}}
	require.NoError(t, migrate.MigrateUp(t.Context()))
	got, err := migrateStatus(t, "sqlite://"+path)
	require.NoError(t, err)
	require.Contains(t, got, "The schema is up to date: version ")

	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	require.NoError(t, errors.Join(err, db.Close()))
	got, err = migrateStatus(t, "sqlite://"+path)
	require.NoError(t, err)
	require.Contains(t, got, "The schema has version 99999: newer than this program, which needs ")
}

// Whoever is refused by PostgreSQL is told what to do, once.
func TestMigrateStatus_saysWhatToDo(t *testing.T) {
	t.Parallel()
	good, err := url.Parse(pgtest.Database(t))
	require.NoError(t, err)
	noDatabase, noRole := *good, *good
	noDatabase.Path = "/nosuch"
	noRole.User = url.UserPassword("nosuch", "hunter2")
	text := filepath.Join(t.TempDir(), "text.db")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("no database ", 100)), 0o600))
	for database, cure := range map[string]string{
		noDatabase.String():               "(make it with createdb, or name another in DOORCODE_DATABASE_URL)",
		noRole.String():                   "(correct user and password in DOORCODE_DATABASE_URL, or make the role with createuser)",
		"postgres://127.0.0.1:1/doorcode": "(start PostgreSQL, or set DOORCODE_DATABASE_URL to where it is)",
		"sqlite://" + text:                "name another file",
	} {
		_, err := migrateStatus(t, database)
		require.ErrorContains(t, err, cure)
		serve := bootstrap.Command{Flags: map[string]string{"database.url": database}, Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}}
		err = serve.Serve(t.Context())
		require.ErrorContains(t, err, cure)
		require.Equal(t, 1, strings.Count(err.Error(), cure), err)
		require.NotContains(t, err.Error(), "migrate database: migrate:")
		require.NotContains(t, err.Error(), "hunter2")
	}
}
