package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Queryer runs statements.
type Queryer interface {
	sqlx.QueryerContext
	sqlx.ExecerContext
}

// TxFunc is a transaction function: the statements of one store operation. Whether
// several writes are atomic depends on the DB that runs it.
type TxFunc func(ctx context.Context, q Queryer) error

// DB is an open database. Both methods translate driver errors into domain errors,
// and neither is interrupted by the cancellation of ctx once it has been called: a
// client that disconnects undoes nothing.
type DB interface {
	// Read runs a transaction function that only reads.
	Read(ctx context.Context, f TxFunc) error
	// Write runs a transaction function and returns when it is committed.
	Write(ctx context.Context, f TxFunc) error
}

// Stores makes the stores whose statements are the same in both dialects.
type Stores struct {
	DB
	Probe         string        // selects the columns now, version and read_only
	SchemaVersion int64         // of this binary
	FunnelCounter FunnelCounter // of the dialect
}

// Users returns the store of users.
func (s Stores) Users() *Users { return &Users{s.DB} }

// Leases returns the store of leases.
func (s Stores) Leases() *Leases { return &Leases{s.DB} }

// RegistrationSources returns the store of registration sources.
func (s Stores) RegistrationSources() *RegistrationSources { return &RegistrationSources{s.DB} }

// Funnel returns the store that counts the funnel.
func (s Stores) Funnel() *Funnel { return &Funnel{s.DB, s.FunnelCounter} }

// Database returns the store that reports the state of the database.
func (s Stores) Database() *Database { return &Database{s.DB, s.Probe, s.SchemaVersion} }

// ResultFunc is a transaction function with a result.
type ResultFunc[T any] func(ctx context.Context, q Queryer) (T, error)

// Read returns the result of a function that only reads. An error is prefixed with the name
// of the operation, such as "find a session".
func Read[T any](ctx context.Context, db DB, operation string, f ResultFunc[T]) (T, error) {
	return do(ctx, db, DB.Read, operation, f)
}

// Write returns the result of a function once it is committed, and the zero value with an
// error.
func Write[T any](ctx context.Context, db DB, operation string, f ResultFunc[T]) (T, error) {
	return do(ctx, db, DB.Write, operation, f)
}

// runner is DB.Read or DB.Write.
type runner func(DB, context.Context, TxFunc) error

func do[T any](ctx context.Context, db DB, run runner, operation string, f ResultFunc[T]) (result T, err error) {
	err = run(db, ctx, func(ctx context.Context, q Queryer) (err error) {
		result, err = f(ctx, q)
		return err
	})
	return orZero(result, operation, err)
}

// WriteWith is Write for a function of one argument. It is for hot paths: no closure has to
// be allocated for f.
func WriteWith[In, Out any](
	ctx context.Context, db DB, operation string, f func(context.Context, Queryer, In) (Out, error), in In,
) (result Out, err error) {
	err = db.Write(ctx, func(ctx context.Context, q Queryer) (err error) {
		result, err = f(ctx, q, in)
		return err
	})
	return orZero(result, operation, err)
}

// orZero is the zero value with an error that names the operation, or else the result.
func orZero[T any](result T, operation string, err error) (T, error) {
	if err != nil {
		var zero T
		return zero, fmt.Errorf("%s: %w", operation, err)
	}
	return result, nil
}

// ReadRow is Read for the row of one statement, if it returns one.
func ReadRow[R any](
	ctx context.Context, db DB, operation, statement string, args ...any,
) (row R, found bool, err error) {
	return doRow[R](ctx, db, DB.Read, operation, statement, args)
}

// WriteRow is Write for the row of one statement, if it returns one.
func WriteRow[R any](
	ctx context.Context, db DB, operation, statement string, args ...any,
) (row R, found bool, err error) {
	return doRow[R](ctx, db, DB.Write, operation, statement, args)
}

func doRow[R any](
	ctx context.Context, db DB, run runner, operation, statement string, args []any,
) (row R, found bool, err error) {
	err = run(db, ctx, func(ctx context.Context, q Queryer) (err error) {
		row, found, err = QueryRow[R](ctx, q, statement, args...)
		return err
	})
	row, err = orZero(row, operation, err)
	return row, found && err == nil, err
}

