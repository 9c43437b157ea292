package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/pressly/goose/v3"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

//go:embed migrations/*.sql
var files embed.FS

func migrations() sqlstore.Migrations {
	return sqlstore.Migrations{Dialect: goose.DialectPostgres, Files: files, Begun: versionTableExists}
}

// Migrate migrates the database to the schema version of this binary and returns the version
// before and after. Any number of instances may call it at once: one migrates, the others
// wait. It has no timeout.
func Migrate(ctx context.Context, url string) (from, to int64, err error) {
	from, to, err = migrate(ctx, url, migrations())
	if err != nil {
		return 0, 0, fmt.Errorf("migrate database: %w", err)
	}
	return from, to, nil
}

const (
	lockPoll    = 200 * time.Millisecond
	lockRetries = 60 // of a migration that waited for a lock longer than its lock_timeout
	lockPause   = time.Second
)

// migrate applies migrations. One that cannot lock a table within its lock_timeout is tried
// again: meanwhile the statements that queue behind it are executed.
func migrate(ctx context.Context, url string, m sqlstore.Migrations) (from, to int64, err error) {
	err = withConnections(url, func(db *sql.DB) error {
		status, err := m.Status(ctx, db)
		if err == nil && status.Database >= status.Binary {
			from, to = status.Database, status.Database
			return nil
		}
		unlock, err := lockMigrations(ctx, db)
		if err != nil {
			return fmt.Errorf("wait for other instances: %w", err)
		}
		defer func() { _ = unlock() }()
		for retries := 0; ; retries++ {
			from, to, err = m.Up(ctx, db)
			if pq.As(err, pqerror.LockNotAvailable) == nil || retries == lockRetries {
				return err
			}
			if err := pause(ctx, lockPause); err != nil {
				return err
			}
		}
	})
	return from, to, err
}

// lockMigrations waits until no other instance migrates. The lock belongs to a transaction of
// a connection of its own, which the server or a pooler ends however this process ends.
//
// It polls, since a statement that waits has a snapshot: CREATE INDEX CONCURRENTLY of the
// instance that migrates would wait for it.
func lockMigrations(ctx context.Context, db *sql.DB) (unlock func() error, err error) {
	for {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return nil, err
		}
		var locked bool
		if err := tx.QueryRowContext(ctx, lockMigration).Scan(&locked); err != nil {
			return nil, errors.Join(err, tx.Rollback())
		}
		if locked {
			return tx.Rollback, nil
		}
		if err := errors.Join(tx.Rollback(), pause(ctx, lockPoll)); err != nil {
			return nil, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// SchemaStatus returns the schema version of the database.
func SchemaStatus(ctx context.Context, url string) (status sqlstore.SchemaVersion, err error) {
	err = withConnections(url, func(db *sql.DB) error {
		status, err = migrations().Status(ctx, db)
		return err
	})
	if err != nil {
		return sqlstore.SchemaVersion{}, fmt.Errorf("look at database: %w", err)
	}
	return status, nil
}

// withConnections calls do with a pool of its own, of the driver's connections without the
// timeouts of the stores. Every statement is one round trip, and so works through a pooler.
func withConnections(url string, do func(*sql.DB) error) (err error) {
	settings, err := Config{URL: url}.connection()
	if err != nil {
		return err
	}
	settings.BinaryParameters = true
	delete(settings.Runtime, "statement_timeout")
	delete(settings.Runtime, "lock_timeout")
	db := sql.OpenDB(migrationConnector{newServers(settings, migrationConnect)})
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}

// migrationConnector makes connections of the driver, whose statements have no deadline.
type migrationConnector struct{ servers *servers }

// Connect implements driver.Connector.
func (c migrationConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, socket, err := c.servers.connect(ctx)
	if err != nil {
		return nil, err
	}
	return conn, socket.SetDeadline(time.Time{})
}

// Driver implements driver.Connector.
func (migrationConnector) Driver() driver.Driver { return &pq.Driver{} }

const versionTableExists = `SELECT to_regclass('` + sqlstore.VersionTable + `') IS NOT NULL`

// The number is "doorcode" in ASCII.
const lockMigration = `
SELECT pg_try_advisory_xact_lock(x'646f6f72636f6465'::bigint)
  FROM set_config('idle_in_transaction_session_timeout', '0', true)`
