package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// database is a PostgreSQL database of the benchmark's own on the test server.
type database struct {
	url         string
	name        string
	maintenance *sql.DB // to a database that stays
	db          *sql.DB
}

// databaseTimeout bounds each piece of work that is not measured.
const databaseTimeout = time.Minute

// createDatabase makes an empty database on the server that the environment
// names.
func createDatabase(ctx context.Context) (*database, error) {
	server, err := localServer(os.Getenv(pgtest.EnvURL))
	if err != nil {
		return nil, err
	}
	maintenance, err := sql.Open("postgres", server.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", server.Redacted(), err)
	}
	d := &database{name: "bench_" + strings.ToLower(rand.Text()[:12]), maintenance: maintenance}
	if err := d.run(ctx, maintenance, "CREATE DATABASE "+pq.QuoteIdentifier(d.name)); err != nil {
		return nil, errors.Join(err, maintenance.Close())
	}
	server.Path = "/" + d.name
	d.url = server.String()
	if d.db, err = sql.Open("postgres", d.url); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", server.Redacted(), err), d.drop())
	}
	return d, nil
}

// localServer reads the server's address and refuses one on another machine.
func localServer(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if address == "" || err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return nil, fmt.Errorf("%s names no server: type make bench", pgtest.EnvURL)
	}
	if ip := net.ParseIP(u.Hostname()); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("%s names a server at %q: the benchmark loads only 127.0.0.1", pgtest.EnvURL, u.Hostname())
	}
	return u, nil
}

// drop closes and removes the database.
func (d *database) drop() error {
	var errs []error
	if d.db != nil {
		errs = append(errs, d.db.Close())
	}
	errs = append(errs,
		d.run(context.Background(), d.maintenance, "DROP DATABASE "+pq.QuoteIdentifier(d.name)+" WITH (FORCE)"),
		d.maintenance.Close())
	return errors.Join(errs...)
}

// tidy does what a server in service does by itself: test servers have
// autovacuum off.
func (d *database) tidy(ctx context.Context) error {
	return d.run(ctx, d.db, "VACUUM (ANALYZE)")
}

func (d *database) run(ctx context.Context, db *sql.DB, statement string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	if _, err := db.ExecContext(ctx, statement, args...); err != nil {
		return fmt.Errorf("%s: %w", strings.TrimSpace(statement), err)
	}
	return nil
}

// count is the one number that a query returns.
func (d *database) count(ctx context.Context, query string, args ...any) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	var n int
	if err := d.db.QueryRowContext(ctx, query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("%s: %w", strings.TrimSpace(query), err)
	}
	return n, nil
}

// facts says which server it is, for the report's title.
func (d *database) facts(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, databaseTimeout)
	defer cancel()
	var version, fsync string
	if err := d.db.QueryRowContext(ctx, serverFacts).Scan(&version, &fsync); err != nil {
		return "", fmt.Errorf("ask the server for its version: %w", err)
	}
	return "PostgreSQL " + version + ", fsync " + fsync, nil
}

const serverFacts = `SELECT current_setting('server_version'), current_setting('fsync')`
