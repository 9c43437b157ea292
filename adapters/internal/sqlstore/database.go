package sqlstore

import (
	"context"
	"fmt"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Database implements port.Database.
type Database struct {
	db    DB
	probe string
	want  int64
}

// NewDatabase makes the store. The statement probe tells the time and the
// version of the schema, as columns now and version; want is the version of this
// binary.
func NewDatabase(db DB, probe string, want int64) *Database { return &Database{db, probe, want} }

type databaseStatus struct {
	Now     Time  `db:"now"`
	Version int64 `db:"version"`
}

// Probe implements port.Database.
func (s *Database) Probe(ctx context.Context) (status port.DatabaseStatus, err error) {
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		row, _, err := One[databaseStatus](ctx, q, s.probe)
		status = port.DatabaseStatus{Now: row.Now.Time, SchemaVersion: row.Version, WantVersion: s.want}
		return err
	})
	if err != nil {
		return port.DatabaseStatus{}, fmt.Errorf("probe the database: %w", err)
	}
	return status, nil
}
