package sqlite

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// UserImports is the store of imports. It needs no numbers reserved: nobody else writes
// until it is done.
func (db *DB) UserImports() *sqlstore.UserImports {
	return sqlstore.NewUserImports(patient{db}, "")
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
