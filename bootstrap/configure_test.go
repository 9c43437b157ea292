package bootstrap_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
)

const goodKey = "0123456789abcdef0123456789abcdef"

// production is the least that production starts with.
func production() []string {
	return []string{
		"DOORCODE_ENVIRONMENT=production", "DOORCODE_SECRET_KEY=" + goodKey,
		"DOORCODE_HTTP_PUBLIC_URL=https://id.example.com", "DOORCODE_HTTP_TRUSTED_PROXIES=10.0.0.0/8",
	}
}

func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "doorcode.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// mistakes are the lines that an operator reads, without the heading.
func mistakes(t *testing.T, src bootstrap.Sources, extra ...port.Provider) []string {
	t.Helper()
	_, err := bootstrap.Configure(src, extra...)
	return mistakesIn(t, err)
}

func mistakesIn(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var ms bootstrap.Mistakes
	require.ErrorAs(t, err, &ms)
	lines := make([]string, len(ms))
	for i, m := range ms {
		lines[i] = m.String()
	}
	return lines
}

func TestConfigure_withoutAnything(t *testing.T) {
	t.Parallel()
	cfg, err := bootstrap.Configure(bootstrap.Sources{})
	require.NoError(t, err)
	require.Equal(t, bootstrap.Development, cfg.Environment)
	require.Equal(t, ":8000", cfg.HTTP.Addr)
	require.Equal(t, "http://localhost:8000", cfg.HTTP.PublicURL)
	require.Equal(t, "sqlite://doorcode.db", cfg.Database.URL.Reveal())
	require.Equal(t, 6, cfg.OTP.Length)
	require.Equal(t, 5*time.Minute, cfg.OTP.Expiration)
	require.Equal(t, 3, cfg.OTP.MaxAttempts)
	require.Equal(t, bootstrap.Rate{Count: 20, Per: time.Minute}, cfg.RateLimit.IPRequest)
	require.Equal(t, "phone.invalid", cfg.Phone.PlaceholderDomain)
	require.Equal(t, []domain.ChannelName{"sms"}, cfg.Phone.Channels)
	require.Equal(t, "http://localhost:8000", cfg.JWT.Issuer)
	require.Equal(t, "doorcode", cfg.Email.FromName)
	require.True(t, cfg.SecretKey.IsZero())
	require.Empty(t, cfg.Warnings)
}

func TestConfigure_layers(t *testing.T) {
	t.Parallel()
	// Every layer has a value for what all stronger ones leave open.
	file := configFile(t, `
environment: production
http: {addr: ":1", public_url: "https://file.example.com", drain: 1s}
database: {url: "sqlite://file.db"}
otp: {length: 7}
log: {level: error}
`)
	keys := []string{
		"http.addr", "http.public_url", "database.url", "otp.length", "log.level", "log.format", "jwt.leeway",
		"otp.max_attempts",
	}
	read := func(src bootstrap.Sources) map[string]string {
		src.Environ = append(src.Environ, "DOORCODE_SECRET_KEY="+goodKey)
		cfg, err := bootstrap.Configure(src)
		require.NoError(t, err)
		values := map[string]string{}
		for _, e := range cfg.Entries() {
			if slices.Contains(keys, e.Key) {
				values[e.Key] = e.Value + " < " + e.Origin
			}
		}
		return values
	}
	want := map[string]string{
		"http.addr": ":1 < doorcode.yaml:3", "http.public_url": "https://file.example.com < doorcode.yaml:3",
		"database.url": "sqlite://file.db < doorcode.yaml:4", "otp.length": "7 < doorcode.yaml:5",
		"log.level":  "error < doorcode.yaml:6",
		"log.format": "json < preset of production", "jwt.leeway": "0s < preset of production",
		"otp.max_attempts": "3 < default",
	}
	require.Equal(t, want, read(bootstrap.Sources{File: file}))

	src := bootstrap.Sources{Environ: []string{"DOORCODE_CONFIG=" + file, "PORT=2", "DATABASE_URL=sqlite://platform.db"}}
	want["http.addr"], want["database.url"] = ":2 < PORT", "sqlite://platform.db < DATABASE_URL"
	require.Equal(t, want, read(src))

	src.Environ = append(src.Environ, "DOORCODE_HTTP_ADDR=:3",
		"DOORCODE_DATABASE_URL=postgres://ada:hunter2@db,db2:5433/doorcode?password=hunter2",
		"DOORCODE_OTP_LENGTH=8", "DOORCODE_LOG_FORMAT=text")
	want["http.addr"], want["database.url"] = ":3 < DOORCODE_HTTP_ADDR",
		"postgres://ada@db,db2:5433/doorcode < DOORCODE_DATABASE_URL"
	want["otp.length"], want["log.format"] = "8 < DOORCODE_OTP_LENGTH", "text < DOORCODE_LOG_FORMAT"
	require.Equal(t, want, read(src))

	src.Flags = map[string]string{"http.addr": "127.0.0.1:4", "otp.length": "9", "environment": "testing"}
	want["http.addr"], want["otp.length"], want["jwt.leeway"] = "127.0.0.1:4 < flag", "9 < flag", "0s < preset of testing"
	require.Equal(t, want, read(src))
}

