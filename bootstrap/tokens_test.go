package bootstrap_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

// Keys that cannot sign are mistakes of the configuration, told with all others
// before anything is touched.
const missingKey = "jwt.private_key_file: is missing, and ES256 signs with it: " +
	"make one with doorcode keys generate --algorithm ES256 --out key.pem"

func TestConfigure_keysOfTokens(t *testing.T) {
	t.Parallel()
	junk := filepath.Join(t.TempDir(), "junk.pem")
	require.NoError(t, os.WriteFile(junk, []byte("hunter2"), 0o600))
	for name, row := range map[string]struct {
		environ []string
		want    []string // the ends of them
	}{
		"a known algorithm":  {[]string{"DOORCODE_JWT_ALGORITHM=HS512"}, nil},
		"a key of one's own": {[]string{"DOORCODE_JWT_SIGNING_KEY=" + strings.Repeat("hunter2", 5)}, nil},
		"no such algorithm, so nothing is said of keys": {
			[]string{"DOORCODE_JWT_ALGORITHM=none", "DOORCODE_JWT_PRIVATE_KEY_FILE=" + junk},
			[]string{`jwt.algorithm: not a good value: "none" (DOORCODE_JWT_ALGORITHM): give HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384 or ES512`},
		},
		"a short key": {
			[]string{"DOORCODE_JWT_SIGNING_KEY=hunter2"},
			[]string{"jwt.signing_key: has 7 bytes, less than the hash of HS256 (DOORCODE_JWT_SIGNING_KEY): give at least 32 random bytes, such as doorcode keys generate --algorithm HS256 makes"},
		},
		"no key, which development generates": {[]string{"DOORCODE_JWT_ALGORITHM=ES256"}, nil},
		"no key, but a secret": {
			[]string{"DOORCODE_JWT_ALGORITHM=ES256", "DOORCODE_JWT_SIGNING_KEY=" + strings.Repeat("hunter2", 5)},
			[]string{"jwt.signing_key: is not used by ES256 (DOORCODE_JWT_SIGNING_KEY): " +
				"take it out, or set jwt.algorithm to HS256, HS384 or HS512"},
		},
		"no key, with a database in memory": {
			[]string{"DOORCODE_JWT_ALGORITHM=ES256", "DOORCODE_DATABASE_URL=sqlite://:memory:"},
			[]string{missingKey},
		},
		"no key in production": {
			[]string{
				"DOORCODE_ENVIRONMENT=production", "DOORCODE_JWT_ALGORITHM=ES256",
				"DOORCODE_SECRET_KEY=0123456789abcdefghijklmnopqrstuv", "DOORCODE_HTTP_PUBLIC_URL=https://id.example.com",
				"DOORCODE_EMAIL_FROM=login@example.com",
			},
			[]string{missingKey},
		},
		"everything at once": {
			[]string{
				"DOORCODE_JWT_ALGORITHM=ES256", "DOORCODE_JWT_PRIVATE_KEY_FILE=" + junk,
				"DOORCODE_JWT_PUBLIC_KEY_FILES=/none," + junk, "DOORCODE_OTP_LENGTH=5",
			},
			[]string{
				`otp.length: not a good value: "5" (DOORCODE_OTP_LENGTH): give 6 to 10`,
				"jwt.private_key_file: is no PEM (DOORCODE_JWT_PRIVATE_KEY_FILE): give a file that begins with -----BEGIN",
				"jwt.public_key_files: (file 1 of 2) cannot be read (DOORCODE_JWT_PUBLIC_KEY_FILES): check the path, and that the server may read the file",
				"jwt.public_key_files: (file 2 of 2) is no PEM (DOORCODE_JWT_PUBLIC_KEY_FILES): give a file that begins with -----BEGIN",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := mistakes(t, bootstrap.Sources{Environ: row.environ})
			require.Len(t, got, len(row.want))
			for i, end := range row.want {
				require.True(t, strings.HasSuffix(got[i], end), got[i])
			}
			require.NotContains(t, strings.Join(got, "\n"), "hunter2")
		})
	}
}

// A development server generates its private key once, of mode 0600, and publishes the
// public one; servers that start at once share it.
func TestApp_generatesPrivateKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const servers = 4
	sets, errs := make([]string, servers), make([]error, servers)
	start := func(i int) {
		cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{
			"database.url": "sqlite://" + filepath.Join(dir, fmt.Sprintf("%d.db", i)), "jwt.algorithm": "ES256",
		}})
		if err == nil {
			var ports bootstrap.Ports
			var closePorts func()
			if ports, closePorts, err = bootstrap.NewPorts(t.Context(), cfg); err == nil {
				sets[i] = string(ports.AccessTokens.(interface{ KeySet() []byte }).KeySet())
				closePorts()
			}
		}
		errs[i] = err
	}
	var starting sync.WaitGroup
	for i := range servers {
		starting.Go(func() { start(i) })
	}
	starting.Wait()
	for i := range servers {
		require.NoError(t, errs[i])
		require.Equal(t, sets[0], sets[i])
		require.Contains(t, sets[i], `"alg":"ES256"`)
	}
	start(0)
	require.NoError(t, errs[0])
	require.Equal(t, sets[1], sets[0], "the key is kept")
	path := filepath.Join(dir, "doorcode-es256.pem")
	left, err := filepath.Glob(filepath.Join(dir, "doorcode-*"))
	require.NoError(t, err)
	require.Equal(t, []string{path}, left)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, os.Chmod(path, 0o644))
	start(0)
	require.ErrorContains(t, errs[0], "keep a private key in "+path)
}

