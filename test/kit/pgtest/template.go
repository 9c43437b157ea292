package pgtest

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"github.com/lib/pq"
)

const (
	templatePrefix   = "template_"
	unfinishedPrefix = "unfinished_"
	mostNameBytes    = 63 - len(unfinishedPrefix) // PostgreSQL cuts longer names off
)

// template returns the name of the template database that migrate has filled.
func (s *server) template(name string, migrate func(url string) error) (string, error) {
	if len(name) > mostNameBytes {
		return "", fmt.Errorf("shorten the template's name %q to at most %d bytes", name, mostNameBytes)
	}
	once, _ := s.templates.LoadOrStore(name, sync.OnceValue(func() error {
		return s.session(func(ctx context.Context, conn *sql.Conn) error {
			return s.ensureTemplate(ctx, conn, name, migrate)
		})
	}))
	return templatePrefix + name, once.(func() error)()
}

// ensureTemplate makes the template unless it is there. The lock lets one process
// at a time look and make; the server takes it back when the connection ends. The
// template gets its name last: what a process left half made is not a template.
func (s *server) ensureTemplate(ctx context.Context, conn *sql.Conn, name string, migrate func(string) error) error {
	if _, err := conn.ExecContext(ctx, lockTemplate, name); err != nil {
		return fmt.Errorf("lock the template %s: %w", name, err)
	}
	var made bool
	if err := conn.QueryRowContext(ctx, databaseExists, templatePrefix+name).Scan(&made); err != nil {
		return fmt.Errorf("look for the template %s: %w", name, err)
	}
	if made {
		return nil
	}
	unfinished := unfinishedPrefix + name
	quoted := pq.QuoteIdentifier(unfinished)
	if err := s.run("DROP DATABASE IF EXISTS " + quoted + " WITH (FORCE)"); err != nil {
		return err
	}
	if err := s.create(unfinished, emptyTemplate); err != nil {
		return err
	}
	if err := migrate(s.url(unfinished)); err != nil {
		return fmt.Errorf("migrate the template %s: %w", name, err)
	}
	// A copy is refused as long as the original has connections.
	return s.run(
		"ALTER DATABASE "+quoted+" WITH ALLOW_CONNECTIONS false",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "+pq.QuoteLiteral(unfinished),
		"ALTER DATABASE "+quoted+" RENAME TO "+pq.QuoteIdentifier(templatePrefix+name),
	)
}

const (
	lockTemplate   = `SELECT pg_advisory_lock(hashtextextended($1, 0))`
	databaseExists = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`
)
