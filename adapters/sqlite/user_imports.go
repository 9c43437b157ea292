package sqlite

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// UserImports is the store of imports.
func (db *DB) UserImports() *sqlstore.UserImports {
	return sqlstore.NewUserImports(patient{db}, raiseNumber, firstNumber)
}

// patient is the database for whom others may keep waiting.
type patient struct{ *DB }

const patience = 30 * time.Second

// Write implements sqlstore.DB.
func (p patient) Write(ctx context.Context, act sqlstore.Act) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return translate(p.writer.do(ctx, act))
}

// The greatest number that a user had is in a table of SQLite's own, once there was one
// (https://www.sqlite.org/autoinc.html).
const (
	raiseNumber = `
UPDATE sqlite_sequence
   SET seq = max(seq, $1)
 WHERE name = 'users'`
	firstNumber = `
INSERT INTO sqlite_sequence (name, seq)
SELECT 'users', $1
 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'users')`
)
