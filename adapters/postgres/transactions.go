package postgres

import (
	"context"
	"database/sql/driver"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// transactions is the database for those whose acts are several statements: each
// act that writes is a transaction, whose statements see what was committed when
// they begin (READ COMMITTED). It is for the cold paths: every statement is a round
// trip, during which rows are locked.
type transactions struct{ *DB }

// Write implements sqlstore.DB.
func (t transactions) Write(ctx context.Context, act sqlstore.Act) error {
	return t.DB.Write(ctx, func(ctx context.Context, _ sqlstore.Queryer) error {
		conn, err := t.pool.Connx(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		return inTransaction(ctx, conn, act)
	})
}

// inTransaction commits what the act has done, or nothing of it. BEGIN and COMMIT are
// statements like any other, and so have the deadline of the act. A connection on
// which there may still be a transaction is not used again.
func inTransaction(ctx context.Context, conn *sqlx.Conn, act sqlstore.Act) error {
	committed := false
	defer func() {
		if committed {
			return
		}
		if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // closes it
		}
	}()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	if err := act(ctx, conn); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, "COMMIT")
	committed = err == nil
	return err
}