func TestConfigure_thePortOfThePlatform(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ file, port, want, origin string }{
		"the host of the file stays":      {`http: {addr: "127.0.0.1:1"}`, "2", "127.0.0.1:2", "PORT and doorcode.yaml:1"},
		"the host of the file, IPv6":      {`http: {addr: "[::1]:1"}`, "2", "[::1]:2", "PORT and doorcode.yaml:1"},
		"without a host in the file":      {`http: {addr: ":1"}`, "2", ":2", "PORT"},
		"without a file":                  {"", " 2 ", ":2", "PORT"},
		"an empty port is none":           {"", " ", ":8000", ""},
		"where the file makes no address": {"http: {addr: nowhere}", "2", ":2", "PORT"},
	} {
		cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: []string{"PORT=" + row.port}, File: configFile(t,
			row.file)})
		require.NoError(t, err, name)
		require.Equal(t, row.want, cfg.HTTP.Addr, name)
		for _, e := range cfg.Entries() {
			if e.Key == "http.addr" {
				require.Equal(t, cmp.Or(row.origin, "default"), e.Origin, name)
			}
		}
	}
	require.Equal(t, []string{`http.addr: not a good value: ":x" (PORT): give host:port with a port of at most 65535, such as :8000 or 127.0.0.1:8000`},
		mistakes(t, bootstrap.Sources{Environ: []string{"PORT=x"}}))
}

func TestConfigure_presets(t *testing.T) {
	t.Parallel()
	for environment, want := range map[string][3]time.Duration{
		"development": {time.Hour, 7 * 24 * time.Hour, 30 * time.Second},
		"production":  {24 * time.Hour, 30 * 24 * time.Hour, 0},
		"testing":     {time.Hour, 24 * time.Hour, 0},
	} {
		cfg, err := bootstrap.Configure(bootstrap.Sources{
			Environ: production()[1:], Flags: map[string]string{"environment": environment},
		})
		require.NoError(t, err)
		require.Equal(t, want, [3]time.Duration{cfg.JWT.AccessTokenLifetime, cfg.JWT.RefreshTokenLifetime, cfg.JWT.Leeway},
			environment)
	}
}

func TestConfigure_lifetimes(t *testing.T) {
	t.Parallel()
	t.Run("hours in a stronger layer win over a duration", func(t *testing.T) {
		t.Parallel()
		cfg, err := bootstrap.Configure(bootstrap.Sources{
			Environ: []string{"DOORCODE_JWT_ACCESS_TOKEN_LIFETIME_HOURS=2"},
			File:    configFile(t, "jwt: {access_token_lifetime: 5m, refresh_token_lifetime_days: 3}\n"),
		})
		require.NoError(t, err)
		require.Equal(t, 2*time.Hour, cfg.JWT.AccessTokenLifetime)
		require.Equal(t, 72*time.Hour, cfg.JWT.RefreshTokenLifetime)
	})
	t.Run("both in one layer are a mistake", func(t *testing.T) {
		t.Parallel()
		require.Equal(t,
			[]string{"jwt.access_token_lifetime: set together with jwt.access_token_lifetime_hours (DOORCODE_JWT_ACCESS_TOKEN_LIFETIME): keep one of the two"},
			mistakes(t, bootstrap.Sources{Environ: []string{
				"DOORCODE_JWT_ACCESS_TOKEN_LIFETIME_HOURS=1", "DOORCODE_JWT_ACCESS_TOKEN_LIFETIME=1h",
			}}))
	})
}

