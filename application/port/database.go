package port

import (
	"context"
	"time"
)

// Database probes the database of the stores.
type Database interface {
	// Probe must fail within two seconds when the database does not answer.
	// It must return the database's own time and the version of its schema.
	Probe(ctx context.Context) (DatabaseStatus, error)
}

// DatabaseStatus is the state of a database that answers.
type DatabaseStatus struct {
	Now           time.Time
	SchemaVersion int64 // of the database
	WantVersion   int64 // of this binary; the database may be newer
}
