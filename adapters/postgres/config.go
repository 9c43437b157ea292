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

// Config locates the database and limits its use.
type Config struct {
	// URL is postgres://user:password@host:port/name?setting=value, with the
	// parameters of libpq. Other parameters are settings of the session.
	//
	// Without sslmode, a server on this machine (a loopback address or a Unix socket)
	// is reached without TLS, and any other must support it (sslmode=require). On
	// untrusted networks, choose sslmode=verify-full.
	//
	// Behind a pooler that does not support prepared statements, choose
	// binary_parameters=yes. Configure a pooler that refuses session settings to
	// ignore statement_timeout, lock_timeout and timezone.
	URL string
	// MaxConnections bounds the pool. Defaults to 16.
	MaxConnections int
	// Timeout bounds a store operation, including the wait for a connection. Defaults
	// to 1.8 s.
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

// connection parses the URL and applies the defaults.
func (c Config) connection() (pq.Config, error) {
	cfg, err := pq.NewConfig(c.URL)
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

// pooled is connection with the timeouts of the pool: the server cancels a statement
// before the store that waits for it gives up.
func (c Config) pooled() (pq.Config, error) {
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
