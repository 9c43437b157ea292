package kit

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // for tests that read a file

	"github.com/doorcode-auth/doorcode/adapters/postgres"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// Dialect is one of the databases that the service can stand on.
type Dialect string

// The databases.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// Database is a database of one test.
type Database struct {
	Dialect Dialect
	URL     string // as database.url wants it
}

// OnBothStores runs a test once on SQLite and once on PostgreSQL, in parallel,
// each with a database of its own.
func OnBothStores(t *testing.T, test func(t *testing.T, db Database)) {
	t.Helper()
	t.Run(string(SQLite), func(t *testing.T) {
		t.Parallel()
		test(t, OnSQLite(t))
	})
	t.Run(string(Postgres), func(t *testing.T) {
		t.Parallel()
		test(t, OnPostgres(t))
	})
}

// OnSQLite is a database in a new file.
func OnSQLite(t testing.TB) Database {
	t.Helper()
	return Database{Dialect: SQLite, URL: "sqlite://" + filepath.Join(t.TempDir(), "doorcode.db")}
}

// OnPostgres is a new database on the server that all tests share, already
// migrated.
func OnPostgres(t testing.TB) Database {
	t.Helper()
	url := pgtest.MigratedDatabase(t, schema(t), func(url string) error {
		_, _, err := postgres.Migrate(t.Context(), url)
		return err
	})
	return Database{Dialect: Postgres, URL: url}
}

// Instances is how many services may run on the database at once: an SQLite file
// belongs to one.
func (d Database) Instances() int {
	if d.Dialect == SQLite {
		return 1
	}
	return 2
}

// Open connects to the database beside the service, for a look at what is stored.
func (d Database) Open(t testing.TB) *sql.DB {
	t.Helper()
	driver, source := "postgres", d.URL
	if d.Dialect == SQLite {
		driver, source = "sqlite", "file:"+d.URL[len("sqlite://"):]+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// Exec changes what is stored, behind the service's back. Placeholders are $1, $2
// and so on, in the order of the arguments.
func (d Database) Exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	db := d.Open(t)
	_, err := db.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err, statement)
}

// Count is the one number that a query returns.
func (d Database) Count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, d.Open(t).QueryRowContext(t.Context(), query, args...).Scan(&n), query)
	return n
}

// schema names what migrations make of an empty database.
func schema(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(Root(t), "adapters", "postgres", "migrations", "*.sql"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	sum := sha256.New()
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		sum.Write(text)
	}
	return "doorcode_" + hex.EncodeToString(sum.Sum(nil)[:8])
}

// Root is the folder of the module that the test belongs to.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for !isFile(filepath.Join(dir, "go.mod")) {
		require.NotEqual(t, filepath.Dir(dir), dir, "no go.mod above the working directory")
		dir = filepath.Dir(dir)
	}
	return dir
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
