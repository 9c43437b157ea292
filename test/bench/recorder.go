package main

import (
	"context"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/test/bench/pgbench"
)

// recorder notes the statements that go over the connections of a connector,
// with their arguments. It is how pgbench comes to run the product's own SQL: the
// text is what the stores send, whatever they send.
type recorder struct {
	driver.Connector
	statements []statement
}

// statement is one that was sent.
type statement struct {
	text string
	args []driver.NamedValue
}

func (r *recorder) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := conn.(observable)
	if !ok {
		return nil, errors.New("the product's connections are not as the recorder knows them")
	}
	return &recordedConn{inner, r}, nil
}

// observable is what the product's connections can do.
type observable interface {
	driver.Conn
	driver.QueryerContext
	driver.ExecerContext
	driver.NamedValueChecker
	driver.SessionResetter
	driver.Validator
}

type recordedConn struct {
	observable
	recorder *recorder
}

func (c *recordedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.recorder.statements = append(c.recorder.statements, statement{text, args})
	return c.observable.QueryContext(ctx, text, args)
}

func (c *recordedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.recorder.statements = append(c.recorder.statements, statement{text, args})
	return c.observable.ExecContext(ctx, text, args)
}

// take returns the one statement that an act of a store has sent.
func (r *recorder) take() (statement, error) {
	defer func() { r.statements = nil }()
	if n := len(r.statements); n != 1 {
		return statement{}, fmt.Errorf("an act that should send one statement has sent %d", n)
	}
	return r.statements[0], nil
}

// script writes the statement for pgbench. What is a person's is said as that
// person's number says it, and a time relative to now. Everything else is a
// variable with the value that was sent, so that it is a parameter here too and
// the server plans for any value, as it does for the product.
func (s statement) script(name string, personal, variables map[string]string, now time.Time) (string, error) {
	var expressions []string
	for _, arg := range s.args {
		expression, err := personally(arg.Value, personal, now)
		if err != nil {
			return "", fmt.Errorf("argument %d of %s: %w", arg.Ordinal, name, err)
		}
		if expression == "" {
			variable := fmt.Sprintf("%s_%d", name, arg.Ordinal)
			variables[variable] = asText(arg.Value)
			expression = ":" + variable
		}
		expressions = append(expressions, expression)
	}
	return pgbench.Statement(s.text, expressions...)
}

// personally is the expression of an argument that differs from time to time, ""
// of one that does not.
func personally(value any, personal map[string]string, now time.Time) (string, error) {
	switch v := value.(type) {
	case nil:
		return "NULL", nil
	case string:
		if v == "" {
			return noText, nil
		}
		return personal[v], nil
	case time.Time:
		if v.Equal(now) {
			return "now()", nil
		}
		return fmt.Sprintf("now() + interval '%d microseconds'", v.Sub(now).Microseconds()), nil
	case []byte, int64, bool:
		return "", nil
	default:
		return "", fmt.Errorf("a %T cannot be given to pgbench", value)
	}
}

// noText is the empty text, which a variable of pgbench cannot be.
const noText = "left(:prefix::text, 0)"

// asText is a value as PostgreSQL reads it.
func asText(value any) string {
	if bytes, ok := value.([]byte); ok {
		return `\x` + hex.EncodeToString(bytes)
	}
	return fmt.Sprint(value)
}
