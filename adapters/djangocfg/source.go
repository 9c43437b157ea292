package djangocfg

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/lib/pq"
)

// Config says where the database is.
type Config struct {
	// URL is postgres://user:password@host:port/name?setting=value, with the settings
	// of libpq. Tables in a schema of their own are found with search_path=schema.
	// Without sslmode a server on another machine must speak TLS.
	URL string
	// TrustEmails takes e-mail addresses for proved where no column says which are.
	TrustEmails bool
}

const connectTimeout = 10 * time.Second

// Open connects, begins the transaction that everything is read in, and looks whether
// what is needed is there. What it returns is for one reader at a time, until it is
// closed.
func Open(ctx context.Context, cfg Config) (*ForeignUsers, func(), error) {
	settings, err := cfg.settings()
	if err != nil {
		return nil, nil, err
	}
	connector, err := pq.NewConnectorConfig(settings)
	if err != nil {
		return nil, nil, errURL // the driver may quote it
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(1)
	users, err := begin(ctx, pool, cfg.TrustEmails)
	if err != nil {
		return nil, nil, errors.Join(explain(fmt.Errorf("open the Django database: %w", err)), pool.Close())
	}
	return users, func() {
		_ = users.tx.Rollback()
		_ = pool.Close()
	}, nil
}

func begin(ctx context.Context, pool *sql.DB, trustEmails bool) (*ForeignUsers, error) {
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, err
	}
	users := &ForeignUsers{tx: tx, trustEmails: trustEmails}
	if _, err = tx.ExecContext(ctx, unhurried); err == nil {
		users.has, err = readColumns(ctx, tx)
	}
	if err == nil {
		err = users.has.check()
	}
	if err == nil {
		_, err = users.Count(ctx) // says at once if one may not read
	}
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return users, nil
}

// errURL does not quote the URL: there may be a password in it.
var errURL = errors.New("the URL of the Django database cannot be read: " +
	"give postgres://user:password@host:port/name, and in a password write what is no letter or digit as %XX")

// settings reads the URL and fills in what it leaves open.
func (c Config) settings() (pq.Config, error) {
	settings, err := pq.NewConfig(c.URL)
	if err != nil {
		return pq.Config{}, errURL
	}
	if settings.SSLMode == "" {
		settings.SSLMode = pq.SSLModeRequire
		if onThisMachine(settings) {
			settings.SSLMode = pq.SSLModeDisable
		}
	}
	if settings.ConnectTimeout == 0 {
		settings.ConnectTimeout = connectTimeout
	}
	settings.ApplicationName = "doorcode import"
	return settings, nil
}

// onThisMachine reports whether the server is reached without a network.
func onThisMachine(settings pq.Config) bool {
	if len(settings.Multi) > 0 {
		return false
	}
	if settings.Hostaddr.IsValid() {
		return settings.Hostaddr.IsLoopback()
	}
	address, err := netip.ParseAddr(settings.Host)
	return err == nil && address.IsLoopback() || settings.Host == "localhost" || filepath.IsAbs(settings.Host)
}

// unhurried keeps a server that is strict with its own clients from ending a
// transaction that lasts as long as storing does elsewhere.
const unhurried = `
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL lock_timeout = '10s'`
