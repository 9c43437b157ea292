package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Migrations are the files of one dialect.
type Migrations struct {
	Dialect goose.Dialect
	Files   fs.FS // with migrations/NNNNN_name.sql
	// Begun is a query that tells whether the table of versions, VersionTable, is
	// there.
	Begun string
}

// VersionTable is where the versions of the schema are kept.
const VersionTable = goose.DefaultTablename

// SchemaVersion is how far a database has been migrated, 0 if not at all, and
// how far this binary would take it. The database may be ahead.
type SchemaVersion struct {
	Database int64
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
		return 0, errors.New("there is no migration")
	}
	return goose.NumericComponent(names[len(names)-1]) // Glob sorts
}

// Status reads the versions, and writes nothing.
func (m Migrations) Status(ctx context.Context, db *sql.DB) (v SchemaVersion, err error) {
	if v.Binary, err = m.Latest(); err != nil {
		return v, err
	}
	var begun bool
	if err := db.QueryRowContext(ctx, m.Begun).Scan(&begun); err != nil {
		return v, fmt.Errorf("look for the version of the schema: %w", err)
	}
	if !begun {
		return v, nil
	}
	if err := db.QueryRowContext(ctx, currentVersion).Scan(&v.Database); err != nil {
		return v, fmt.Errorf("read the version of the schema: %w", err)
	}
	return v, nil
}

// Up applies what is missing and tells the version before and after. The caller
// sees to it that nobody else does the same meanwhile, by an option or a lock.
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
		return 0, 0, fmt.Errorf("read the version of the schema: %w", err)
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
