package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// DB is the database, through a pool of connections.
type DB struct {
	sqlstore.Stores
	pool      *sqlx.DB
	semaphore chan struct{} // one token per connection of the pool
	timeout   time.Duration
	begin     string // statements that begin a transaction
	pooled    bool   // a Write is a transaction, since the server process is shared
}

// idleTime is how long an unused connection is kept open.
const idleTime = 5 * time.Minute

// Open connects to the database and returns it with a function that closes it. It does not
// migrate.
func Open(ctx context.Context, cfg Config) (*DB, func(), error) {
	connector, err := NewConnector(cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	pool := sql.OpenDB(connector)
	db, err := New(pool, cfg)
	if err == nil {
		err = pool.PingContext(ctx)
	}
	if err != nil {
		_ = pool.Close()
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	if connector.pooled.Load() {
		db.behindPooler(connector.timeouts)
	}
	return db, func() { _ = pool.Close() }, nil
}

// behindPooler sets the timeouts in each transaction that writes, since the server process of
// the next one may be another. Statements that only read have none: they block no others.
func (db *DB) behindPooler(t timeouts) {
	db.pooled = true
	db.begin = "BEGIN; SET LOCAL statement_timeout = " + pq.QuoteLiteral(t.statement) +
		"; SET LOCAL lock_timeout = " + pq.QuoteLiteral(t.lock)
}

// New makes the database of a pool of NewConnector's connections, which the caller closes.
// It is for callers that wrap the connector, and connect to the server itself.
func New(pool *sql.DB, cfg Config) (*DB, error) {
	version, err := migrations().Latest()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(cfg.maxConnections())
	pool.SetMaxIdleConns(cfg.maxConnections())
	pool.SetConnMaxIdleTime(idleTime)
	db := &DB{
		pool:      sqlx.NewDb(pool, "postgres"),
		semaphore: make(chan struct{}, cfg.maxConnections()),
		timeout:   cfg.timeout(),
		begin:     "BEGIN",
	}
	db.Stores = sqlstore.Stores{DB: db, Probe: probe, SchemaVersion: version, FunnelCounter: funnelCounter{db}}
	return db, nil
}

// Read implements sqlstore.DB.
func (db *DB) Read(ctx context.Context, f sqlstore.TxFunc) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.timeout)
	defer cancel()
	select {
	case db.semaphore <- struct{}{}:
	case <-ctx.Done():
		return translate(ctx.Err())
	}
	defer func() { <-db.semaphore }()
	return translate(f(deadlineOnlyContext{ctx}, db.pool))
}

// Write implements sqlstore.DB: every statement is a commit of its own.
func (db *DB) Write(ctx context.Context, f sqlstore.TxFunc) error {
	if db.pooled {
		return transactions{db}.Write(ctx, f)
	}
	return db.Read(ctx, f)
}

// clockTolerance is the tolerated difference between the server's clock and ours.
const clockTolerance = 2 * time.Second

// statementExpiry is the time after which a statement must not be executed: its caller has
// given up by then, whichever clock is ahead. A paused server still receives statements and
// executes them when it resumes, and must not consume a send, a code or a refresh token
// after the caller was told that the operation failed. It is the only time in statements
// that is compared with the server's clock.
func statementExpiry(ctx context.Context) time.Time {
	deadline, _ := ctx.Deadline()
	return deadline.Add(clockTolerance)
}

// deadlineOnlyContext has a deadline but is never done. The connections apply the deadline
// to their sockets. The pool, which would start a goroutine per statement to watch Done,
// never waits, since the semaphore has one token per connection.
type deadlineOnlyContext struct{ context.Context }

// Done implements context.Context.
func (deadlineOnlyContext) Done() <-chan struct{} { return nil }

// Err implements context.Context.
func (deadlineOnlyContext) Err() error { return nil }

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
SELECT clock_timestamp() AS now, (SELECT max(version_id) FROM ` + sqlstore.VersionTable + `) AS version,
       current_setting('transaction_read_only')::boolean AS read_only` // true on a standby
