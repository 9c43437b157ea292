package postgres

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// transactions is the database for operations of several statements: each Write is a
// transaction whose statements see what was committed when they began (READ COMMITTED). It
// is for cold paths: every statement is a round trip during which rows are locked.
type transactions struct{ *DB }

// Write implements sqlstore.DB.
func (db transactions) Write(ctx context.Context, f sqlstore.TxFunc) error {
	return db.withConn(ctx, func(ctx context.Context, conn *sqlx.Conn) error { return db.inTransaction(ctx, conn, f) })
}

// longTransactions is the database for operations of any length: each statement has a
// deadline, and the transaction has none. Only an operator waits for it.
type longTransactions struct{ *DB }

// Write implements sqlstore.DB. The server plans a statement before the number of rows is
// known: it must not choose a sequential scan of a table that grows meanwhile.
func (db longTransactions) Write(ctx context.Context, f sqlstore.TxFunc) error {
	configured := func(ctx context.Context, q sqlstore.Queryer) error {
		for _, setting := range []string{"lock_timeout = '20s'", "statement_timeout = '50s'", "enable_seqscan = off"} {
			if _, err := q.ExecContext(ctx, "SET LOCAL "+setting); err != nil {
				return err
			}
		}
		return f(ctx, q)
	}
	return db.withConn(ctx, func(ctx context.Context, conn *sqlx.Conn) error {
		return db.inTransaction(statementTimeoutContext{ctx}, conn, configured)
	})
}

// withConn calls do with one connection of the pool.
func (db *DB) withConn(ctx context.Context, do func(context.Context, *sqlx.Conn) error) error {
	return db.Read(ctx, func(ctx context.Context, _ sqlstore.Queryer) error {
		conn, err := db.pool.Connx(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		return do(ctx, conn)
	})
}

// inTransaction commits the writes of f, or rolls all of them back. BEGIN and COMMIT are
// plain statements, so that they have the same deadline as the others. A connection that
// may still be in a transaction is closed.
func (db *DB) inTransaction(ctx context.Context, conn *sqlx.Conn, f sqlstore.TxFunc) error {
	committed := false
	defer func() {
		if committed {
			return
		}
		if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // closes it
		}
	}()
	if _, err := conn.ExecContext(ctx, db.begin); err != nil {
		return err
	}
	if err := f(ctx, conn); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "COMMIT")
	committed = err == nil
	return err
}

// statementTimeout bounds a statement of a long transaction, including its wait for locks.
// The server gives up before.
const statementTimeout = time.Minute

// statementTimeoutContext is never done and has a new deadline for each statement.
type statementTimeoutContext struct{ context.Context }

// Deadline implements context.Context for a statement that begins now.
func (c statementTimeoutContext) Deadline() (time.Time, bool) {
	fresh, cancel := context.WithTimeout(context.WithoutCancel(c.Context), statementTimeout)
	defer cancel()
	return fresh.Deadline()
}
