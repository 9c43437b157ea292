package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// KeepStatements makes a connector whose connections prepare each statement once: a pool
// runs plain text, and no connection parses or plans a statement twice. It is for constant
// statements, whose number bounds the cache.
//
// A prepared statement runs once at a time, as a pool does it: rows are closed before the
// connection runs another statement.
func KeepStatements(c driver.Connector) driver.Connector { return keeper{c} }

type keeper struct{ driver.Connector }

func (k keeper) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &keepingConn{Conn: conn, kept: map[string]driver.Stmt{}}, nil
}

// keepingConn is a connection with its prepared statements. Its other abilities are those
// of the driver's connection.
type keepingConn struct {
	driver.Conn
	kept map[string]driver.Stmt
}

var errNoContext = errors.New("the driver does not support contexts")

func (c *keepingConn) statement(ctx context.Context, text string) (driver.Stmt, error) {
	if s, ok := c.kept[text]; ok {
		return s, nil
	}
	p, ok := c.Conn.(driver.ConnPrepareContext)
	if !ok {
		return nil, errNoContext
	}
	s, err := p.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.kept[text] = s
	return s, nil
}

// QueryContext implements driver.QueryerContext.
func (c *keepingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	q, ok := s.(driver.StmtQueryContext)
	if !ok {
		return nil, errNoContext
	}
	return q.QueryContext(ctx, args)
}

// ExecContext implements driver.ExecerContext.
func (c *keepingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	e, ok := s.(driver.StmtExecContext)
	if !ok {
		return nil, errNoContext
	}
	return e.ExecContext(ctx, args)
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *keepingConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// ResetSession implements driver.SessionResetter.
func (c *keepingConn) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid implements driver.Validator.
func (c *keepingConn) IsValid() bool {
	v, ok := c.Conn.(driver.Validator)
	return !ok || v.IsValid()
}

// Close closes the statements and the connection.
func (c *keepingConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.Close())
	}
	if err := errors.Join(append(errs, c.Conn.Close())...); err != nil {
		return fmt.Errorf("close connection: %w", err)
	}
	return nil
}