func TestApp_publishesNoSecret(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"database.url": "sqlite://:memory:", "jwt.signing_key": strings.Repeat("hunter2", 5)})
	require.Equal(t, map[string]any{"keys": []any{}}, call(http.MethodGet, h.url+"/.well-known/jwks.json", "", nil))
}

func TestConfigure_namesOfTokens(t *testing.T) {
	t.Parallel()
	const header = "(flag): give the name of a header that means nothing else, such as Authorization or X-Access-Token"
	for _, row := range []struct{ key, good, bad, says string }{
		{"user_id_field", "uuid", "email", "(flag): give id or uuid"},
		{
			"user_id_claim", "uid", "sub",
			"is the name of a claim with another meaning (flag): give a name of its own, such as user_id",
		},
		{
			"token_type_claim", "kind", "user_id",
			"is the same as jwt.user_id_claim (flag): give each a name of its own, such as token_type",
		},
		{"jti_claim", "token_id", "a b", "is no name (flag): give at most 64 letters, digits, _ . : / and -, such as jti"},
		{"update_last_login", "false", "no way", "(flag): give true or false"},
		{"auth_header_types", "JWT,Bearer", "My Scheme", "(flag): give words such as Bearer,JWT"},
		{"auth_header_name", "HTTP_X_ACCESS_TOKEN", "X Y", header},
		{"auth_header_name", "X-Token", "HTTP_COOKIE", header},
		{"auth_header_name", "HTTP_AUTHORIZATION", "content-type", header},
	} {
		key := "jwt." + row.key
		require.Empty(t, mistakes(t, bootstrap.Sources{Flags: map[string]string{key: row.good}}), key)
		got := mistakes(t, bootstrap.Sources{Flags: map[string]string{key: row.bad}})
		require.Len(t, got, 1)
		require.True(t, strings.HasPrefix(got[0], key+": ") && strings.HasSuffix(got[0], row.says), got[0])
	}
}

// All that an operator may call otherwise, from one end to the other.
func TestApp_otherTokens(t *testing.T) {
	t.Parallel()
	for name, url := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, map[string]string{
				"database.url": url, "jwt.algorithm": "HS384", "jwt.user_id_field": "uuid", "jwt.user_id_claim": "uid",
				"jwt.token_type_claim": "kind",
				"jwt.jti_claim":        "token_id", "jwt.auth_header_name": "HTTP_X_ACCESS_TOKEN", "jwt.auth_header_types": "JWT",
				"jwt.update_last_login": "false",
			})
			call(http.MethodPost, h.url+"/api/auth/otp/request/", "", map[string]any{"identifier": "ada@example.com"})
			verified := call(http.MethodPost, h.url+"/api/auth/otp/verify/", "", map[string]any{
				"identifier": "ada@example.com", "otp_code": (<-h.codes).Code.Reveal(),
			})
			user := verified["user"].(map[string]any)
			require.Nil(t, user["last_login"], verified)
			tokens := verified["tokens"].(map[string]any)
			require.Equal(t, "JWT", tokens["token_type"])
			claims := claimsOf(t, tokens["access"].(string))
			require.Equal(t, user["uuid"], claims["uid"])
			require.Equal(t, user["uuid"], claims["sub"])
			require.Equal(t, "access", claims["kind"])
			require.NotEmpty(t, claims["token_id"])
			require.NotContains(t, claims, "jti")

			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/api/profile/", nil)
			require.NoError(t, err)
			request.Header.Set("X-Access-Token", "JWT "+tokens["access"].(string))
			answer, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, http.StatusOK, answer.StatusCode)
		})
	}
}

func claimsOf(t *testing.T, token string) (claims map[string]any) {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &claims))
	return claims
}

// An explicit value beats the preset, from every layer.
func TestConfigure_presetsOfTokens(t *testing.T) {
	t.Parallel()
	for environment, want := range map[string][3]time.Duration{
		"development": {time.Hour, 7 * 24 * time.Hour, 30 * time.Second},
		"production":  {24 * time.Hour, 30 * 24 * time.Hour, 0},
		"testing":     {time.Hour, 24 * time.Hour, 0},
	} {
		base := append(production()[1:], "DOORCODE_ENVIRONMENT="+environment)
		cfg, err := bootstrap.Configure(bootstrap.Sources{Environ: base})
		require.NoError(t, err)
		require.Equal(t, want, [3]time.Duration{cfg.JWT.AccessTokenLifetime, cfg.JWT.RefreshTokenLifetime, cfg.JWT.Leeway},
			environment)
		require.True(t, cfg.JWT.UpdateLastLogin)
		file := configFile(t, "jwt: {access_token_lifetime_hours: 2, refresh_token_lifetime_days: 3, leeway: 5, update_last_login: false}\n")
		cfg, err = bootstrap.Configure(bootstrap.Sources{Environ: base, File: file})
		require.NoError(t, err)
		require.Equal(t, [3]time.Duration{2 * time.Hour, 3 * 24 * time.Hour, 5 * time.Second},
			[3]time.Duration{cfg.JWT.AccessTokenLifetime, cfg.JWT.RefreshTokenLifetime, cfg.JWT.Leeway}, environment)
		require.False(t, cfg.JWT.UpdateLastLogin)
	}
}
