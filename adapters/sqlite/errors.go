package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// translate turns what the driver tells into faults of the domain, where the
// caller can do something about it: take another name, or come again later. It
// is the only place that classifies the errors of the driver for the stores.
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

// code is the driver's extended result code in err, SQLITE_OK if there is none.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return sqlite3.SQLITE_OK
}

// usernameTaken looks at the text, for SQLite tells the column nowhere else.
func usernameTaken(err error) bool {
	return code(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE && strings.Contains(err.Error(), "users.username")
}

// outOfOrder reports whether it was the file, the disk or the memory that
// failed, and not what was asked. Some of it somebody has to repair.
func outOfOrder(err error) bool {
	switch code(err) & 0xff { // without what is extended
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PERM,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return errors.Is(err, errClosed) || errors.Is(err, context.DeadlineExceeded)
}

func isBusy(err error) bool { return code(err)&0xff == sqlite3.SQLITE_BUSY }

// explain adds the cure to what can go wrong with a file when it is opened.
func explain(err error) error {
	switch code(err) & 0xff {
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%w: make its folder, writable for this user", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%w: make the file and its folder writable for this user", err)
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: name another file", err)
	default:
		return err
	}
}