// ReadRows is Read for all rows of one statement.
func ReadRows[R any](ctx context.Context, db DB, operation, statement string, args ...any) ([]R, error) {
	return Read(ctx, db, operation, func(ctx context.Context, q Queryer) ([]R, error) {
		return QueryRows[R](ctx, q, statement, args...)
	})
}

// WriteExec is Write for one statement without rows. It returns the number of rows
// affected.
func WriteExec(ctx context.Context, db DB, operation, statement string, args ...any) (int, error) {
	return Write(ctx, db, operation, func(ctx context.Context, q Queryer) (int, error) {
		return Exec(ctx, q, statement, args...)
	})
}

// Row is a row that knows its columns: scan targets in the order in which its
// statements select them. Looking columns up by name costs more than reading them.
type Row interface{ Columns() []any }

// scanTargets are those of a Row, or of a single column.
func scanTargets(row any) []any {
	if r, ok := row.(Row); ok {
		return r.Columns()
	}
	return []any{row}
}

// QueryRow reads the row of a statement, if it returns one: a single column, or a Row.
func QueryRow[R any](ctx context.Context, q Queryer, statement string, args ...any) (row R, found bool, err error) {
	rows, err := q.QueryContext(ctx, statement, args...)
	if err != nil {
		return row, false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return row, false, rows.Err()
	}
	if err := rows.Scan(scanTargets(&row)...); err != nil {
		return row, false, err
	}
	return row, true, rows.Close()
}

// QueryRows reads all rows of a statement, as QueryRow does.
func QueryRows[R any](ctx context.Context, q Queryer, statement string, args ...any) (all []R, err error) {
	rows, err := q.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var row R
		if err := rows.Scan(scanTargets(&row)...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// Exec runs a statement and returns the number of rows affected.
func Exec(ctx context.Context, q Queryer, statement string, args ...any) (int, error) {
	result, err := q.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Translate turns a driver error into a domain error where the caller can act on it:
// choose another username, or retry later. The dialect classifies the errors.
func Translate(err error, usernameTaken, unavailable func(error) bool) error {
	var fault *domain.Error
	switch {
	case err == nil, errors.As(err, &fault):
		return err
	case usernameTaken(err):
		return port.ErrUsernameTaken.Because(err)
	case unavailable(err):
		return domain.ErrUnavailable.Because(err)
	default:
		return err
	}
}

// Time scans a timestamp column: PostgreSQL returns a time, SQLite microseconds since
// 1970. NULL is the zero time. Parameters are plain time.Time values. Scanned times
// are clamped to the years 1 to 9999, which JSON can represent.
type Time struct{ time.Time }

// lastTime is the end of the year 9999, at the resolution of the columns.
var lastTime = time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)

// Scan implements sql.Scanner.
func (t *Time) Scan(column any) error {
	switch v := column.(type) {
	case nil:
		t.Time = time.Time{}
	case int64:
		t.Time = time.UnixMicro(v).UTC()
	case time.Time:
		t.Time = v.UTC()
	case []byte: // PostgreSQL's infinite timestamps
		switch string(v) {
		case "infinity":
			t.Time = lastTime
		case "-infinity":
			t.Time = time.Time{}
		default:
			return errNotATime
		}
	default:
		return errNotATime
	}
	switch {
	case t.Before(time.Time{}):
		t.Time = time.Time{}
	case t.After(lastTime):
		t.Time = lastTime
	}
	return nil
}

var errNotATime = errors.New("the column is not a timestamp")

// nilUUID is the id of no row (RFC 9562, 5.9).
const nilUUID = "00000000-0000-0000-0000-000000000000"

// FirstUUID sorts before every version 7 UUID made at the given time or later, and
// after every one made in an earlier millisecond (RFC 9562, 5.7).
func FirstUUID(at time.Time) string {
	ms := max(0, at.UnixMilli())
	return fmt.Sprintf("%08x-%04x-7000-8000-000000000000", ms>>16, ms&0xffff)
}

// timeOfUUID is the time of a version 7 UUID, to the millisecond.
func timeOfUUID(id string) time.Time {
	ms, _ := strconv.ParseInt(strings.ReplaceAll(id[:13], "-", ""), 16, 64) // is hexadecimal
	return time.UnixMilli(ms).UTC()
}
