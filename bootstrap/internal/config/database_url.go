package config

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/postgres"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

// DatabaseURL names the database. It may have a password in it and so prints
// without one; Reveal gives it whole.
type DatabaseURL struct{ settings.Secret }

const (
	sqliteScheme = "sqlite://"
	sqliteMemory = ":memory:"
)

// UnmarshalText reads sqlite:// and a path, or postgres://...
func (u *DatabaseURL) UnmarshalText(text []byte) error {
	const cure = settings.Cure("give sqlite:// and a path, or postgres://user:password@host/name")
	switch value := string(text); {
	case strings.HasPrefix(value, sqliteScheme):
		if value == sqliteScheme || strings.ContainsRune(value, 0) {
			return cure
		}
	case strings.HasPrefix(value, "postgres://"), strings.HasPrefix(value, "postgresql://"):
		if _, query, _ := strings.Cut(value, "?"); hasInvalidSSLMode(query) {
			return settings.Cure("give sslmode one of " + strings.Join(SSLModes(), ", "))
		}
		if err := postgres.CheckURL(value); err != nil {
			return settings.Cure(strings.TrimPrefix(err.Error(), "pq: "))
		}
	default:
		return cure
	}
	u.Secret = settings.NewSecret(string(text))
	return nil
}

func hasInvalidSSLMode(query string) bool {
	values, err := url.ParseQuery(query)
	return err == nil && values.Has("sslmode") && !slices.Contains(SSLModes(), values.Get("sslmode"))
}

// SSLModes are those of libpq
// (https://www.postgresql.org/docs/current/libpq-ssl.html).
func SSLModes() []string {
	return []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
}

// IsSQLite reports whether the database is embedded.
func (u DatabaseURL) IsSQLite() bool { return strings.HasPrefix(u.Reveal(), sqliteScheme) }

// InMemory reports whether the database ends with the process.
func (u DatabaseURL) InMemory() bool { return u.Reveal() == sqliteScheme+sqliteMemory }

// Path is the SQLite file as it was given, ":memory:" for none.
func (u DatabaseURL) Path() string { return strings.TrimPrefix(u.Reveal(), sqliteScheme) }

// Redacted is the URL without password and parameters.
func (u DatabaseURL) Redacted() string {
	if u.IsSQLite() {
		return u.Reveal()
	}
	scheme, rest, _ := strings.Cut(u.Reveal(), "://")
	rest, _, _ = strings.Cut(rest, "?")
	user, hosts := "", rest
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, _, _ = strings.Cut(rest[:at], ":")
		user, hosts = user+"@", rest[at+1:]
	}
	return scheme + "://" + user + hosts
}

// folder is where files of a development server are kept: beside the SQLite
// file, else in the working directory; "" for a database in memory.
func (u DatabaseURL) folder() string {
	switch {
	case !u.IsSQLite():
		return "."
	case u.InMemory():
		return ""
	default:
		return filepath.Dir(u.Path())
	}
}
