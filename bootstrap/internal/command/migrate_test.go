package command

import (
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// statusOf calls migrate status about a database.
func statusOf(t *testing.T, database string) (out, errs string, code int) {
	t.Helper()
	return inProcess(t, &program{}, map[string]string{"database.url": database}, "migrate", "status")
}

func TestMigrateStatus_ofANewerSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	_, errs, code := inProcess(t, &program{}, map[string]string{"database.url": "sqlite://" + path}, "migrate", "up")
	require.Zero(t, code, errs)
	got, errs, code := statusOf(t, "sqlite://"+path)
	require.Zero(t, code, errs)
	require.Contains(t, got, "The schema is up to date: version ")

	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	require.NoError(t, errors.Join(err, db.Close()))
	got, errs, code = statusOf(t, "sqlite://"+path)
	require.Zero(t, code, errs)
	require.Contains(t, got, "The schema has version 99999: newer than this program, which needs ")
}

// A refusal by PostgreSQL is reported with its cure, once.
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
		noDatabase.String(): "(make it with createdb, or name another in DOORCODE_DATABASE_URL)",
		noRole.String(): "(correct user and password in DOORCODE_DATABASE_URL, " +
			"or make the role with createuser)",
		"postgres://127.0.0.1:1/doorcode": "(start PostgreSQL, or set DOORCODE_DATABASE_URL to where it is)",
		"sqlite://" + text:                "name another file",
	} {
		_, errs, code := statusOf(t, database)
		require.Equal(t, 1, code)
		require.Contains(t, errs, cure)
		_, errs, code = inProcess(t, &program{}, map[string]string{"database.url": database}, "serve")
		require.Equal(t, 1, code)
		require.Equal(t, 1, strings.Count(errs, cure), errs)
		require.NotContains(t, errs, "migrate database: migrate:")
		require.NotContains(t, errs, "hunter2")
	}
}