func TestConfigure_issuerAndAudience(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		file, variable   string
		issuer, audience string
	}{
		"by default both are the public URL": {issuer: "http://localhost:8000", audience: "http://localhost:8000"},
		"the audience follows the issuer":    {file: `jwt: {issuer: me}`, issuer: "me", audience: "me"},
		"an empty issuer in a file is off":   {file: `jwt: {issuer: "", audience: them}`, audience: "them"},
		"an empty audience in a file is off": {file: `jwt: {audience: ""}`, issuer: "http://localhost:8000"},
		"an empty variable is no value at all": {
			variable: "DOORCODE_JWT_ISSUER=", issuer: "http://localhost:8000",
			audience: "http://localhost:8000",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := bootstrap.Configure(bootstrap.Sources{File: configFile(t, row.file), Environ: []string{row.variable}})
			require.NoError(t, err)
			require.Equal(t, row.issuer, cfg.JWT.Issuer)
			require.Equal(t, row.audience, cfg.JWT.Audience)
		})
	}
}

// bound is a key with a valid value, and an invalid one with its cure.
type bound struct{ key, good, bad, cure string }

func TestConfigure_bounds(t *testing.T) {
	t.Parallel()
	requireBounds(t, []bound{
		{"environment", "testing", "staging", "give development, production or testing"},
		{"secret_key", goodKey, goodKey[1:], "give at least 32 bytes"},
		{"secret_key_previous", goodKey, "short", "give at least 32 bytes"},
		{"http.addr", "[::1]:0", "localhost", "give host:port with a port of at most 65535, such as :8000 or 127.0.0.1:8000"},
		{"http.addr", ":65535", ":65536", "give host:port with a port of at most 65535, such as :8000 or 127.0.0.1:8000"},
		{
			"http.public_url", "http://10.0.0.1:80/base", "id.example.com",
			"give an address such as https://auth.example.com, without query",
		},
		{
			"http.public_url", "https://x", "https://ada:pw@x",
			"give an address such as https://auth.example.com, without query",
		},
		{"http.public_url", "https://x", "https://x/?a=b", "give an address such as https://auth.example.com, without query"},
		{
			"http.trusted_proxies", "10.0.0.0/8,::1,192.168.1.1", "10.0.0.0/33",
			"give networks such as 10.0.0.0/8 or 2001:db8::/32",
		},
		{
			"http.cors_origins", "https://a.example,http://localhost:3000", "https://a.example/",
			"give origins such as https://app.example.com, without path; * is not possible",
		},
		{
			"http.cors_origins", "app://local", "*",
			"give origins such as https://app.example.com, without path; * is not possible",
		},
		{"http.drain", "0", "11m", "give 0s to 10m"},
		{"http.max_connections", "1", "0", "give 1 to 1000000"},
		{"http.max_per_client", "4096", "-1", "give 1 to 1000000"},
		{"log.level", "debug", "loud", "give debug, info, warn or error"},
		{"log.format", "json", "xml", "give text or json"},
		{"otp.length", "10", "5", "give 6 to 10"},
		{"otp.length", "6", "11", "give 6 to 10"},
		{"otp.expiration", "10m", "601", "give 1s to 10m"},
		{"otp.max_attempts", "1", "0", "give 1 to 10"},
		{"otp.max_attempts", "10", "11", "give 1 to 10"},
		{"ratelimit.identifier_requests", "0", "-1", "give 0 to 1000"},
		{
			"ratelimit.ip_request", "0", "20",
			"give a number and a unit, such as 20/min (s, min, h or d), or 0 to switch it off",
		},
		{"send.wait", "10ms", "21s", "give at most send.total"},
		{"send.wait", "20s", "0", "give at least 10ms"},
		{"upkeep.interval", "1", "0", "give 1s to 24h"},
		{"jwt.leeway", "300", "301", "give 0s to 5m"},
		{"jwt.access_token_lifetime", "1s", "1500ms", "give whole seconds"},
		{"jwt.access_token_lifetime_hours", "8760", "8761", "give a whole number: 1 to 8760"},
		{"jwt.refresh_token_lifetime_days", "365", "366", "give a whole number: 1 to 365"},
		{"jwt.refresh_token_lifetime_days", "1", "0", "give a whole number: 1 to 365"},
		{"product.name", "Ada's café", "two\nlines", "give one line of at most 40 characters"},
		{"email.from", "login@localhost", "Ada <a@b.c>", "give one bare address such as login@example.com"},
		{"phone.channels", "sms,whatsapp", "sms,phone", "give names of channels such as sms,whatsapp"},
		{"phone.channels", "voice", "sms,sms", "name each once"},
		{
			"phone.placeholder_domain", "phone.example.com", "Example.com",
			"give a domain name in lower case with a dot, such as phone.example.com",
		},
		{
			"message.domain", "app.example.com", "https://app.example.com",
			"give a host with a dot and at most 25 characters, such as app.example.com, without scheme and port",
		},
		{"message.domain", "localhost", "a-very-long-host.example.com", // the default may be any host of http.public_url
			"give a host with a dot and at most 25 characters, such as app.example.com, without scheme and port"},
		{
			"phone.placeholder_domain", "a.b", "10.0.0.1",
			"give a domain name in lower case with a dot, such as phone.example.com",
		},
	})
}

