package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// fails returns the error of a statement on a prepared file.
func fails(t *testing.T, prepare func(t *testing.T, path string), options, statement string) error {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	prepare(t, path)
	db, err := sql.Open("sqlite", "file:"+path+"?"+options)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.ExecContext(t.Context(), statement)
	require.Error(t, err)
	return err
}

// The errors are those that SQLite returns.
func TestTranslate(t *testing.T) {
	t.Parallel()
	write := func(text string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			t.Helper()
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		}
	}
	schema := func(statements string) func(t *testing.T, path string) {
		return func(t *testing.T, path string) {
			t.Helper()
			db, err := sql.Open("sqlite", path)
			require.NoError(t, err)
			_, err = db.ExecContext(t.Context(), statements)
			require.NoError(t, err)
			require.NoError(t, db.Close())
		}
	}
	const tooLarge = `INSERT INTO x VALUES (1, zeroblob(100000) || 'a')`
	const table = `CREATE TABLE x (a INTEGER PRIMARY KEY, b TEXT NOT NULL CHECK (b <> '')) STRICT`
	nothing := func(*testing.T, string) {}
	locked := func(t *testing.T, path string) {
		t.Helper()
		schema(table)(t, path)
		t.Cleanup(hold(t, path))
	}
	damaged := func(t *testing.T, path string) {
		t.Helper()
		schema(table)(t, path)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		const page = 4096 // the first is the schema, the second the table
		write(string(content[:page])+strings.Repeat("x", len(content)-page))(t, path)
	}
	for name, row := range map[string]struct {
		err  error
		kind domain.FaultKind
	}{
		"no file":         {fails(t, nothing, "mode=ro", table), domain.Unavailable},
		"no database":     {fails(t, write(strings.Repeat("no database ", 10)), "", table), domain.Unavailable},
		"damaged":         {fails(t, damaged, "", `SELECT * FROM x`), domain.Unavailable},
		"read only":       {fails(t, schema(table), "mode=ro", `INSERT INTO x VALUES (1, 'a')`), domain.Unavailable},
		"full":            {fails(t, schema(table), "_pragma=max_page_count(1)", tooLarge), domain.Unavailable},
		"locked":          {fails(t, locked, "", `INSERT INTO x VALUES (1, 'a')`), domain.Unavailable},
		"closed":          {errClosed, domain.Unavailable},
		"late":            {context.DeadlineExceeded, domain.Unavailable},
		"no such name":    {fails(t, nothing, "", `INSERT INTO x VALUES (1, 'a')`), domain.Internal},
		"no statement":    {fails(t, nothing, "", `INSERT IN x`), domain.Internal},
		"not null":        {fails(t, schema(table), "", `INSERT INTO x (a) VALUES (1)`), domain.Internal},
		"a check":         {fails(t, schema(table), "", `INSERT INTO x VALUES (1, '')`), domain.Internal},
		"another type":    {fails(t, schema(table), "", `INSERT INTO x VALUES ('one', 'a')`), domain.Internal},
		"not of a driver": {errors.New("x"), domain.Internal},
	} {
		translated := translate(fmt.Errorf("doing: %w", row.err))
		require.Equal(t, row.kind, domain.AsError(translated).Kind, "%s: %v", name, row.err)
		require.ErrorIs(t, translated, row.err, "%s: the cause must not get lost", name)
	}
	require.NoError(t, translate(nil))
	require.ErrorIs(t, translate(port.ErrUsernameTaken), port.ErrUsernameTaken)
}
