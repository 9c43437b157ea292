package postgres

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"

	"github.com/doorcode-auth/doorcode/adapters/internal/pgurl"
)

// Config locates the database and limits its use.
type Config struct {
	// URL is postgres://user:password@host:port/name?setting=value, with the
	// parameters of libpq and settings of the session. It may list several servers as
	// host1:port1,host2:port2; the first one that accepts is used, with
	// target_session_attrs the first of its kind.
	//
	// Without sslmode, a server on this machine (a loopback address or a Unix socket)
	// is reached without TLS, and any other must support it (sslmode=require). On
	// untrusted networks, choose sslmode=verify-full.
	URL string
	// MaxConnections bounds the pool. Defaults to 16.
	MaxConnections int
	// Timeout bounds a store operation, including the wait for a connection. Defaults
	// to 1.8 s.
	Timeout time.Duration
	// Pooler is the kind of connection pooler between this process and the server.
	// Defaults to PoolerAuto.
	Pooler Pooler
}

// Pooler is a kind of connection pooler.
type Pooler string

// The kinds of poolers.
const (
	PoolerAuto        Pooler = "auto"        // detected per connection
	PoolerNone        Pooler = "none"        // connections through a pooler are refused
	PoolerTransaction Pooler = "transaction" // each transaction may have another server process
)

const (
	defaultConnections = 16
	defaultTimeout     = 1800 * time.Millisecond
	migrationConnect   = 10 * time.Second
)

func (c Config) maxConnections() int {
	if c.MaxConnections > 0 {
		return c.MaxConnections
	}
	return defaultConnections
}

func (c Config) timeout() time.Duration {
	if c.Timeout > 0 {
		return c.Timeout
	}
	return defaultTimeout
}

// connection parses the URL and applies the defaults.
func (c Config) connection() (pq.Config, error) {
	cfg, err := parse(c.URL)
	if err != nil {
		return pq.Config{}, fmt.Errorf("read the database URL: %w", err)
	}
	if cfg.SSLMode == "" {
		cfg.SSLMode = pq.SSLModeRequire
		if isLocal(cfg) {
			cfg.SSLMode = pq.SSLModeDisable
		}
	}
	cfg.ApplicationName = "doorcode"
	if cfg.Runtime == nil {
		cfg.Runtime = map[string]string{}
	}
	setDefault(cfg.Runtime, "timezone", "UTC")
	return cfg, nil
}

// CheckURL returns the cure, as an error, if a URL is not valid.
func CheckURL(url string) error {
	_, err := parse(url)
	return err
}

func parse(url string) (pq.Config, error) {
	normalized, err := pgurl.Normalize(url)
	if err != nil {
		return pq.Config{}, err
	}
	return pq.NewConfig(normalized)
}

// statementTimeouts are the timeouts of the pool, as values of settings: the server cancels
// a statement before the store that waits for it gives up. Those of the URL win and are no
// longer in cfg: a pooler would refuse them.
func (c Config) statementTimeouts(cfg pq.Config) timeouts {
	ms := c.timeout().Milliseconds()
	t := timeouts{statement: strconv.FormatInt(ms*5/6, 10), lock: strconv.FormatInt(ms*2/3, 10)}
	for name, value := range map[string]*string{"statement_timeout": &t.statement, "lock_timeout": &t.lock} {
		if set, ok := cfg.Runtime[name]; ok {
			*value = set
			delete(cfg.Runtime, name)
		}
	}
	return t
}

func setDefault(settings map[string]string, name, value string) {
	if _, ok := settings[name]; !ok {
		settings[name] = value
	}
}

// isLocal reports whether every server of the configuration is on this machine.
func isLocal(cfg pq.Config) bool {
	if !isLocalHost(cfg.Host, cfg.Hostaddr) {
		return false
	}
	for _, other := range cfg.Multi {
		if !isLocalHost(other.Host, other.Hostaddr) {
			return false
		}
	}
	return true
}

func isLocalHost(host string, address netip.Addr) bool {
	if address.IsValid() {
		return address.IsLoopback()
	}
	if filepath.IsAbs(host) || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	parsed, err := netip.ParseAddr(host)
	return err == nil && parsed.IsLoopback()
}