func TestConfigure_boundsOfTheDatabase(t *testing.T) {
	t.Parallel()
	requireBounds(t, []bound{
		{
			"database.url", "sqlite://a b?c#d%zz.db", "mysql://x",
			"give sqlite:// and a path, or postgres://user:password@host/name",
		},
		{
			"database.url", "postgresql:///x?host=/tmp", "sqlite://",
			"give sqlite:// and a path, or postgres://user:password@host/name",
		},
		{
			"database.url", "postgres://u:p%25@h/d", "postgres://u:p%@h/d",
			"give a URL: in a password, write what is no letter or digit as %XX",
		},
		{
			"database.url", "postgres://h1:1,[::1]:2/d?target_session_attrs=primary", "postgres://h:p/d",
			"give hosts as host1:port1,host2:port2, and an IPv6 address in brackets",
		},
		{
			"database.url", "postgres://h/d?channel_binding=prefer", "postgres://h/d?channel_binding=require",
			"take channel_binding out: it is not supported; sslmode=verify-full proves the identity of the server",
		},
		{
			"database.url", "postgres://h/d?keepalives_idle=30&gssencmode=prefer", "postgres://h/d?pgbouncer=true",
			"take pgbouncer out: poolers are detected, or chosen by database.pooler",
		},
		{
			"database.url", "postgres://h/d?search_path=a", "postgres://h/d?schema=a",
			"take schema out: the schema is search_path=NAME",
		},
		{
			"database.url", "postgres://h/d", "postgres://h/d?target_session_attrs=best",
			`wrong value for "target_session_attrs": "best" is not supported; supported values are ` +
				"any, read-write, read-only, primary, standby, or prefer-standby",
		},
		{"database.pooler", "transaction", "session", "give auto, none or transaction"},
		{
			"database.url", "postgres://h/d?sslmode=verify-ca", "postgres://h/d?sslmode=nope",
			"give sslmode one of disable, allow, prefer, require, verify-ca, verify-full",
		},
		{"database.max_connections", "1", "0", "give 1 to 10000"},
	})
}

func requireBounds(t *testing.T, bounds []bound) {
	t.Helper()
	for _, row := range bounds {
		t.Run(row.key+" "+row.bad, func(t *testing.T) {
			t.Parallel()
			require.Empty(t, mistakes(t, bootstrap.Sources{Flags: map[string]string{row.key: row.good}}), row.good)
			got := mistakes(t, bootstrap.Sources{Flags: map[string]string{row.key: row.bad}})
			require.Len(t, got, 1)
			require.True(t, strings.HasPrefix(got[0], row.key+": "), got[0])
			require.True(t, strings.HasSuffix(got[0], " (flag): "+row.cure), got[0])
			require.Equal(t, !strings.Contains(row.key, "secret") && row.key != "database.url" && len(row.bad) < 32 &&
				!strings.Contains(row.bad, ":pw@"),
				strings.Contains(got[0], strconv.Quote(row.bad)), got[0])
		})
	}
}

func TestConfigure_production(t *testing.T) {
	t.Parallel()
	require.Empty(t, mistakes(t, bootstrap.Sources{Environ: production()}))
	require.Equal(t, []string{
		"secret_key: missing: set DOORCODE_SECRET_KEY (or DOORCODE_SECRET_KEY_FILE) to at least 32 random bytes, such as openssl rand -base64 32 gives",
		"http.public_url: missing: set DOORCODE_HTTP_PUBLIC_URL to the address that people use, such as https://auth.example.com",
		`ratelimit.identifier_requests: off, which production refuses: "0" (DOORCODE_RATELIMIT_IDENTIFIER_REQUESTS): give 1 or more, such as 3`,
	}, mistakes(t, bootstrap.Sources{Environ: []string{
		"DOORCODE_ENVIRONMENT=production", "DOORCODE_RATELIMIT_IDENTIFIER_REQUESTS=0",
		"DOORCODE_DATABASE_URL=sqlite://:memory:",
	}}))
}

