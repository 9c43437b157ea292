package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

var errCut = errors.New("the connection was cut")

// cutRows returns as many rows as it is long, and then an error instead of the end.
type cutRows int

func (r *cutRows) Columns() []string { return []string{"n"} }
func (r *cutRows) Close() error      { return nil }

func (r *cutRows) Next(row []driver.Value) error {
	if *r == 0 {
		return errCut
	}
	*r--
	row[0] = int64(1)
	return nil
}

// cutConn answers every query with cutRows.
type cutConn struct{ rows int }

func (c cutConn) Connect(context.Context) (driver.Conn, error) { return c, nil }
func (c cutConn) Driver() driver.Driver                        { return nil }
func (c cutConn) Prepare(string) (driver.Stmt, error)          { return nil, io.ErrUnexpectedEOF }
func (c cutConn) Begin() (driver.Tx, error)                    { return nil, io.ErrUnexpectedEOF }
func (c cutConn) Close() error                                 { return nil }

func (c cutConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	rows := cutRows(c.rows)
	return &rows, nil
}

// cutDB runs transaction functions on a pool of cutConn, and fails after them.
type cutDB struct {
	*sqlx.DB
	after error
}

func (d cutDB) Read(ctx context.Context, f TxFunc) error {
	if err := f(ctx, d.DB); err != nil {
		return err
	}
	return d.after
}

func (d cutDB) Write(ctx context.Context, f TxFunc) error { return d.Read(ctx, f) }

func openCut(t *testing.T, rows int) *sqlx.DB {
	pool := sql.OpenDB(cutConn{rows})
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	return sqlx.NewDb(pool, "cut")
}

// A read that fails is not the end of the rows: a store that took it for one would forget
// the sends to a recipient.
func TestQueryRow_failsWithItsRows(t *testing.T) {
	t.Parallel()
	_, found, err := QueryRow[int](t.Context(), openCut(t, 0), "SELECT n")
	require.ErrorIs(t, err, errCut)
	require.False(t, found)
	_, err = QueryRows[int](t.Context(), openCut(t, 1), "SELECT n")
	require.ErrorIs(t, err, errCut, "after the first row")
}

// What was read before a commit failed is no result.
func TestReadRow_returnsNothingBesideAnError(t *testing.T) {
	t.Parallel()
	db := cutDB{openCut(t, 1), errCut}
	row, found, err := WriteRow[int](t.Context(), db, "write", "SELECT n")
	require.ErrorIs(t, err, errCut)
	require.Zero(t, row)
	require.False(t, found)
	n, err := Write(t.Context(), db, "write", func(context.Context, Queryer) (int, error) { return 7, nil })
	require.ErrorIs(t, err, errCut)
	require.Zero(t, n)
}
