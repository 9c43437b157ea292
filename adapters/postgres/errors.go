package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// connectError is why there is no connection, whatever the reason.
type connectError struct{ error }

func (e *connectError) Unwrap() error { return e.error }

// translate turns what the driver tells into faults of the domain, where the
// caller can do something about it: take another name, or come again later. It
// is the only place that looks at the errors of the driver.
func translate(err error) error {
	var fault *domain.Error
	switch {
	case err == nil, errors.As(err, &fault):
		return err
	case usernameTaken(err):
		return port.ErrUsernameTaken.Because(err)
	case outOfOrder(err):
		return domain.ErrUnavailable.Because(err)
	default:
		return err
	}
}

func usernameTaken(err error) bool {
	e := pq.As(err, pqerror.UniqueViolation)
	return e != nil && e.Constraint == "users_username_key"
}

// outOfOrder reports whether it was the database or the way to it that failed,
// and not what was asked.
func outOfOrder(err error) bool {
	var connecting *connectError
	if errors.As(err, &connecting) {
		return true
	}
	if e := pq.As(err); e != nil {
		return refused(e)
	}
	var network net.Error
	return errors.As(err, &network) ||
		errors.Is(err, errNoAnswer) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded)
}

// refused reports whether the server could not serve anybody just now, or not
// until somebody repairs it: what this binary asks for is right.
func refused(e *pq.Error) bool {
	switch e.Code.Class() {
	case pqerror.ClassConnectionException, pqerror.ClassInsufficientResources,
		pqerror.ClassOperatorIntervention, pqerror.ClassSystemError:
		return true
	}
	switch e.Code {
	case pqerror.LockNotAvailable, pqerror.TRSerializationFailure, pqerror.TRDeadlockDetected,
		pqerror.ReadOnlySQLTransaction, // a standby, or one that is set so
		pqerror.InsufficientPrivilege, pqerror.UndefinedTable, pqerror.UndefinedColumn, pqerror.InvalidSchemaName,
		pqerror.DataCorrupted, pqerror.IndexCorrupted:
		return true
	}
	return false
}