// What production refuses beside what is missing, and what is just good enough.
func TestConfigure_productionRefuses(t *testing.T) {
	t.Parallel()
	const random = "give at least 32 random bytes, such as openssl rand -base64 32 gives"
	const proxies = "trusts every client, which may then choose the address that limits count"
	for _, row := range []struct{ key, good, bad, problem, cure string }{
		{"log.level", "info", "debug", "debug, which production refuses", "give info, warn or error"},
		{"twilio.test_mode", "false", "true", "refused in production", "take it out"},
		{
			"http.trusted_proxies", "10.0.0.0/8,0.0.0.0/1", "10.0.0.0/8,0.0.0.0/0", proxies,
			"name the networks of your proxies, such as 10.0.0.0/8",
		},
		{"http.trusted_proxies", "2000::/3", "::/0", proxies, "name the networks of your proxies, such as 10.0.0.0/8"},
		{
			"http.trusted_proxies", "::ffff:10.0.0.0/104", "::ffff:0:0/96", proxies,
			"name the networks of your proxies, such as 10.0.0.0/8",
		},
		{"secret_key", strings.Repeat("01234567", 4), strings.Repeat("x", 40), "not random", random},
		{"secret_key", goodKey, strings.Repeat("0123456", 6), "not random", random},
		{
			"jwt.signing_key", strings.Repeat("abcdefgh", 4), strings.Repeat("changeme", 4), "not random",
			"give random bytes, such as doorcode keys generate makes",
		},
	} {
		flags := func(value string) bootstrap.Sources {
			return bootstrap.Sources{Environ: production(), Flags: map[string]string{row.key: value}}
		}
		require.Empty(t, mistakes(t, flags(row.good)), row.good)
		got := mistakes(t, flags(row.bad))
		require.Len(t, got, 1, row.bad)
		require.True(t, strings.HasPrefix(got[0], row.key+": "+row.problem), got[0])
		require.True(t, strings.HasSuffix(got[0], "(flag): "+row.cure), got[0])
		require.Empty(t, mistakes(t, bootstrap.Sources{Flags: map[string]string{row.key: row.bad}}),
			"elsewhere it is one's own affair")
	}
}

func TestConfigure_keysOfAnotherSectionAreNotMeant(t *testing.T) {
	t.Parallel()
	got := mistakes(t, bootstrap.Sources{Flags: map[string]string{"http.port": "9000"}})
	require.Len(t, got, 1)
	require.NotContains(t, got[0], "smtp")
	cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: []string{"DOORCODE_HTTP_PORT=9000"}})
	require.NoError(t, err)
	require.Len(t, cfg.Warnings, 1)
	require.NotContains(t, cfg.Warnings[0].Cure, "SMTP")
}

func TestConfigure_allMistakesAtOnce(t *testing.T) {
	t.Parallel()
	got := mistakes(t, bootstrap.Sources{
		Flags: map[string]string{"otp.lenght": "8"},
		Environ: []string{
			"DOORCODE_OTP_LENGTH=many", "DOORCODE_SECRET_KEY=hunter2", "DOORCODE_SECRET_KEY_FILE=/hunter2",
			"DOORCODE_LOG_LEVEL=loud",
		},
		File: configFile(t, "htpp: {adr: hunter2}\notp: {expiration: 1h}\nhttp:\n  addr: hunter2\n  addr: hunter2\n"),
	})
	require.Equal(t, []string{
		"http.addr: is there twice (doorcode.yaml:5): keep one of the two",
		"secret_key: set together with DOORCODE_SECRET_KEY (DOORCODE_SECRET_KEY_FILE): keep one of the two",
		"otp.lenght: unknown key (flag): take it out, or did you mean otp.length?",
		"htpp.adr: unknown key (doorcode.yaml:1): take it out, or did you mean http.addr?",
		"secret_key: not a good value (DOORCODE_SECRET_KEY): give at least 32 bytes",
		`log.level: not a good value: "loud" (DOORCODE_LOG_LEVEL): give debug, info, warn or error`,
		`otp.length: not a good value: "many" (DOORCODE_OTP_LENGTH): give a number: 6 to 10`,
		`otp.expiration: not a good value: "1h" (doorcode.yaml:2): give 1s to 10m`,
	}, got)
	require.NotContains(t, strings.Join(got, "\n"), "hunter2")
}

