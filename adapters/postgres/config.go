package postgres

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// Config says where the database is and what may be asked of it.
type Config struct {
	// URL is postgres://user:password@host:port/name?setting=value, with the
	// settings of libpq; what is no setting of the connection is one of the
	// session.
	//
	// Without sslmode a server on this machine (a loopback address or a Unix socket)
	// is reached without TLS, and any other must speak it (sslmode=require). Where
	// the network is not trusted, choose sslmode=verify-full.
	//
	// Behind a pooler that keeps no prepared statements, choose
	// binary_parameters=yes; one that refuses settings of the session must be told
	// to ignore statement_timeout, lock_timeout and timezone.
	URL string
	// MaxConnections bounds the pool. Defaults to 16.
	MaxConnections int
	// Timeout bounds what a store does in one go, waiting for a connection
	// included. Defaults to 1.8 s.
	Timeout time.Duration
}

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

// connection reads the URL and fills in what it leaves open.
func (c Config) connection() (pq.Config, error) {
	cfg, err := pq.NewConfig(c.URL)
	if err != nil {
		return pq.Config{}, fmt.Errorf("read the database URL: %w", err)
	}
	if cfg.SSLMode == "" {
		cfg.SSLMode = pq.SSLModeRequire
		if onThisMachine(cfg) {
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

// limited is connection for the pool: the server gives up a statement before
// the store that waits for it does.
func (c Config) limited() (pq.Config, error) {
	cfg, err := c.connection()
	if err != nil {
		return pq.Config{}, err
	}
	ms := c.timeout().Milliseconds()
	setDefault(cfg.Runtime, "statement_timeout", strconv.FormatInt(ms*5/6, 10))
	setDefault(cfg.Runtime, "lock_timeout", strconv.FormatInt(ms*2/3, 10))
	return cfg, nil
}

func setDefault(settings map[string]string, name, value string) {
	if _, ok := settings[name]; !ok {
		settings[name] = value
	}
}

// onThisMachine reports whether every server of the configuration is reached
// without a network.
func onThisMachine(cfg pq.Config) bool {
	if !local(cfg.Host, cfg.Hostaddr) {
		return false
	}
	for _, other := range cfg.Multi {
		if !local(other.Host, other.Hostaddr) {
			return false
		}
	}
	return true
}

func local(host string, address netip.Addr) bool {
	if address.IsValid() {
		return address.IsLoopback()
	}
	if filepath.IsAbs(host) || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	parsed, err := netip.ParseAddr(host)
	return err == nil && parsed.IsLoopback()
}
