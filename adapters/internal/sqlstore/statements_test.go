package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeDriver is a database that records the calls of its driver.
type fakeDriver struct {
	log       []string
	refuse    string // a statement that cannot be prepared
	reset     error  // of its connections
	valid     bool
	connected int
}

func (d *fakeDriver) Connect(context.Context) (driver.Conn, error) {
	d.connected++
	return KeepStatements(&fakeConn{d})
}
func (d *fakeDriver) Driver() driver.Driver { return nil }

type fakeConn struct{ *fakeDriver }

func (c *fakeConn) PrepareContext(_ context.Context, text string) (driver.Stmt, error) {
	c.log = append(c.log, "prepare "+text)
	if text == c.refuse {
		return nil, errors.New("refused")
	}
	return &fakeStatement{c.fakeDriver, text}, nil
}

func (c *fakeConn) Prepare(text string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), text)
}
func (c *fakeConn) Begin() (driver.Tx, error)          { return nil, errors.New("no transactions") }
func (c *fakeConn) ResetSession(context.Context) error { return c.reset }
func (c *fakeConn) IsValid() bool                      { return c.valid }
func (c *fakeConn) Close() error                       { c.log = append(c.log, "close"); return nil }

func (c *fakeConn) CheckNamedValue(v *driver.NamedValue) error {
	v.Value = "checked"
	return nil
}

type fakeStatement struct {
	*fakeDriver
	text string
}

func (s *fakeStatement) ran(args []driver.NamedValue) {
	s.log = append(s.log, "run "+s.text)
	for _, arg := range args {
		s.log = append(s.log, "with "+arg.Value.(string))
	}
}

func (s *fakeStatement) QueryContext(_ context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.ran(args)
	return noRows{}, nil
}

func (s *fakeStatement) ExecContext(_ context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.ran(args)
	return driver.RowsAffected(7), nil
}

func (s *fakeStatement) Query([]driver.Value) (driver.Rows, error) { return nil, errors.New("old") }

func (s *fakeStatement) Exec([]driver.Value) (driver.Result, error) { return nil, errors.New("old") }
func (s *fakeStatement) NumInput() int                              { return -1 }

func (s *fakeStatement) Close() error {
	s.log = append(s.log, "close "+s.text)
	return nil
}

type noRows struct{}

func (noRows) Columns() []string         { return nil }
func (noRows) Close() error              { return nil }
func (noRows) Next([]driver.Value) error { return io.EOF }

func TestKeepStatements(t *testing.T) {
	t.Parallel()
	d := &fakeDriver{valid: true, refuse: "c"}
	db := sql.OpenDB(d)
	for range 3 {
		rows, err := db.QueryContext(t.Context(), "a", 1)
		require.NoError(t, err)
		require.False(t, rows.Next())
		require.NoError(t, rows.Close())
		result, err := db.ExecContext(t.Context(), "b")
		require.NoError(t, err)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 7, n)
	}
	require.Equal(t, []string{
		"prepare a", "run a", "with checked", "prepare b", "run b",
		"run a", "with checked", "run b", "run a", "with checked", "run b",
	}, d.log, "each text is prepared once")

	d.log = nil
	for range 2 {
		_, err := db.ExecContext(t.Context(), "c")
		require.ErrorContains(t, err, "refused")
	}
	require.Equal(t, []string{"prepare c", "prepare c"}, d.log, "a statement that cannot be prepared is not kept")

	d.log = nil
	d.reset = driver.ErrBadConn
	_, err := db.ExecContext(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, 2, d.connected, "a connection that the driver reports as bad")
	require.Contains(t, d.log, "close a")
	require.Contains(t, d.log, "close b")
	require.Equal(t, []string{"prepare a", "run a"}, d.log[len(d.log)-2:])

	d.reset, d.valid = nil, false
	_, err = db.ExecContext(t.Context(), "a")
	require.NoError(t, err)
	d.valid = true
	_, err = db.ExecContext(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, 3, d.connected, "a connection that is not valid after its use")
	d.log = nil
	require.NoError(t, db.Close())
	require.Equal(t, []string{"close a", "close"}, d.log)
}