func TestConfigure_unknownVariablesAreWarnings(t *testing.T) {
	t.Parallel()
	cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: []string{
		"DOORCODE_PORT=tcp://10.0.0.1:8000", "DOORCODE_SECRETKEY=hunter2", "DOORCODE_SERVICE_HOST=10.0.0.1", "HOME=/",
		"DOORCODE_SMTP_PORT=tcp://10.0.0.1:587",
		"DOORCODE_TEST_POSTGRES=postgres://localhost/", "DOORCODE_TEST_POSTGRE=x",
	}})
	require.NoError(t, err)
	lines := make([]string, len(cfg.Warnings))
	for i, m := range cfg.Warnings {
		lines[i] = m.String()
	}
	require.Equal(t, []string{
		"DOORCODE_PORT: set by Kubernetes for a service, ignored: set enableServiceLinks: false in the pod, or name the service otherwise",
		"DOORCODE_SECRETKEY: unknown variable, ignored: take it out, or did you mean DOORCODE_SECRET_KEY?",
		"DOORCODE_SERVICE_HOST: unknown variable, ignored: take it out",
		"DOORCODE_SMTP_PORT: set by Kubernetes for a service, ignored: set enableServiceLinks: false in the pod, or name the service otherwise",
		"DOORCODE_TEST_POSTGRE: unknown variable, ignored: take it out",
	}, lines)
}

func TestConfigure_doubtsAreWarnings(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		environ []string
		url     string
		want    []string
	}{
		"production that is as it should be": {environ: production()},
		"production without TLS": {production(), "http://id.example.com", []string{
			`http.public_url: not https, in production: "http://id.example.com" (flag): give the address that people use, such as https://auth.example.com`,
		}},
		"production behind an unnamed proxy": {production()[:3], "", []string{
			"http.trusted_proxies: not set, though an https http.public_url means a proxy: all its clients count as one and " +
				"share its limits: give the networks of the proxy, such as 10.0.0.0/8",
		}},
		"production on one machine": {production(), "https://127.0.0.1:8443", []string{
			`http.public_url: names this machine alone, in production: "https://127.0.0.1:8443" (flag): give the address that people use, such as https://auth.example.com`,
		}},
		"a secret that was pasted": {[]string{"DOORCODE_SECRET_KEY=" + goodKey + " "}, "", []string{
			"secret_key: begins or ends with white space, which counts (DOORCODE_SECRET_KEY): take it out unless it is meant",
		}},
		"production in memory": {append(production(), "DOORCODE_DATABASE_URL=sqlite://:memory:"), "", []string{
			`database.url: in memory, in production: users and limits are gone with the process (DOORCODE_DATABASE_URL): give a file or PostgreSQL`,
		}},
		"a key that others have not": {[]string{"DATABASE_URL=postgres://db.example.com/doorcode"}, "", []string{
			"secret_key: made in this folder, while other instances on the same database have others: they take no codes and tokens of this one: " +
				"give all instances the same DOORCODE_SECRET_KEY",
		}},
		"a grace of moments": {[]string{"DOORCODE_JWT_REFRESH_GRACE=4s"}, "", []string{
			`jwt.refresh_grace: shorter than the clocks of two instances may be apart, so that an answer that was lost can end a session: "4s" ` +
				`(DOORCODE_JWT_REFRESH_GRACE): give 5s or more, or 0`,
		}},
		"development": {url: "http://localhost"},
	} {
		cfg, err := bootstrap.Configure(bootstrap.Sources{
			Environ: row.environ,
			Flags:   map[string]string{"http.public_url": row.url},
		})
		require.NoError(t, err, name)
		var lines []string
		for _, m := range cfg.Warnings {
			lines = append(lines, m.String())
		}
		require.Equal(t, row.want, lines, name)
	}
}

