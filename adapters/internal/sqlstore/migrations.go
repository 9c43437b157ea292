package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Migrations are the migration files of one dialect.
type Migrations struct {
	Dialect goose.Dialect
	Files   fs.FS  // with migrations/NNNNN_name.sql
	Begun   string // a query that returns whether VersionTable exists
}

// VersionTable is the table with the applied schema versions.
const VersionTable = goose.DefaultTablename

// SchemaVersion is the schema version of a database and that of this binary. The database
// may be ahead.
type SchemaVersion struct {
	Database int64 // 0 before the first migration
	Binary   int64
}

const folder = "migrations"

// Latest is the version of the last file.
func (m Migrations) Latest() (int64, error) {
	names, err := fs.Glob(m.Files, folder+"/*.sql")
	if err != nil {
		return 0, err
	}
	if len(names) == 0 {
		return 0, errors.New("there is no migration file")
	}
	return goose.NumericComponent(names[len(names)-1]) // Glob sorts
}

// Status reads the versions and writes nothing.
func (m Migrations) Status(ctx context.Context, db *sql.DB) (v SchemaVersion, err error) {
	if v.Binary, err = m.Latest(); err != nil {
		return v, err
	}
	var begun bool
	if err := db.QueryRowContext(ctx, m.Begun).Scan(&begun); err != nil {
		return v, fmt.Errorf("look for the schema version: %w", err)
	}
	if !begun {
		return v, nil
	}
	if err := db.QueryRowContext(ctx, currentVersion).Scan(&v.Database); err != nil {
		return v, fmt.Errorf("read the schema version: %w", err)
	}
	return v, nil
}

// Up applies the pending migrations and returns the version before and after. The caller
// excludes concurrent migrations, by an option or a lock.
func (m Migrations) Up(ctx context.Context, db *sql.DB, options ...goose.ProviderOption) (from, to int64, err error) {
	files, err := fs.Sub(m.Files, folder)
	if err != nil {
		return 0, 0, fmt.Errorf("read the migrations: %w", err)
	}
	options = append(options, goose.WithDisableGlobalRegistry(true))
	provider, err := goose.NewProvider(m.Dialect, db, files, options...)
	if err != nil {
		return 0, 0, fmt.Errorf("read the migrations: %w", err)
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return 0, 0, err
	}
	if err := db.QueryRowContext(ctx, currentVersion).Scan(&to); err != nil {
		return 0, 0, fmt.Errorf("read the schema version: %w", err)
	}
	if len(applied) == 0 {
		return to, to, nil
	}
	for _, source := range provider.ListSources() {
		if source.Version < applied[0].Source.Version {
			from = source.Version
		}
	}
	return from, to, nil
}

const currentVersion = `SELECT COALESCE(max(version_id), 0) FROM ` + VersionTable
