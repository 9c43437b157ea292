package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// timeout bounds how long an act waits to be begun.
const timeout = 1800 * time.Millisecond

// DB is the database: one writer, and readers beside it.
type DB struct {
	writer  *writer
	readers *sqlx.DB // nil in memory
	want    int64    // version of the schema
}

// Open opens the database, brings its schema up to date and returns it with
// what closes it.
func Open(ctx context.Context, cfg Config) (_ *DB, closeDB func(), err error) {
	want, err := migrations().Latest()
	if err != nil {
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	pool, err := openWriting(ctx, cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("open database %s: %w", cfg.Path, err)
	}
	conn, err := sqlx.NewDb(pool, "sqlite").Connx(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("open database %s: %w", cfg.Path, errors.Join(explain(err), pool.Close()))
	}
	db := &DB{writer: startWriter(conn), want: want}
	if !cfg.inMemory() {
		db.readers, err = openReading(cfg)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("open database %s: %w", cfg.Path, errors.Join(err, db.writer.close(), pool.Close()))
	}
	return db, sync.OnceFunc(func() {
		if db.readers != nil {
			_ = db.readers.Close()
		}
		_ = db.writer.close()
		_ = pool.Close()
	}), nil
}

// openWriting opens a pool of the one connection that writes, on a database
// that is migrated.
func openWriting(ctx context.Context, cfg Config) (*sql.DB, error) {
	if !cfg.inMemory() {
		if _, _, err := Migrate(ctx, cfg.Path); err != nil {
			return nil, err
		}
	}
	pool, err := openPool(cfg.source(busyTimeout, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"), 1)
	if err == nil && cfg.inMemory() {
		_, _, err = migrations().Up(ctx, pool)
	}
	return pool, err
}

// openReading opens connections that can only read. Each keeps 256 KiB of pages and not
// SQLite's usual 2 MiB: what several of them read is in the system's memory anyway.
func openReading(cfg Config) (*sqlx.DB, error) {
	pool, err := openPool(cfg.source(busyTimeout, "query_only(1)", "cache_size(-256)"), max(4, runtime.GOMAXPROCS(0)))
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(pool, "sqlite"), nil
}

func openPool(source string, connections int) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(source)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(sqlstore.KeepStatements(connector))
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}

// Read implements sqlstore.DB.
func (db *DB) Read(ctx context.Context, act sqlstore.Act) error {
	if db.readers == nil {
		return db.Write(ctx, act)
	}
	return translate(act(context.WithoutCancel(ctx), db.readers))
}

// Write implements sqlstore.DB: an act is atomic, whatever number of statements
// it has.
func (db *DB) Write(ctx context.Context, act sqlstore.Act) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	return translate(db.writer.do(ctx, act))
}

// OTPSecrets is the store of secrets.
func (db *DB) OTPSecrets() *OTPSecrets { return &OTPSecrets{sqlstore.NewOTPSecrets(db), db} }

// SignIns is the store of sign-ins.
func (db *DB) SignIns() *SignIns { return &SignIns{db} }

// Sessions is the store of sessions.
func (db *DB) Sessions() *Sessions { return &Sessions{sqlstore.NewSessions(db, purgeSessions), db} }

// Users is the store of users.
func (db *DB) Users() *sqlstore.Users { return sqlstore.NewUsers(db) }

// Deliveries is the store of deliveries.
func (db *DB) Deliveries() *Deliveries { return &Deliveries{sqlstore.NewDeliveries(db), db} }

// Leases is the store of leases.
func (db *DB) Leases() *sqlstore.Leases { return sqlstore.NewLeases(db) }

// RegistrationSources tells where users came from.
func (db *DB) RegistrationSources() *sqlstore.RegistrationSources {
	return sqlstore.NewRegistrationSources(db)
}

// Funnel counts what becomes of challenges.
func (db *DB) Funnel() *sqlstore.Funnel { return sqlstore.NewFunnel(db, funnelCounter{db}) }

// Database tells how the database is.
func (db *DB) Database() *sqlstore.Database { return sqlstore.NewDatabase(db, probe, db.want) }

const probe = `
SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS now,
       (SELECT max(version_id) FROM ` + sqlstore.VersionTable + `) AS version, false AS read_only`
