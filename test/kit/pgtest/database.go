package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"
)

// EnvURL names the environment variable that holds the URL of a superuser of a
// running server. All test processes that see it share that server.
const EnvURL = "DOORCODE_TEST_POSTGRES"

// databaseTimeout bounds every piece of work on the server that a test waits for,
// another process's migration included.
const databaseTimeout = time.Minute

// Database returns the URL of a new and empty database, which is dropped when the
// test ends.
func Database(t testing.TB) string {
	t.Helper()
	return database(t, func(*server) (string, error) { return emptyTemplate, nil })
}

// MigratedDatabase returns the URL of a new database in the state that migrate
// leaves an empty one in; it is dropped when the test ends. Migrate is called once
// per server and name, however many tests and processes ask: every later database
// is a copy. So name must change with what migrate does, for example by the number
// of the last migration. Migrate must close its connections.
func MigratedDatabase(t testing.TB, name string, migrate func(url string) error) string {
	t.Helper()
	return database(t, func(s *server) (string, error) { return s.template(name, migrate) })
}

// database makes a database for one test as a copy of a template.
func database(t testing.TB, template func(*server) (string, error)) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("find a PostgreSQL server for the tests: %v", err)
	}
	from, err := template(s)
	if err != nil {
		t.Fatalf("make a template database: %v", err)
	}
	name := databaseName(t.Name())
	if err := s.create(name, from); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := s.drop(name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return s.url(name)
}

// databaseName returns a name of its own for a test's database, in which one can
// still read the test's.
func databaseName(test string) string {
	const readable = 40 // of the 63 bytes that a name may have
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(test))
	return letters[:min(len(letters), readable)] + "_" + strings.ToLower(rand.Text()[:16])
}

// emptyTemplate is the database without any additions.
const emptyTemplate = "template0"

// server is the one on which this process's tests make their databases.
type server struct {
	maintenance *url.URL // the database from which others are made and dropped
	strategy    string   // how CREATE DATABASE copies
	templates   sync.Map // name -> func() error that makes it once in this process
}

// shared opens the server once per process. One that it had to start itself runs
// until the process ends.
var shared = sync.OnceValues(func() (*server, error) {
	if address := os.Getenv(EnvURL); address != "" {
		return openServer(address)
	}
	c, err := Start(Options{})
	if err != nil {
		return nil, err
	}
	return openServer(c.URL("postgres"))
})

// openServer asks the server at address how it copies a database best.
func openServer(address string) (*server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, fmt.Errorf("set %s to a URL like postgres://postgres:password@127.0.0.1:5432/postgres", EnvURL)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/postgres"
	}
	if query := u.Query(); !query.Has("sslmode") {
		query.Set("sslmode", "disable")
		u.RawQuery = query.Encode()
	}
	s := &server{maintenance: u}
	var fileCopy bool
	err = s.session(func(ctx context.Context, conn *sql.Conn) error {
		return conn.QueryRowContext(ctx, canFileCopy).Scan(&fileCopy)
	})
	if err != nil {
		return nil, fmt.Errorf("open the server %s: %w", u.Redacted(), err)
	}
	if fileCopy {
		s.strategy = " STRATEGY FILE_COPY"
	}
	return s, nil
}

// url returns the address of a database on the server.
func (s *server) url(database string) string {
	u := *s.maintenance
	u.Path = "/" + database
	return u.String()
}

// session calls do with a connection to the maintenance database, of which
// nothing stays when it returns: no connection, no goroutine, no lock.
func (s *server) session(do func(context.Context, *sql.Conn) error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), databaseTimeout)
	defer cancel()
	db, err := sql.Open("postgres", s.maintenance.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return do(ctx, conn)
}

// run executes statements one after the other, each in a transaction of its own,
// as making and dropping databases wants it.
func (s *server) run(statements ...string) error {
	return s.session(func(ctx context.Context, conn *sql.Conn) error {
		for _, statement := range statements {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
}

func (s *server) create(name, template string) error {
	return s.run("CREATE DATABASE " + pq.QuoteIdentifier(name) +
		" TEMPLATE " + pq.QuoteIdentifier(template) + s.strategy)
}

// drop drops a database together with the connections that a test left open.
func (s *server) drop(name string) error {
	return s.run("DROP DATABASE " + pq.QuoteIdentifier(name) + " WITH (FORCE)")
}

// canFileCopy tells whether copying files is the quick way: since version 15
// there is a choice, and without fsync the checkpoints that it takes cost
// nothing (8 ms a database; 13 ms through the write-ahead log).
const canFileCopy = `
SELECT current_setting('server_version_num')::int >= 150000
   AND current_setting('fsync') = 'off'`
