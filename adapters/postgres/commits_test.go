package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// counter counts the statements and transactions of a pool.
type counter struct {
	driver.Connector
	statements, transactions atomic.Int32
}

func (c *counter) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return &countingConn{keepingConn: conn.(keepingConn), counter: c}, err
}

// keepingConn is a connection of NewConnector.
type keepingConn interface {
	driver.Conn
	driver.QueryerContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.SessionResetter
	driver.Validator
}

type countingConn struct {
	keepingConn
	counter *counter
}

func (c *countingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.counter.statements.Add(1)
	return c.keepingConn.QueryContext(ctx, text, args)
}

func (c *countingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.counter.statements.Add(1)
	return c.keepingConn.ExecContext(ctx, text, args)
}

func (c *countingConn) Begin() (driver.Tx, error) {
	c.counter.transactions.Add(1)
	return c.keepingConn.Begin() //nolint:staticcheck // driver.Conn has no other
}

// cost is the number of statements of an operation, and of its writing transactions as the
// server counts them.
type cost struct{ statements, commits int }

// meter measures the cost of operations, on a server without other writers.
type meter struct {
	*outage
	counter *counter
	url     string
}

func newMeter(t *testing.T) *meter {
	t.Helper()
	url := pgtest.OwnCluster(t, pgtest.Options{}).URL("postgres")
	_, _, err := Migrate(t.Context(), url)
	require.NoError(t, err)
	connector, err := NewConnector(Config{URL: url})
	require.NoError(t, err)
	c := &counter{Connector: connector}
	pool := sql.OpenDB(c)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	db, err := New(pool, Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.Zero(t, c.transactions.Load(), "transactions that the pool has begun") })
	return &meter{&outage{DB: db}, c, url}
}

// costs requires the exact cost of an operation.
func (m *meter) costs(t *testing.T, name string, want cost, do func() error) {
	t.Helper()
	before, statements := nextTransaction(t, m.url), m.counter.statements.Load()
	require.NoError(t, do(), name)
	require.EqualValues(t, want.statements, m.counter.statements.Load()-statements, "statements of %s", name)
	require.EqualValues(t, want.commits, nextTransaction(t, m.url)-before, "commits of %s", name)
}

func TestHotPaths_cost(t *testing.T) {
	t.Parallel()
	o := newMeter(t)
	costs := func(name string, want cost, do func() error) {
		t.Helper()
		o.costs(t, name, want, do)
	}

	var secret domain.OTPSecret
	issue := func() error {
		issued, err := o.OTPSecrets().Issue(t.Context(), o.request(t, "ada@example.com"))
		secret = issued.Secret
		return err
	}
	find := func() error {
		_, _, err := o.OTPSecrets().Find(t.Context(), port.OTPQuery{ChallengeID: secret.ChallengeID})
		return err
	}
	costs("a request", cost{1, 1}, issue)
	costs("another request", cost{1, 1}, issue)
	costs("a wrong guess", cost{2, 1}, func() error {
		_, _, err := o.OTPSecrets().CountWrong(t.Context(), secret.ChallengeID, fake.Noon)
		return errors.Join(find(), err)
	})
	in := o.signIn(secret)
	source, err := domain.SourceRules{}.Parse("https://example.com")
	require.NoError(t, err)
	in.Source = source
	complete := func() error {
		_, err := o.SignIns().Complete(t.Context(), in)
		return errors.Join(find(), err)
	}
	costs("a right guess of a new user", cost{2, 1}, complete)
	require.NoError(t, issue())
	user := in.NewUser.UUID
	in = o.signIn(secret)
	costs("a right guess of a known user", cost{2, 1}, complete)
	costs("who am I", cost{1, 0}, func() error {
		me, found, err := o.Users().WhoAmI(t.Context(), domain.Actor{UserUUID: user, SessionID: in.Session.ID})
		require.True(t, found)
		require.Equal(t, "ada@example.com", me.Email)
		return err
	})
}

// nextTransaction is the id that the server will assign to the next writing transaction.
// A transaction that only reads has none.
func nextTransaction(t *testing.T, url string) int64 {
	t.Helper()
	db, err := sql.Open("postgres", url)
	require.NoError(t, err)
	defer db.Close()
	var next int64
	const query = `SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint`
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&next))
	return next
}
