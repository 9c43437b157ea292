package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// translate turns driver errors into domain errors. It is the only place that classifies
// them for the stores.
func translate(err error) error { return sqlstore.Translate(err, usernameTaken, unavailable) }

// code is the extended result code in err, SQLITE_OK without one.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return sqlite3.SQLITE_OK
}

// usernameTaken reads the message, since SQLite reports the column nowhere else.
func usernameTaken(err error) bool {
	return code(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE && strings.Contains(err.Error(), "users.username")
}

// unavailable reports whether the file, the disk or memory failed, and not the statement.
// Some of these conditions last until an operator repairs them.
func unavailable(err error) bool {
	switch code(err) & 0xff { // the primary result code
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PROTOCOL,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return errors.Is(err, errClosed) || errors.Is(err, context.DeadlineExceeded)
}

func isBusy(err error) bool { return code(err)&0xff == sqlite3.SQLITE_BUSY }

// explain adds the cure to an error of opening a file.
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
