package pgurl_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/pgurl"
)

// parameters are those of a URL that has no host before its path.
func parameters(t *testing.T, text string) (*url.URL, map[string]string) {
	t.Helper()
	normalized, err := pgurl.Normalize(text)
	require.NoError(t, err, text)
	u, err := url.Parse(normalized)
	require.NoError(t, err, text)
	require.Empty(t, u.Host, text)
	all := map[string]string{}
	for name := range u.Query() {
		all[name] = u.Query().Get(name)
	}
	return u, all
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		"postgres:///db":                         {},
		"postgres://u:p%40@h/db":                 {"host": "h"},
		"postgresql://h:5433/db?sslmode=disable": {"host": "h", "port": "5433", "sslmode": "disable"},
		"postgres://h1:1,h2:2/db":                {"host": "h1,h2", "port": "1,2"},
		"postgres://u:p@h1:1,h2/db?target_session_attrs=any": {
			"host": "h1,h2", "port": "1,5432", "target_session_attrs": "any",
		},
		"postgres://h1,h2/db":                                  {"host": "h1,h2"},
		"postgres://h1,h2/db?port=1,2":                         {"host": "h1,h2", "port": "1,2"},
		"postgres:///db?host=h1,h2&port=1,2":                   {"host": "h1,h2", "port": "1,2"},
		"postgres://[::1]:1,[fd00::2]:2/db":                    {"host": "::1,fd00::2", "port": "1,2"},
		"postgres://[::1],h2:7/db":                             {"host": "::1,h2", "port": "5432,7"},
		"postgres://%2Frun%2Fpostgresql/db":                    {"host": "/run/postgresql"},
		"postgres:///db?host=/run/postgresql":                  {"host": "/run/postgresql"},
		"postgres://h/db?channel_binding=prefer&keepalives=1":  {"host": "h"},
		"postgres://h/db?gssencmode=disable&keepalives_idle=9": {"host": "h"},
	} {
		u, got := parameters(t, text)
		require.Equal(t, want, got, text)
		require.Equal(t, "/db", u.Path, text)
	}
}

func TestNormalize_keepsUserAndSettings(t *testing.T) {
	t.Parallel()
	u, got := parameters(t, "postgres://a%40b:p%2F,%40@h/a%2Fb?TimeZone=UTC&app.tenant=x&enable_sort=off")
	password, _ := u.User.Password()
	require.Equal(t, []string{"a@b", "p/,@", "/a/b"}, []string{u.User.Username(), password, u.Path})
	require.Equal(t, map[string]string{"host": "h", "TimeZone": "UTC", "app.tenant": "x", "enable_sort": "off"}, got)
}

func TestNormalize_refusesWithTheCure(t *testing.T) {
	t.Parallel()
	for text, cure := range map[string]string{
		"mysql://h/db":                               "give postgres://",
		"postgres://u:hunter2%@h/db":                 "give a URL: in a password",
		"postgres://u:hunter2/@h/db":                 "give a URL: in a password",
		"postgres://u:hunter2@h:port/db":             "give hosts as host1:port1,host2:port2",
		"postgres://h:0/db":                          "give hosts as",
		"postgres://h1:1:2/db":                       "give hosts as",
		"postgres://::1/db":                          "an IPv6 address in brackets",
		"postgres://[::1/db":                         "an IPv6 address in brackets",
		"postgres://h/db?a=hunter2;b=c":              "separate the parameters by &",
		"postgres://h/db?channel_binding=require":    "take channel_binding out: it is not supported; sslmode=verify-full",
		"postgres://h/db?gssencmode=require":         "GSSAPI encryption is not supported",
		"postgres://h/db?ssl=false":                  "choose sslmode=",
		"postgres://h/db?pgbouncer=true":             "database.pooler",
		"postgres://h/db?schema=public":              "search_path=NAME",
		"postgres://h/db?connection_limit=5":         "database.max_connections",
		"postgres://h/db?sslmod=require&sslcrl=/crl": "take sslcrl out",
		"postgres://h/db?sslmod=hunter2":             "take sslmod out, which is unknown",
	} {
		_, err := pgurl.Normalize(text)
		require.ErrorContains(t, err, cure, text)
		require.NotContains(t, err.Error(), "hunter2", text)
	}
}
