package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

// Queryer runs statements.
type Queryer interface {
	sqlx.QueryerContext
	sqlx.ExecerContext
}

// Act is what a store does in one go. An act that writes is one statement, or
// it is written for a dialect that makes a transaction of it.
type Act func(ctx context.Context, q Queryer) error

// DB is an open database. Both methods translate what went wrong into faults of
// the domain, and neither is stopped by the end of ctx once it has been called:
// somebody who hangs up takes nothing back.
type DB interface {
	// Read runs an act that only reads.
	Read(ctx context.Context, act Act) error
	// Write runs an act and returns when it is committed.
	Write(ctx context.Context, act Act) error
}

// One reads the one row of a statement, if there is one: a value, or a Row.
func One[R any](ctx context.Context, q Queryer, statement string, args ...any) (row R, found bool, err error) {
	rows, err := q.QueryContext(ctx, statement, args...)
	if err != nil {
		return row, false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return row, false, rows.Err()
	}
	into := []any{&row}
	if columns, ok := any(&row).(Row); ok {
		into = columns.Columns()
	}
	if err := rows.Scan(into...); err != nil {
		return row, false, err
	}
	return row, true, rows.Close()
}

// Row is a row that knows its columns: where to put them, in the order in which its
// statements name them. Finding them by their names costs more than reading them.
type Row interface{ Columns() []any }

// Exec runs a statement and tells how many rows it wrote.
func Exec(ctx context.Context, q Queryer, statement string, args ...any) (int, error) {
	result, err := q.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// Time is a column with a time: PostgreSQL gives a time, SQLite microseconds
// since 1970. NULL is the zero time. A parameter is a plain time.Time. Whatever has been
// stored, it is in the years 1 to 9999: those that JSON can write.
type Time struct{ time.Time }

// lastTime is the end of the year 9999, as far as columns tell.
var lastTime = time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)

// Scan reads the column.
func (t *Time) Scan(column any) error {
	switch v := column.(type) {
	case nil:
		t.Time = time.Time{}
	case int64:
		t.Time = time.UnixMicro(v).UTC()
	case time.Time:
		t.Time = v.UTC()
	case []byte: // what PostgreSQL has beyond all times
		switch string(v) {
		case "infinity":
			t.Time = lastTime
		case "-infinity":
			t.Time = time.Time{}
		default:
			return errNoTime
		}
	default:
		return errNoTime
	}
	switch {
	case t.Before(time.Time{}):
		t.Time = time.Time{}
	case t.After(lastTime):
		t.Time = lastTime
	}
	return nil
}

var errNoTime = errors.New("the column is no time")
