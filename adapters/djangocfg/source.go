package djangocfg

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"github.com/doorcode-auth/doorcode/adapters/internal/pgurl"
)

// Config is the configuration of the import.
type Config struct {
	// URL is postgres://user:password@host:port/name?setting=value, with the settings
	// of libpq, such as search_path=schema. Without sslmode a server on another machine
	// must use TLS.
	URL string
	// TrustEmails treats e-mail addresses as verified if no column has that.
	TrustEmails bool
}

const connectTimeout = 10 * time.Second

// Open connects, begins the transaction, and checks that all tables and columns exist.
// The result is not safe for concurrent use.
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
	if _, err = tx.ExecContext(ctx, disableTimeouts); err == nil {
		users.has, err = readColumns(ctx, tx)
	}
	if err == nil {
		err = users.has.check()
	}
	if err == nil {
		_, err = users.Count(ctx) // fails without the privilege to read
	}
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return users, nil
}

// errURL does not quote the URL, which may contain a password.
var errURL = errors.New("the URL of the Django database cannot be read: " +
	"give postgres://user:password@host:port/name, and in a password write what is no letter or digit as %XX")

// settings parses the URL and sets defaults.
func (c Config) settings() (pq.Config, error) {
	normalized, err := pgurl.Normalize(c.URL)
	if err != nil {
		return pq.Config{}, errURL
	}
	settings, err := pq.NewConfig(normalized)
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

// onThisMachine reports whether the connection uses no network.
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

// explain adds the cure to an error of the server or the network.
func explain(err error) error {
	var network net.Error
	switch {
	case err == nil:
		return nil
	case pq.As(err, pqerror.InsufficientPrivilege) != nil:
		return fmt.Errorf("%w (let the role read: GRANT SELECT ON %s, %s, %s TO the role)",
			err, usersTable, sourcesTable, linksTable)
	case pq.As(err, pqerror.InvalidPassword, pqerror.InvalidAuthorizationSpecification) != nil:
		return fmt.Errorf("%w (correct user and password of the Django database's URL)", err)
	case pq.As(err, pqerror.InvalidCatalogName) != nil:
		return fmt.Errorf("%w (name the database of the Django-CFG project)", err)
	case errors.Is(err, pq.ErrSSLNotSupported):
		return fmt.Errorf("%w (let the server speak TLS, "+
			"or add ?sslmode=disable to the URL where the network is trusted)", err)
	case errors.As(err, &network), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w (look whether the server of the Django database runs, "+
			"and whether this machine may connect to it)", err)
	default:
		return err
	}
}

// disableTimeouts keeps the server from ending the transaction, which lasts as long as
// the import.
const disableTimeouts = `
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL lock_timeout = '10s'`
