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

// Migrate migrates the database to the schema version of this binary and returns the version
// before and after. Any number of instances may call it at once: one migrates, the others
// wait. It has no timeout.
func Migrate(ctx context.Context, url string) (from, to int64, err error) {
	err = withConnection(url, func(db *sql.DB) error {
		from, to, err = migrations().Up(ctx, db, goose.WithSessionLocker(migrationLock{}))
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("migrate database: %w", err)
	}
	return from, to, nil
}

// SchemaStatus returns the schema version of the database.
func SchemaStatus(ctx context.Context, url string) (status sqlstore.SchemaVersion, err error) {
	err = withConnection(url, func(db *sql.DB) error {
		status, err = migrations().Status(ctx, db)
		return err
	})
	if err != nil {
		return sqlstore.SchemaVersion{}, fmt.Errorf("look at database: %w", err)
	}
	return status, nil
}

// withConnection calls do with a connection of its own, that of the plain driver without
// the timeouts of the pool.
func withConnection(url string, do func(*sql.DB) error) (err error) {
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

// migrationLock admits one migrating connection at a time. The server releases the lock when
// the connection ends, however it ends.
type migrationLock struct{}

func (migrationLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, lockMigrations); err != nil {
		return fmt.Errorf("wait for other instances: %w", err)
	}
	return nil
}

func (migrationLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, unlockMigrations); err != nil {
		return fmt.Errorf("release the migration lock: %w", err)
	}
	return nil
}

const versionTableExists = `SELECT to_regclass('` + sqlstore.VersionTable + `') IS NOT NULL`

// The number is "doorcode" in ASCII.
const (
	lockMigrations   = `SELECT pg_advisory_lock(x'646f6f72636f6465'::bigint)`
	unlockMigrations = `SELECT pg_advisory_unlock(x'646f6f72636f6465'::bigint)`
)
