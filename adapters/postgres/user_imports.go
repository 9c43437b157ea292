package postgres

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// UserImports is the store of imports.
func (db *DB) UserImports() *sqlstore.UserImports {
	return sqlstore.NewUserImports(lastingTransactions{db}, reserveNumbers)
}

// lastingTransactions is the database for an act that may last: each of its statements
// has a deadline, and the whole has none. Nobody but an operator waits for it.
type lastingTransactions struct{ *DB }

// statementTime is what a statement of a lasting transaction may take, waiting for
// others included. The server gives up before we do.
const statementTime = time.Minute

// Write implements sqlstore.DB. The server plans a statement before it knows how many
// rows there will be: it must not read a table from end to end that grows under it.
func (t lastingTransactions) Write(ctx context.Context, act sqlstore.Act) error {
	return t.DB.Write(ctx, func(ctx context.Context, _ sqlstore.Queryer) error {
		conn, err := t.pool.Connx(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		return inTransaction(eachInTime{ctx}, conn, func(ctx context.Context, q sqlstore.Queryer) error {
			for _, setting := range []string{"lock_timeout = '20s'", "statement_timeout = '50s'", "enable_seqscan = off"} {
				if _, err := q.ExecContext(ctx, "SET LOCAL "+setting); err != nil {
					return err
				}
			}
			return act(ctx, q)
		})
	})
}

// eachInTime is a context that never ends, with a deadline that is always as far away.
type eachInTime struct{ context.Context }

// Deadline is that of a statement which begins now.
func (c eachInTime) Deadline() (time.Time, bool) {
	fresh, cancel := context.WithTimeout(context.WithoutCancel(c.Context), statementTime)
	defer cancel()
	return fresh.Deadline()
}

// reserveNumbers moves the next number of a user beyond $1, if it is not there yet. It
// skips some more: those who sign up between its look and its move have numbers already.
// What was moved past does not come back when the transaction is undone.
const reserveNumbers = `
SELECT setval(sequence, CAST($1 AS bigint) + 1000)
  FROM CAST(pg_get_serial_sequence('users', 'id') AS regclass) AS sequence
 WHERE COALESCE(pg_sequence_last_value(sequence), 0) < CAST($1 AS bigint)`