func TestConfigure_secretsFromFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(path, []byte(goodKey+"\n"), 0o600))
	cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: []string{"DOORCODE_SECRET_KEY_FILE=" + path}})
	require.NoError(t, err)
	require.Equal(t, goodKey, cfg.SecretKey.Reveal())
	require.Equal(t,
		[]string{"secret_key: set together with DOORCODE_SECRET_KEY (DOORCODE_SECRET_KEY_FILE): keep one of the two"},
		mistakes(t, bootstrap.Sources{Environ: []string{"DOORCODE_SECRET_KEY=" + goodKey, "DOORCODE_SECRET_KEY_FILE=" +
			path}}))
}

func TestConfigure_keepsNothingForAMemoryDatabase(t *testing.T) {
	t.Parallel()
	make1 := func() string {
		cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{"database.url": "sqlite://:memory:"}})
		require.NoError(t, err)
		return cfg.SecretKey.Reveal()
	}
	require.GreaterOrEqual(t, len(make1()), 32)
	require.NotEqual(t, make1(), make1())
}

func TestConfig_printsNoSecret(t *testing.T) {
	t.Parallel()
	cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: []string{
		"DOORCODE_SECRET_KEY=" + strings.Repeat("hunter2", 5), "DOORCODE_DATABASE_URL=postgres://ada:hunter2@db/doorcode",
		"DOORCODE_LOFT_TOKEN=hunter2",
	}}, loft())
	require.NoError(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, part := range []any{cfg.SecretKey, cfg.Database, cfg.Database.URL, &cfg.Database, cfg.Entries()} {
			require.NotContains(t, fmt.Sprintf(verb, part), "hunter2", verb)
		}
	}
}

// loftConfig is the section of a third-party provider.
type loftConfig struct {
	Token  string `yaml:"token" secret:"true" doc:"The token."`
	Region string `yaml:"region" oneof:"eu,us" doc:"Where."`
	Broken bool   `yaml:"broken" doc:"Refuses to be opened."`
}

type noSender struct{}

func (noSender) Send(context.Context, port.CodeMessage) port.SendOutcome {
	return port.SendOutcome{Result: domain.SendAccepted}
}

// loft serves a channel of its own and e-mail, once it has a token.
func loft() port.Provider {
	return port.NewProvider("loft", loftConfig{Region: "eu"}, func(_ context.Context,
		cfg loftConfig,
	) ([]port.ChannelSender, error) {
		switch {
		case cfg.Broken:
			return nil, errors.New("mend it")
		case cfg.Token == "":
			return nil, nil
		}
		return []port.ChannelSender{
			{Channel: domain.Channel{Name: "pigeon", Kind: domain.KindPhone}, Sender: noSender{}},
			{Channel: domain.Channel{Name: "email", Kind: domain.KindEmail}, Sender: noSender{}},
		}, nil
	})
}

func TestConfigure_sectionsOfProviders(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"loft.regoin: unknown key (doorcode.yaml:1): take it out, or did you mean loft.region?",
		`loft.region: not a good value: "mars" (DOORCODE_LOFT_REGION): give eu or us`,
	}, mistakes(t, bootstrap.Sources{
		File: configFile(t, "loft: {regoin: us}\n"), Environ: []string{"DOORCODE_LOFT_REGION=mars"},
	}, loft()))
	_, err := bootstrap.Configure(bootstrap.Sources{}, loft(), loft())
	require.EqualError(t, err, "two providers have the name loft")
	for name, provider := range map[string]port.Provider{
		"provider http: the name is a key of the configuration: choose another": port.NewProvider("http",
			loftConfig{}, nil),
		`provider "empty": it needs a name, Config and Open: make it with port.NewProvider`: {Name: "empty"},
	} {
		_, err := bootstrap.Configure(bootstrap.Sources{}, provider)
		require.EqualError(t, err, name)
	}
}

// routes is channel: provider,provider for every channel with a sender.
func routes(t *testing.T, src bootstrap.Sources, extra ...port.Provider) ([]string, error) {
	t.Helper()
	cfg, err := bootstrap.Configure(src, extra...)
	require.NoError(t, err)
	senders, err := bootstrap.OpenChannels(t.Context(), cfg)
	if err != nil {
		return nil, err
	}
	byChannel := map[domain.ChannelName][]string{}
	for _, s := range senders {
		byChannel[s.Channel.Name] = append(byChannel[s.Channel.Name], s.Provider+"/"+string(s.Channel.Kind))
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(byChannel)) {
		lines = append(lines, string(name)+": "+strings.Join(byChannel[name], ","))
	}
	return lines, nil
}
