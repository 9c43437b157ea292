package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// connectError is any failure to connect.
type connectError struct{ error }

func (e *connectError) Unwrap() error { return e.error }

// translate turns driver errors into domain errors. It is the only place that classifies
// them.
func translate(err error) error {
	if pq.As(err, poolerSymptoms...) != nil {
		err = fmt.Errorf("%w (behind a connection pooler, set database.pooler to auto or transaction)", err)
	}
	return sqlstore.Translate(err, usernameTaken, unavailable)
}

// poolerSymptoms are the errors of a prepared statement that is in another server process, or
// has the name of another one.
var poolerSymptoms = []pqerror.Code{
	pqerror.ProtocolViolation, pqerror.InvalidSQLStatementName, pqerror.DuplicatePstatement,
}

func usernameTaken(err error) bool {
	e := pq.As(err, pqerror.UniqueViolation)
	return e != nil && e.Constraint == "users_username_key"
}

// unavailable reports whether the server or the connection to it failed, and not the
// statement.
func unavailable(err error) bool {
	var connecting *connectError
	if errors.As(err, &connecting) {
		return true
	}
	if e := pq.As(err); e != nil {
		return serverFault(e)
	}
	var network net.Error
	return errors.As(err, &network) ||
		errors.Is(err, errUnknownOutcome) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// serverFault reports whether the server cannot serve valid statements, temporarily or until
// an operator repairs it.
func serverFault(e *pq.Error) bool {
	switch e.Code.Class() {
	case pqerror.ClassConnectionException, pqerror.ClassInsufficientResources,
		pqerror.ClassOperatorIntervention, pqerror.ClassSystemError:
		return true
	}
	switch e.Code {
	case pqerror.LockNotAvailable, pqerror.TRSerializationFailure, pqerror.TRDeadlockDetected,
		pqerror.ReadOnlySQLTransaction, // a standby, or default_transaction_read_only
		pqerror.InsufficientPrivilege, pqerror.UndefinedTable, pqerror.UndefinedColumn, pqerror.InvalidSchemaName,
		pqerror.InvalidSQLStatementName, pqerror.DuplicatePstatement,
		pqerror.DataCorrupted, pqerror.IndexCorrupted:
		return true
	}
	return false
}
