package bootstrap_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func TestConfigure_cookies(t *testing.T) {
	t.Parallel()
	const cure = `: "true" (flag): give http.public_url an address such as https://auth.example.com, or switch http.cookies off`
	for _, row := range []struct{ environment, url, want string }{
		{"development", "https://id.example.com", ""},
		{"development", "http://localhost:8000", ""},
		{"development", "http://id.localhost", ""},
		{"development", "http://127.0.0.2:8000", ""},
		{"testing", "http://[::1]:8000", ""},
		{"development", "http://id.example.com", "http.cookies: needs TLS, and http.public_url is without" + cure},
		{"testing", "http://10.0.0.1", "http.cookies: needs TLS, and http.public_url is without" + cure},
		{"development", "http://localhost.example.com", "http.cookies: needs TLS, and http.public_url is without" + cure},
		{"development", "http://notlocalhost", "http.cookies: needs TLS, and http.public_url is without" + cure},
		{"production", "https://id.example.com", ""},
		{"production", "http://id.example.com", "http.cookies: needs TLS, and http.public_url is without" + cure},
		{"production", "http://localhost:8000", "http.cookies: needs TLS in production, and http.public_url is without" +
			cure},
	} {
		flags := map[string]string{"environment": row.environment, "http.public_url": row.url, "http.cookies": "true"}
		got := mistakes(t, bootstrap.Sources{Environ: production(), Flags: flags})
		require.Equal(t, row.want, strings.Join(got, "\n"), "%s, %s", row.environment, row.url)
		flags["http.cookies"] = "false"
		require.Empty(t, mistakes(t, bootstrap.Sources{Environ: production(), Flags: flags}), "%s, %s", row.environment,
			row.url)
	}
	got := mistakes(t, bootstrap.Sources{Flags: map[string]string{"http.public_url": "nowhere", "http.cookies": "true"}})
	require.Len(t, got, 1, "a public URL that is none is one mistake, not two")
}

func TestConfigure_services(t *testing.T) {
	t.Parallel()
	secret, other := strings.Repeat("hunter2-", 4), strings.Repeat("hunter3~", 32)
	const none, noSecret = "does not begin with a name and a colon",
		"has a secret that is too short or too long, or has other characters"
	for _, row := range []struct{ given, want string }{
		{"", ""},
		{"billing:" + secret, ""},
		{" billing:" + secret + " , shipping.eu-1:" + other + "\n", ""},
		{"billing:" + secret[:31], "(entry 1 of 1) " + noSecret},
		{"billing:" + other + "x", "(entry 1 of 1) " + noSecret},
		{"billing:", "(entry 1 of 1) " + noSecret},
		{"billing:" + secret + " x", "(entry 1 of 1) " + noSecret},
		{"billing:" + secret + ":x", "(entry 1 of 1) " + noSecret},
		{"billing:" + secret + "%7E", "(entry 1 of 1) " + noSecret},
		{secret, "(entry 1 of 1) " + none},
		{secret + ":billing", "(entry 1 of 1) " + noSecret},
		{":" + secret, "(entry 1 of 1) " + none},
		{"my billing:" + secret, "(entry 1 of 1) " + none},
		{"billing:" + secret + ",", "(entry 2 of 2) " + none},
		{"billing:" + secret + ",billing:" + other, "(entry 2 of 2) has the name of another one"},
		{
			"billing:" + secret + "," + secret + ":" + other + "," + secret + ":" + other,
			"(entry 3 of 3) has the name of another one",
		},
	} {
		for _, origin := range []string{"flag", "DOORCODE_SERVICE_CREDENTIALS"} {
			src := bootstrap.Sources{Flags: map[string]string{"service.credentials": row.given}}
			if origin != "flag" {
				src = bootstrap.Sources{Environ: []string{origin + "=" + row.given}}
			}
			got := mistakes(t, src)
			if row.want == "" {
				require.Empty(t, got, row.given)
				continue
			}
			require.Equal(t, []string{
				"service.credentials: " + row.want + " (" + origin + "): give name:secret with commas between, " +
					"each secret of 32 to 256 letters and digits, such as openssl rand -hex 32 makes",
			}, got)
			require.NotContains(t, got[0], "hunter")
		}
	}
	simple := bootstrap.Sources{Environ: production(), Flags: map[string]string{"service.credentials": "billing:" +
		strings.Repeat("changeme", 4)}}
	require.Contains(t, strings.Join(mistakes(t, simple), ""), "service.credentials: not random (flag): ")
	simple.Environ = nil
	require.Empty(t, mistakes(t, simple), "elsewhere it is one's own affair")
}

func TestConfigure_printsNoSecretOfServices(t *testing.T) {
	t.Parallel()
	cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: []string{"DOORCODE_SERVICE_CREDENTIALS=billing:" +
		strings.Repeat("hunter2-", 4)}})
	require.NoError(t, err)
	for _, e := range cfg.Entries() {
		require.NotContains(t, e.Value, "hunter2", e.Key)
		require.NotContains(t, e.Value, "billing", e.Key)
	}
}

// An explicit value beats the preset of sessions, too.
func TestConfigure_presetsOfSessions(t *testing.T) {
	t.Parallel()
	type preset struct {
		rotates, blacklists bool
		grace, absolute     time.Duration
	}
	of := func(environment string, set map[string]string) preset {
		cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: append(production()[1:],
			"DOORCODE_ENVIRONMENT="+environment), Flags: set})
		require.NoError(t, err)
		return preset{
			cfg.JWT.RotateRefreshTokens, cfg.JWT.BlacklistAfterRotation, cfg.JWT.RefreshGrace,
			cfg.Session.AbsoluteLifetime,
		}
	}
	const days90 = 90 * 24 * time.Hour
	require.Equal(t, preset{true, true, 10 * time.Second, days90}, of("development", nil))
	require.Equal(t, preset{true, true, 10 * time.Second, days90}, of("production", nil))
	require.Equal(t, preset{false, false, 0, days90}, of("testing", nil))
	require.Equal(t, preset{true, true, 5 * time.Second, time.Hour}, of("testing", map[string]string{
		"jwt.rotate_refresh_tokens": "true", "jwt.blacklist_after_rotation": "true", "jwt.refresh_grace": "5",
		"session.absolute_lifetime": "1h",
	}))
	require.Equal(t, preset{false, false, 0, days90}, of("production", map[string]string{
		"jwt.rotate_refresh_tokens": "false", "jwt.blacklist_after_rotation": "false", "jwt.refresh_grace": "0",
	}))
}
