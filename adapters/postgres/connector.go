package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// NewConnector makes a connector for the pool of New. Its connections end every statement
// at the deadline of its context, and never let the pool retry one that may have been
// executed. Those that have a server process of their own prepare each statement once; others
// send each one with its parameters.
func NewConnector(cfg Config) (*Connector, error) {
	settings, err := cfg.connection()
	if err != nil {
		return nil, err
	}
	unprepared := settings.BinaryParameters
	settings.BinaryParameters = true // which an unnamed statement needs for being one round trip
	c := &Connector{pooler: cfg.Pooler, unprepared: unprepared, timeouts: cfg.statementTimeouts(settings)}
	c.servers = newServers(settings, cfg.timeout())
	c.pooled.Store(cfg.Pooler == PoolerTransaction)
	return c, nil
}

// Connector implements driver.Connector.
type Connector struct {
	servers    *servers
	pooler     Pooler
	unprepared bool
	timeouts   timeouts
	pooled     atomic.Bool // a connection went through a pooler
}

// timeouts are values of settings of the server.
type timeouts struct{ statement, lock string }

// Connect implements driver.Connector.
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.servers.timeout)
	defer cancel()
	opened, socket, err := c.servers.connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := opened.(pqConn)
	if !ok {
		return nil, errors.Join(errors.New("connect: unexpected connection type of the driver"), opened.Close())
	}
	cn := &conn{pqConn: inner, socket: socket}
	if c.pooler != PoolerTransaction {
		direct, err := c.configure(ctx, cn)
		switch {
		case err == nil && !direct && c.pooler == PoolerNone:
			err = errPooler
		case err == nil && !direct:
			c.pooled.Store(true)
		}
		if err != nil {
			return nil, &connectError{errors.Join(err, cn.Close())}
		}
	}
	if c.unprepared || c.pooled.Load() {
		return cn, nil
	}
	return sqlstore.KeepStatements(cn)
}

var errPooler = errors.New("there is a connection pooler before the server: " +
	"set database.pooler to auto, or connect to the server itself")

// configure reports whether the connection has a server process of its own, and only then
// sets the timeouts, in one round trip: a pooler accepts neither settings that it does not
// know when a connection starts, nor should they stay in a process that others use.
//
// A pooler starts a connection with a key of its own instead of the id of a process
// (https://www.postgresql.org/docs/current/protocol-message-formats.html, BackendKeyData).
func (c *Connector) configure(ctx context.Context, cn *conn) (direct bool, err error) {
	key := reflect.Indirect(reflect.ValueOf(cn.pqConn)).FieldByName("pid")
	if !key.IsValid() || !key.CanInt() {
		return false, errors.New("connect: unexpected connection type of the driver")
	}
	settings := []string{"statement_timeout", c.timeouts.statement, "lock_timeout", c.timeouts.lock}
	for i := range settings {
		settings[i] = pq.QuoteLiteral(settings[i])
	}
	rows, err := cn.QueryContext(ctx, fmt.Sprintf(`
SELECT CASE WHEN pg_backend_pid() = %d
            THEN (set_config(%s, %s, false), set_config(%s, %s, false)) IS NOT NULL
            ELSE false END`, key.Int(), settings[0], settings[1], settings[2], settings[3]), nil)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	row := make([]driver.Value, 1)
	if err = rows.Next(row); err == nil {
		direct, _ = row[0].(bool)
	}
	return direct, errors.Join(err, rows.Close())
}

// Driver implements driver.Connector.
func (c *Connector) Driver() driver.Driver { return &pq.Driver{} }

// pqConn is a connection of the driver.
type pqConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.QueryerContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.SessionResetter
	driver.Validator
}

// conn is a connection of the driver. It never passes a cancellable context to the driver,
// which would not notice the cancellation while the server is silent, and would leave the
// connection unusable otherwise. A socket deadline replaces it.
type conn struct {
	pqConn
	socket net.Conn
	broken bool
}

// errUnknownOutcome: a statement was sent, and may or may not have been executed.
var errUnknownOutcome = errors.New("the connection ended before the answer came")

// setDeadline sets the time by which the server must have answered.
func (c *conn) setDeadline(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	return c.socket.SetDeadline(deadline)
}

// classify maps the error of a statement that was sent. The pool retries a statement after
// driver.ErrBadConn, which is right only if the server rejected it before executing it.
func (c *conn) classify(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, driver.ErrBadConn):
		c.broken = true
		return errUnknownOutcome
	case pq.As(err, pqerror.InvalidSQLStatementName, pqerror.FeatureNotSupported) != nil:
		c.broken = true // a prepared statement that the server has dropped or the schema has outdated
		return driver.ErrBadConn
	default:
		return err
	}
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if err := c.setDeadline(ctx); err != nil {
		return nil, err
	}
	prepared, err := c.pqConn.PrepareContext(context.Background(), text)
	if err != nil {
		c.broken = c.broken || pq.As(err, poolerSymptoms...) != nil
		return nil, err
	}
	inner, ok := prepared.(pqStmt)
	if !ok {
		return nil, errors.New("prepare: unexpected statement type of the driver")
	}
	return &stmt{pqStmt: inner, conn: c}, nil
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.setDeadline(ctx); err != nil {
		return nil, err
	}
	rows, err := c.pqConn.QueryContext(context.Background(), text, args)
	return rows, c.classify(err)
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.setDeadline(ctx); err != nil {
		return nil, err
	}
	result, err := c.pqConn.ExecContext(context.Background(), text, args)
	return result, c.classify(err)
}

// ResetSession implements driver.SessionResetter. It keeps the pool from reusing a
// connection that the server has closed.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.broken || !isIdle(c.socket) {
		return driver.ErrBadConn
	}
	return c.pqConn.ResetSession(ctx)
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool { return !c.broken && c.pqConn.IsValid() }

// Close closes the connection, without the deadline of its last statement.
func (c *conn) Close() error {
	return errors.Join(c.socket.SetDeadline(time.Time{}), c.pqConn.Close())
}

// pqStmt is a prepared statement of the driver.
type pqStmt interface {
	driver.Stmt
	driver.StmtQueryContext
	driver.StmtExecContext
}

// stmt is a prepared statement. It lives as long as its connection.
type stmt struct {
	pqStmt
	conn *conn
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.conn.setDeadline(ctx); err != nil {
		return nil, err
	}
	rows, err := s.pqStmt.QueryContext(context.Background(), args)
	return rows, s.conn.classify(err)
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.conn.setDeadline(ctx); err != nil {
		return nil, err
	}
	result, err := s.pqStmt.ExecContext(context.Background(), args)
	return result, s.conn.classify(err)
}

// Close does nothing: the server drops the statement with the connection.
func (s *stmt) Close() error { return nil }
