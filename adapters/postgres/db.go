package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// DB is the database, through a pool of connections.
type DB struct {
	pool    *sqlx.DB
	slots   chan struct{} // one for each connection of the pool
	timeout time.Duration
	want    int64 // version of the schema
}

// idleTime is how long a connection that nobody uses is kept.
const idleTime = 5 * time.Minute

// Open connects to the database and returns it with what closes it. It does not
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
	return db, func() { _ = pool.Close() }, nil
}

// New makes the database of a pool of NewConnector's connections, which the
// caller closes. It is for those who put something between the two.
func New(pool *sql.DB, cfg Config) (*DB, error) {
	want, err := migrations().Latest()
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(cfg.maxConnections())
	pool.SetMaxIdleConns(cfg.maxConnections())
	pool.SetConnMaxIdleTime(idleTime)
	return &DB{pool: sqlx.NewDb(pool, "postgres"), slots: make(chan struct{}, cfg.maxConnections()), timeout: cfg.timeout(), want: want}, nil
}

// Read implements sqlstore.DB.
func (db *DB) Read(ctx context.Context, act sqlstore.Act) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.timeout)
	defer cancel()
	select {
	case db.slots <- struct{}{}:
	case <-ctx.Done():
		return translate(ctx.Err())
	}
	defer func() { <-db.slots }()
	return translate(act(unwatched{ctx}, db.pool))
}

// clockTolerance is how far the server's clock may be from ours.
const clockTolerance = 2 * time.Second

// tooLate is when nobody waits for a statement any more, on any clock. A server that
// stood still has been sent it all the same, and finds it when it goes on: what takes
// something from people must not be done then, when they have been told that it
// failed. It is the one time in statements that is held against the server's clock.
func tooLate(ctx context.Context) time.Time {
	deadline, _ := ctx.Deadline()
	return deadline.Add(clockTolerance)
}

// unwatched is a context with a deadline that it keeps to itself: the connections
// ask for it and hold the server to it. The pool, which would have a goroutine watch
// each statement, has nothing to wait for, since there is a slot for each connection.
type unwatched struct{ context.Context }

// Done is of a context that never ends.
func (unwatched) Done() <-chan struct{} { return nil }

// Err is of a context that has not ended.
func (unwatched) Err() error { return nil }

// Write implements sqlstore.DB: every statement is a commit of its own.
func (db *DB) Write(ctx context.Context, act sqlstore.Act) error { return db.Read(ctx, act) }

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
SELECT clock_timestamp() AS now, (SELECT max(version_id) FROM ` + sqlstore.VersionTable + `) AS version,
       current_setting('transaction_read_only')::boolean AS read_only` // on every standby too
