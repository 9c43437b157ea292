package pgtest

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDatabase(t *testing.T) {
	t.Parallel()
	first, second := open(t, Database(t)), open(t, Database(t))

	require.Equal(t, "0", one(t, first, ownTables))
	execute(t, first, "CREATE TABLE here (n int)")

	require.Equal(t, "1", one(t, first, ownTables))
	require.Equal(t, "0", one(t, second, ownTables), "a database sees its own tables only")
	require.NotEqual(t, one(t, first, "SELECT current_database()"), one(t, second, "SELECT current_database()"))
}

func TestDatabase_url(t *testing.T) {
	t.Parallel()
	address := Database(t)
	require.True(t, strings.HasPrefix(address, "postgres://"), address)
	require.Contains(t, address, "/testdatabase_url_", "the test's name can be read in it")
	require.Contains(t, address, "sslmode=disable")
}

func TestDatabase_droppedAtTheEnd(t *testing.T) {
	t.Parallel()
	maintenance := open(t, Database(t))
	var leaked *sql.DB
	var name string

	t.Run("a test that leaves a connection open", func(t *testing.T) {
		var err error
		leaked, err = sql.Open("postgres", Database(t))
		require.NoError(t, err)
		name = one(t, leaked, "SELECT current_database()")
		require.Equal(t, "true", one(t, maintenance, databaseExists, name))
	})

	require.Equal(t, "false", one(t, maintenance, databaseExists, name))
	require.NoError(t, leaked.Close())
}

func TestDatabaseName(t *testing.T) {
	t.Parallel()
	long := databaseName("TestÜber/a very long sentence that says what the subtest is about, and more")
	require.Regexp(t, `^test_ber_a_very_long_sentence_that_says__[a-z0-9]{16}$`, long)
	require.LessOrEqual(t, len(long), 63)
	require.NotEqual(t, databaseName("TestOne"), databaseName("TestOne"))
}

func TestMigratedDatabase(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	migrate := func(url string) error {
		calls.Add(1)
		return migrateOneTable(url)
	}
	name := sharedServer(t).ownTemplate(t)
	first := open(t, MigratedDatabase(t, name, migrate))
	second := open(t, MigratedDatabase(t, name, migrate))

	execute(t, first, "INSERT INTO migrated VALUES (1)")

	require.Equal(t, "1", one(t, first, "SELECT count(*) FROM migrated"))
	require.Equal(t, "0", one(t, second, "SELECT count(*) FROM migrated"), "a copy of its own")
	require.EqualValues(t, 1, calls.Load())

	open(t, MigratedDatabase(t, sharedServer(t).ownTemplate(t), migrate))
	require.EqualValues(t, 2, calls.Load(), "another name is another template")
}

func TestMigratedDatabase_manyProcesses(t *testing.T) {
	t.Parallel()
	const processes = 3
	s := sharedServer(t)
	name := s.ownTemplate(t)
	var actors []*actor
	for range processes {
		actors = append(actors, act(t, "migrating", EnvURL+"="+s.url("postgres"), templateVariable+"="+name))
	}
	calls := 0
	for _, a := range actors {
		n, err := strconv.Atoi(a.line(t))
		require.NoError(t, err)
		calls += n
	}
	require.Equal(t, 1, calls, "migrations of %d processes", processes)
}

func TestTemplate_failedMigration(t *testing.T) {
	t.Parallel()
	broken := errors.New("the third statement is wrong")
	firstProcess, secondProcess := sharedServer(t), sharedServer(t)
	name := firstProcess.ownTemplate(t)

	_, err := firstProcess.template(name, func(url string) error {
		return errors.Join(migrateOneTable(url), broken)
	})
	require.ErrorIs(t, err, broken)

	_, err = secondProcess.template(name, migrateOneTable)
	require.NoError(t, err, "what is half made is not in the way")
}

func TestTemplate_openConnection(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)

	template, err := s.template(s.ownTemplate(t), func(url string) error { return open(t, url).Ping() })

	require.NoError(t, err)
	require.NoError(t, s.create(template+"_copy", template))
	require.NoError(t, s.drop(template+"_copy"))
	require.ErrorContains(t, open(t, s.url(template)).PingContext(t.Context()),
		"not currently accepting connections", "nobody can change a template")
}

func TestTemplate_longName(t *testing.T) {
	t.Parallel()
	_, err := new(server).template(strings.Repeat("x", 60), nil)
	require.ErrorContains(t, err, "at most 52 bytes")
}

func TestOpenServer(t *testing.T) {
	t.Parallel()
	c := OwnCluster(t, Options{Settings: map[string]string{"fsync": "on"}})

	s, err := openServer(strings.TrimSuffix(c.URL(""), "/?sslmode=disable"))
	require.NoError(t, err, "without a database and without sslmode")
	require.Equal(t, c.URL("x"), s.url("x"))
	require.Empty(t, s.strategy, "with fsync the server's own choice is the best")

	_, err = openServer("host=127.0.0.1 password=hidden")
	require.ErrorContains(t, err, "set DOORCODE_TEST_POSTGRES to a URL like postgres://")
	require.NotContains(t, err.Error(), "hidden")

	require.NoError(t, c.Kill())
	_, err = openServer(strings.Replace(c.URL("postgres"), "postgres@", "postgres:hidden@", 1))
	require.ErrorContains(t, err, "connection refused")
	require.NotContains(t, err.Error(), "hidden")
}

// templateVariable names the template for the role that migrates.
const templateVariable = "PGTEST_TEMPLATE"

// migrateOften is a role: it makes several databases at once from one template on
// the server that the environment names, and says how often it had to migrate.
func migrateOften() error {
	s, err := openServer(os.Getenv(EnvURL))
	if err != nil {
		return err
	}
	var calls atomic.Int32
	copyOnce := func() error {
		template, err := s.template(os.Getenv(templateVariable), func(url string) error {
			calls.Add(1)
			return migrateOneTable(url)
		})
		if err != nil {
			return err
		}
		name := databaseName("often")
		if err := s.create(name, template); err != nil {
			return err
		}
		return errors.Join(countMigrated(s.url(name)), s.drop(name))
	}
	errs := make([]error, 4)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = copyOnce() })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	fmt.Println(calls.Load())
	return nil
}

// countMigrated fails unless the database has what migrateOneTable makes.
func countMigrated(url string) error {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return err
	}
	var rows int
	err = db.QueryRow("SELECT count(*) FROM migrated").Scan(&rows)
	return errors.Join(err, db.Close())
}

// migrateOneTable stands for a schema's migrations.
func migrateOneTable(url string) error {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return err
	}
	_, err = db.Exec("CREATE TABLE migrated (n int)")
	return errors.Join(err, db.Close())
}

// sharedServer opens the tests' server anew, as another process would.
func sharedServer(t *testing.T) *server {
	t.Helper()
	s, err := shared()
	require.NoError(t, err)
	s, err = openServer(s.url("postgres"))
	require.NoError(t, err)
	return s
}

// ownTemplate returns a name for a template that is dropped at the test's end.
func (s *server) ownTemplate(t *testing.T) string {
	name := databaseName("t")
	t.Cleanup(func() {
		require.NoError(t, s.run(
			"DROP DATABASE IF EXISTS "+unfinishedPrefix+name+" WITH (FORCE)",
			"DROP DATABASE IF EXISTS "+templatePrefix+name+" WITH (FORCE)"))
	})
	return name
}

const ownTables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
