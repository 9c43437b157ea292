package sqlite

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// UserImports returns the store of imports.
func (db *DB) UserImports() *sqlstore.UserImports {
	return sqlstore.NewUserImports(importDB{db}, raiseSequence, createSequence)
}

// importDB is the database with a longer timeout for the writer's queue.
type importDB struct{ *DB }

const importQueueTimeout = 30 * time.Second

// Write implements sqlstore.DB.
func (db importDB) Write(ctx context.Context, f sqlstore.TxFunc) error {
	return db.write(ctx, f, importQueueTimeout)
}

// SQLite stores the greatest user id so far in sqlite_sequence, once a user was inserted
// (https://www.sqlite.org/autoinc.html).
const (
	raiseSequence = `
UPDATE sqlite_sequence
   SET seq = max(seq, $1)
 WHERE name = 'users'`
	createSequence = `
INSERT INTO sqlite_sequence (name, seq)
SELECT 'users', $1
 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'users')`
)
