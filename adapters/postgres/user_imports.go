package postgres

import "github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"

// UserImports returns the store of imports.
func (db *DB) UserImports() *sqlstore.UserImports {
	return sqlstore.NewUserImports(longTransactions{db}, reserveIDs)
}

// reserveIDs advances the sequence of user ids beyond $1 unless it is there already, and by
// some more, since concurrent sign-ups may take ids between the check and the call. A
// rollback does not undo it.
const reserveIDs = `
SELECT setval(sequence, CAST($1 AS bigint) + 1000)
  FROM CAST(pg_get_serial_sequence('users', 'id') AS regclass) AS sequence
 WHERE COALESCE(pg_sequence_last_value(sequence), 0) < CAST($1 AS bigint)`
