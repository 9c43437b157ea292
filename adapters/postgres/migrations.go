package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	"github.com/lib/pq"
	"github.com/pressly/goose/v3"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

//go:embed migrations/*.sql
var files embed.FS

func migrations() sqlstore.Migrations {
	return sqlstore.Migrations{Dialect: goose.DialectPostgres, Files: files, Begun: versionTableExists}
}

// Migrate brings the schema to the version of this binary, and tells the
// version before and after. Any number of instances may do so at once: one does,
// the others wait for it. A migration takes the time it takes.
func Migrate(ctx context.Context, url string) (from, to int64, err error) {
	err = apart(url, func(db *sql.DB) error {
		from, to, err = migrations().Up(ctx, db, goose.WithSessionLocker(migrationLock{}))
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("migrate database: %w", err)
	}
	return from, to, nil
}

// SchemaStatus tells how far the database has been migrated.
func SchemaStatus(ctx context.Context, url string) (status sqlstore.SchemaVersion, err error) {
	err = apart(url, func(db *sql.DB) error {
		status, err = migrations().Status(ctx, db)
		return err
	})
	if err != nil {
		return sqlstore.SchemaVersion{}, fmt.Errorf("look at database: %w", err)
	}
	return status, nil
}

// apart calls do with a connection of its own, which has the driver's manners
// and no limits but ctx.
func apart(url string, do func(*sql.DB) error) (err error) {
	settings, err := Config{URL: url}.connection()
	if err != nil {
		return err
	}
	if settings.ConnectTimeout == 0 {
		settings.ConnectTimeout = migrationConnect
	}
	connector, err := pq.NewConnectorConfig(settings)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	return do(db)
}

// migrationLock lets one connection at a time migrate. The server takes the lock
// back when the connection ends, however it ends.
type migrationLock struct{}

func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, lockMigrations); err != nil {
		return fmt.Errorf("wait for other instances: %w", err)
	}
	return nil
}

func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, unlockMigrations); err != nil {
		return fmt.Errorf("let other instances go on: %w", err)
	}
	return nil
}

const versionTableExists = `SELECT to_regclass('` + sqlstore.VersionTable + `') IS NOT NULL`

// The number is "doorcode" in ASCII.
const (
	lockMigrations   = `SELECT pg_advisory_lock(x'646f6f72636f6465'::bigint)`
	unlockMigrations = `SELECT pg_advisory_unlock(x'646f6f72636f6465'::bigint)`
)
