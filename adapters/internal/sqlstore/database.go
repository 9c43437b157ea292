package sqlstore

import (
	"context"
	"errors"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Database implements port.Database.
type Database struct {
	db            DB
	probe         string
	schemaVersion int64
}

type databaseStatus struct {
	Now      Time
	Version  int64
	ReadOnly bool
}

// Columns are the scan targets of a probe.
func (r *databaseStatus) Columns() []any { return []any{&r.Now, &r.Version, &r.ReadOnly} }

var errReadOnly = domain.ErrUnavailable.Because(errors.New("the database can only be read: " +
	"name the primary and no standby in DOORCODE_DATABASE_URL, and set default_transaction_read_only to off"))

// Probe implements port.Database. A read-only database counts as unavailable: it
// cannot even issue a code.
func (s *Database) Probe(ctx context.Context) (port.DatabaseStatus, error) {
	return Read(ctx, s.db, "probe the database", func(ctx context.Context, q Queryer) (port.DatabaseStatus, error) {
		row, _, err := QueryRow[databaseStatus](ctx, q, s.probe)
		if err == nil && row.ReadOnly {
			err = errReadOnly
		}
		return port.DatabaseStatus{Now: row.Now.Time, SchemaVersion: row.Version, WantVersion: s.schemaVersion}, err
	})
}
