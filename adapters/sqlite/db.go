package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// queueTimeout bounds how long a transaction function waits to be started.
const queueTimeout = 1800 * time.Millisecond

// DB is the database: one writer and concurrent readers.
type DB struct {
	sqlstore.Stores
	writer  *writer
	readers *sqlx.DB // nil in memory
}

// Open opens the database, migrates it and returns it with a function that closes it.
func Open(ctx context.Context, cfg Config) (_ *DB, closeDB func(), err error) {
	version, err := migrations().Latest()
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
	db := &DB{writer: startWriter(conn)}
	db.Stores = sqlstore.Stores{DB: db, Probe: probe, SchemaVersion: version, FunnelCounter: funnelCounter{db}}
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

// openWriting migrates the database and opens a pool with the one writing connection.
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

// openReading opens read-only connections. Each caches 256 KiB of pages instead of SQLite's
// default 2 MiB: pages that several of them read are in the system's page cache anyway.
func openReading(cfg Config) (*sqlx.DB, error) {
	source := cfg.source(busyTimeout, "query_only(1)", "cache_size(-256)")
	pool, err := openPool(source, max(4, runtime.GOMAXPROCS(0)))
	if err != nil {
		return nil, err
	}
	return sqlx.NewDb(pool, "sqlite"), nil
}

// keepingConnector makes connections that keep their prepared statements.
type keepingConnector struct{ driver.Connector }

func (k keepingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return sqlstore.KeepStatements(conn)
}

func openPool(source string, connections int) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(source)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(keepingConnector{connector})
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return pool, nil
}

// Read implements sqlstore.DB.
func (db *DB) Read(ctx context.Context, f sqlstore.TxFunc) error {
	if db.readers == nil {
		return db.Write(ctx, f)
	}
	return translate(f(context.WithoutCancel(ctx), db.readers))
}

// Write implements sqlstore.DB: a transaction function is atomic, whatever its number of
// statements.
func (db *DB) Write(ctx context.Context, f sqlstore.TxFunc) error {
	return db.write(ctx, f, queueTimeout)
}

func (db *DB) write(ctx context.Context, f sqlstore.TxFunc, queueTimeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queueTimeout)
	defer cancel()
	return translate(db.writer.do(ctx, f))
}

// OTPSecrets returns the store of secrets.
func (db *DB) OTPSecrets() *OTPSecrets {
	return &OTPSecrets{sqlstore.NewOTPSecrets(db, purgeSecrets), db}
}

// SignIns returns the store of sign-ins.
func (db *DB) SignIns() *SignIns { return &SignIns{db} }

// Sessions returns the store of sessions.
func (db *DB) Sessions() *Sessions { return &Sessions{sqlstore.NewSessions(db, purgeSessions), db} }

// Deliveries returns the store of deliveries.
func (db *DB) Deliveries() *Deliveries { return &Deliveries{sqlstore.NewDeliveries(db), db} }

const probe = `
SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER) AS now,
       (SELECT max(version_id) FROM ` + sqlstore.VersionTable + `) AS version, false AS read_only`
