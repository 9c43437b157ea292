package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// KeepStatements makes a connection that prepares each statement once: a pool runs plain
// text, and no connection parses or plans a statement twice. It is for constant statements,
// whose number bounds the cache.
//
// A prepared statement runs once at a time, as a pool does it: rows are closed before the
// connection runs another statement.
func KeepStatements(conn driver.Conn) (driver.Conn, error) {
	inner, ok := conn.(contextConn)
	if !ok {
		return nil, errors.Join(errNoContext, conn.Close())
	}
	return &keepingConn{contextConn: inner, kept: map[string]contextStmt{}}, nil
}

// contextConn and contextStmt are what the driver must implement.
type (
	contextConn interface {
		driver.Conn
		driver.ConnPrepareContext
		driver.SessionResetter
		driver.Validator
	}
	contextStmt interface {
		driver.Stmt
		driver.StmtQueryContext
		driver.StmtExecContext
	}
)

var errNoContext = errors.New("the driver does not support contexts")

// keepingConn is a connection of the driver with its prepared statements.
type keepingConn struct {
	contextConn
	kept map[string]contextStmt
}

func (c *keepingConn) statement(ctx context.Context, text string) (contextStmt, error) {
	if s, ok := c.kept[text]; ok {
		return s, nil
	}
	prepared, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s, ok := prepared.(contextStmt)
	if !ok {
		return nil, errors.Join(errNoContext, prepared.Close())
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
	return s.QueryContext(ctx, args)
}

// ExecContext implements driver.ExecerContext.
func (c *keepingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args)
}

// CheckNamedValue implements driver.NamedValueChecker. Not every driver does.
func (c *keepingConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.contextConn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// Close closes the statements and the connection.
func (c *keepingConn) Close() error {
	var errs []error
	for _, s := range c.kept {
		errs = append(errs, s.Close())
	}
	if err := errors.Join(append(errs, c.contextConn.Close())...); err != nil {
		return fmt.Errorf("close connection: %w", err)
	}
	return nil
}
