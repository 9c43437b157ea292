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

// NewConnector makes the connector that New wants a pool of: its connections
// prepare each statement once, end every statement at the deadline of its
// context, and never have one sent twice.
func NewConnector(cfg Config) (driver.Connector, error) {
	settings, err := cfg.limited()
	if err != nil {
		return nil, err
	}
	c := &connector{settings: settings, timeout: cfg.timeout()}
	if t := settings.ConnectTimeout; t > 0 {
		c.timeout = min(c.timeout, t)
	}
	c.settings.ConnectTimeout = 0 // ours is the one that is kept
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
		return nil, errors.Join(errors.New("connect: the driver has changed"), opened.Close())
	}
	return &conn{pqConn: inner, socket: d.socket}, nil
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver { return &pq.Driver{} }

// dialer opens sockets that give up with the context of the connection that is
// being made, and remembers the last.
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

// pqConn is what the connections of the driver can do.
type pqConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.QueryerContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.SessionResetter
	driver.Validator
}

// conn is a connection of the driver. It gives the driver no context that ends:
// the driver would not hear of it while the server is silent, and would leave the
// connection unusable otherwise. The deadline of the socket does it instead.
type conn struct {
	pqConn
	socket net.Conn
	broken bool
}

// errNoAnswer says that a statement was sent and that nobody knows what became
// of it.
var errNoAnswer = errors.New("the connection ended before the answer came")

// begin sets the time by which the server must have answered.
func (c *conn) begin(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	return c.socket.SetDeadline(deadline)
}

// judge is the error of a statement that was sent. driver.ErrBadConn would have
// the pool send it again elsewhere, which is right only if it was refused before
// it began.
func (c *conn) judge(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, driver.ErrBadConn):
		c.broken = true
		return errNoAnswer
	case pq.As(err, pqerror.InvalidSQLStatementName, pqerror.FeatureNotSupported) != nil:
		c.broken = true // a kept statement that the server has forgotten, or that its schema has left behind
		return driver.ErrBadConn
	default:
		return err
	}
}

// PrepareContext implements driver.ConnPrepareContext.
func (c *conn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	prepared, err := c.pqConn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	inner, ok := prepared.(pqStmt)
	if !ok {
		return nil, errors.New("prepare: the driver has changed")
	}
	return &stmt{pqStmt: inner, conn: c}, nil
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	rows, err := c.pqConn.QueryContext(context.Background(), text, args)
	return rows, c.judge(err)
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	result, err := c.pqConn.ExecContext(context.Background(), text, args)
	return result, c.judge(err)
}

// ResetSession implements driver.SessionResetter. It keeps the pool from sending
// anything over a connection that the server has closed meanwhile.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.broken || !quiet(c.socket) {
		return driver.ErrBadConn
	}
	return c.pqConn.ResetSession(ctx)
}

// IsValid implements driver.Validator.
func (c *conn) IsValid() bool { return !c.broken && c.pqConn.IsValid() }

// Close closes the connection, for which the server needs no time.
func (c *conn) Close() error {
	return errors.Join(c.socket.SetDeadline(time.Time{}), c.pqConn.Close())
}

// pqStmt is what the statements of the driver can do.
type pqStmt interface {
	driver.Stmt
	driver.StmtQueryContext
	driver.StmtExecContext
}

// stmt is a statement that the server keeps as long as the connection.
type stmt struct {
	pqStmt
	conn *conn
}

// QueryContext implements driver.StmtQueryContext.
func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.conn.begin(ctx); err != nil {
		return nil, err
	}
	rows, err := s.pqStmt.QueryContext(context.Background(), args)
	return rows, s.conn.judge(err)
}

// ExecContext implements driver.StmtExecContext.
func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.conn.begin(ctx); err != nil {
		return nil, err
	}
	result, err := s.pqStmt.ExecContext(context.Background(), args)
	return result, s.conn.judge(err)
}

// Close leaves the statement to the end of the connection, with which it is
// closed.
func (s *stmt) Close() error { return nil }
