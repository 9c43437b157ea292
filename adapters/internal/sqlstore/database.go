package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Database implements port.Database.
type Database struct {
	db    DB
	probe string
	want  int64
}

// NewDatabase makes the store. The statement probe tells the time and the
// version of the schema, as columns now and version, and where a server can be
// set so whether it can only be read, as read_only; want is the version of this
// binary.
func NewDatabase(db DB, probe string, want int64) *Database { return &Database{db, probe, want} }

type databaseStatus struct {
	Now      Time
	Version  int64
	ReadOnly bool
}

// Columns are where those of a probe go.
func (r *databaseStatus) Columns() []any { return []any{&r.Now, &r.Version, &r.ReadOnly} }

var errReadOnly = domain.ErrUnavailable.Because(errors.New(
	"the database can only be read: name the primary and no standby in DOORCODE_DATABASE_URL, and set default_transaction_read_only to off"))

// Probe implements port.Database. A database that can only be read is out of
// order, for nobody can even ask for a code.
func (s *Database) Probe(ctx context.Context) (status port.DatabaseStatus, err error) {
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		row, _, err := One[databaseStatus](ctx, q, s.probe)
		status = port.DatabaseStatus{Now: row.Now.Time, SchemaVersion: row.Version, WantVersion: s.want}
		if err == nil && row.ReadOnly {
			return errReadOnly
		}
		return err
	})
	if err != nil {
		return port.DatabaseStatus{}, fmt.Errorf("probe the database: %w", err)
	}
	return status, nil
}
