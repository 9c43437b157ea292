package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// NewConnector makes a connector for the pool of New: its connections prepare each
// statement once, end every statement at the deadline of its context, and never let the
// pool retry one that may have been executed.
func NewConnector(cfg Config) (driver.Connector, error) {
	settings, err := cfg.pooled()
	if err != nil {
		return nil, err
	}
	c := &connector{settings: settings, timeout: cfg.timeout()}
	if t := settings.ConnectTimeout; t > 0 {
		c.timeout = min(c.timeout, t)
	}
	c.settings.ConnectTimeout = 0 // replaced by c.timeout
	if settings.BinaryParameters {
		return c, nil
	}
	return sqlstore.KeepStatements(c), nil
}

type connector struct {
	settings pq.Config
	timeout  time.Duration
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	pqc, err := pq.NewConnectorConfig(c.settings)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	var d dialer
	pqc.Dialer(&d)
	opened, err := pqc.Connect(ctx)
	if err != nil {
		return nil, &connectError{err}
	}
	inner, ok := opened.(pqConn)
	if !ok {
		return nil, errors.Join(errors.New("connect: unexpected connection type of the driver"), opened.Close())
	}
	return &conn{pqConn: inner, socket: d.socket}, nil
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return &pq.Driver{} }

// dialer opens sockets with the deadline of the connection attempt and keeps the last one.
type dialer struct{ socket net.Conn }

func (d *dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	var nd net.Dialer
	socket, err := nd.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	d.socket = socket
	return socket, socket.SetDeadline(deadline)
}

func (d *dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

func (d *dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

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
