package command

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const someKey = "DOORCODE_SECRET_KEY=0123456789abcdef0123456789abcdef"

// What keys generate makes is what the configuration takes.
func TestKeysGenerate_isTaken(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"} {
		dir := t.TempDir()
		got := run(t, dir, nil, "keys", "generate", "--algorithm", algorithm, "--out", "key.pem")
		require.Zero(t, got.code, got.err)
		require.Contains(t, got.out, "kid ")
		require.NotContains(t, got.out, "PRIVATE", "the key was printed")
		info, err := os.Stat(filepath.Join(dir, "key.pem"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
		environment := []string{
			"DOORCODE_JWT_ALGORITHM=" + algorithm, "DOORCODE_JWT_PRIVATE_KEY_FILE=key.pem",
			"DOORCODE_JWT_PUBLIC_KEY_FILES=key.pem.pub",
		}
		require.Zero(t, run(t, dir, environment, "config", "check").code, algorithm)
	}
	for _, algorithm := range []string{"HS256", "HS384", "HS512"} {
		dir := t.TempDir()
		require.Zero(t, run(t, dir, nil, "keys", "generate", "--algorithm", algorithm, "--out", "key").code)
		require.NoFileExists(t, filepath.Join(dir, "key.pub"))
		environment := []string{"DOORCODE_JWT_ALGORITHM=" + algorithm, "DOORCODE_JWT_SIGNING_KEY_FILE=key"}
		require.Zero(t, run(t, dir, environment, "config", "check").code, algorithm)
	}
}

func TestKeysGenerate_writesOverNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, taken := range []string{"key.pem", "other.pem.pub"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, taken), []byte("precious"), 0o600))
	}
	for _, name := range []string{"key.pem", "other.pem"} {
		got := run(t, dir, nil, "keys", "generate", "--out", name)
		require.Equal(t, 1, got.code)
		require.Contains(t, got.err, "is there already: give another name")
	}
	for _, taken := range []string{"key.pem", "other.pem.pub"} {
		data, err := os.ReadFile(filepath.Join(dir, taken))
		require.NoError(t, err)
		require.Equal(t, "precious", string(data))
	}
	require.NoFileExists(t, filepath.Join(dir, "other.pem"), "half of a pair was left")
}

func TestKeysGenerate_prints(t *testing.T) {
	t.Parallel()
	one, two := run(t, t.TempDir(), nil, "keys", "generate"), run(t, t.TempDir(), nil, "keys", "generate")
	require.Zero(t, one.code, one.err)
	require.True(t, strings.HasPrefix(one.out, "-----BEGIN PRIVATE KEY-----\n"))
	require.NotEqual(t, one.out, two.out)
	got := run(t, t.TempDir(), nil, "keys", "generate", "--algorithm", "none")
	require.Equal(t, 2, got.code)
	require.Contains(t, got.err, "give one of HS256")
}

// For programs a key is told by the names of the keys of the configuration.
func TestKeysGenerate_asJSON(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		args []string
		want []string // members
	}{
		"a pair": {nil, []string{"algorithm", "kid", "private_key", "public_key"}},
		"a pair of files": {[]string{"--out", "key.pem"}, []string{
			"algorithm", "kid", "private_key_file",
			"public_key_file",
		}},
		"a secret":           {[]string{"--algorithm", "HS384"}, []string{"algorithm", "signing_key"}},
		"a secret in a file": {[]string{"--algorithm", "HS384", "--out", "key"}, []string{"algorithm", "signing_key_file"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			got := run(t, dir, nil, append([]string{"keys", "generate", "--output", "json"}, row.args...)...)
			require.Zero(t, got.code, got.err)
			var key map[string]string
			require.NoError(t, json.Unmarshal([]byte(got.out), &key))
			require.Equal(t, row.want, slices.Sorted(maps.Keys(key)))
			environment := []string{"DOORCODE_JWT_ALGORITHM=" + key["algorithm"], "DOORCODE_JWT_SIGNING_KEY=" +
				key["signing_key"]}
			for _, file := range []struct{ variable, key, path string }{
				{"PRIVATE_KEY_FILE", "private_key", "private_key_file"},
				{"PUBLIC_KEY_FILES", "public_key", "public_key_file"},
				{"SIGNING_KEY_FILE", "", "signing_key_file"},
			} {
				path := key[file.path]
				if key[file.key] != "" {
					path = file.key
					require.NoError(t, os.WriteFile(filepath.Join(dir, path), []byte(key[file.key]), 0o600))
				}
				environment = append(environment, "DOORCODE_JWT_"+file.variable+"="+path)
			}
			require.Zero(t, run(t, dir, environment, "config", "check").code, environment)
		})
	}
	got := run(t, t.TempDir(), nil, "keys", "generate", "--output", "json", "--algorithm", "none")
	require.Equal(t, 2, got.code)
	require.Empty(t, got.out)
}

func TestTokenInfo(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		environment []string
		want        string
	}{
		{nil, "access_token: 1 hour, refresh_token: 7 days, algorithm: HS256, rotation: enabled\n"},
		{
			[]string{"DOORCODE_ENVIRONMENT=testing"},
			"access_token: 1 hour, refresh_token: 1 day, algorithm: HS256, rotation: disabled\n",
		},
		{
			[]string{
				"DOORCODE_ENVIRONMENT=production", someKey, "DOORCODE_HTTP_PUBLIC_URL=https://id.example.com",
				"DOORCODE_HTTP_TRUSTED_PROXIES=10.0.0.0/8",
			},
			"access_token: 24 hours, refresh_token: 30 days, algorithm: HS256, rotation: enabled\n",
		},
		{
			[]string{
				"DOORCODE_JWT_ACCESS_TOKEN_LIFETIME=90s", "DOORCODE_JWT_REFRESH_TOKEN_LIFETIME=36h",
				"DOORCODE_JWT_ALGORITHM=HS512", "DOORCODE_JWT_ROTATE_REFRESH_TOKENS=false",
			},
			"access_token: 90 seconds, refresh_token: 36 hours, algorithm: HS512, rotation: disabled\n",
		},
		{
			[]string{"DOORCODE_JWT_ACCESS_TOKEN_LIFETIME=1m"},
			"access_token: 1 minute, refresh_token: 7 days, algorithm: HS256, rotation: enabled\n",
		},
	} {
		dir := t.TempDir()
		require.Equal(t, result{out: row.want}, run(t, dir, row.environment, "token", "info"))
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left, "a look has made something")
	}
	got := run(t, t.TempDir(), nil, "token", "info", "--output", "json")
	require.JSONEq(t, `{
		"access_token": "1 hour", "access_token_seconds": 3600, "refresh_token": "7 days", "refresh_token_seconds": 604800,
		"algorithm": "HS256", "issuer": "http://localhost:8000", "audience": "http://localhost:8000", "leeway_seconds": 30,
		"rotation": "enabled", "rotate_refresh_tokens": true, "blacklist_after_rotation": true, "refresh_grace_seconds": 10,
		"session_absolute_lifetime": "90 days", "session_absolute_lifetime_seconds": 7776000
	}`, got.out)
}

// tokensOf are the tokens of a signed-in user.
func tokensOf(t *testing.T, environment []string, dir string) (access, refresh string) {
	t.Helper()
	s := serve(t, dir, environment)
	post := func(path, body string, into any) {
		response, err := http.Post(s.url+path, "application/json", strings.NewReader(body))
		require.NoError(t, err)
		defer response.Body.Close()
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.NoError(t, json.NewDecoder(response.Body).Decode(into))
	}
	post("/api/auth/otp/request/", `{"identifier": "ada@example.com"}`, &struct{}{})
	line, err := os.ReadFile(filepath.Join(dir, "codes.jsonl"))
	require.NoError(t, err)
	code := regexp.MustCompile(`"code":"([0-9]{6})"`).FindSubmatch(line)
	require.NotNil(t, code, string(line))
	var done struct {
		Tokens struct{ Access, Refresh string }
	}
	post("/api/auth/otp/verify/", `{"identifier": "ada@example.com", "otp_code": "`+string(code[1])+`"}`, &done)
	return done.Tokens.Access, done.Tokens.Refresh
}

func TestTokenInspect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	environment := []string{someKey, "DOORCODE_CONSOLE_FILE=codes.jsonl", "DOORCODE_DATABASE_URL=sqlite://:memory:"}
	access, refresh := tokensOf(t, environment, dir)

	for kind, token := range map[string]string{"access": access, "refresh": refresh} {
		got := run(t, dir, environment, "token", "inspect", token)
		require.Zero(t, got.code, got.err)
		require.Regexp(t, `^valid: `+kind+` token until \d{4}-`, got.out)
		require.Contains(t, got.out, `"token_type":"`+kind+`"`)
		for _, part := range strings.Split(token, ".") {
			require.NotContains(t, got.out+got.err, part, "the token was printed")
		}
		piped := command(t, dir, environment, "token", "inspect", "--output", "json")
		piped.Stdin = strings.NewReader(token + "\n")
		out, err := piped.Output()
		require.NoError(t, err)
		var report struct {
			Valid  bool           `json:"valid"`
			Kind   string         `json:"kind"`
			Claims map[string]any `json:"claims"`
		}
		require.NoError(t, json.Unmarshal(out, &report))
		require.True(t, report.Valid)
		require.Equal(t, kind, report.Kind)
		require.Equal(t, kind, report.Claims["token_type"])
		require.False(t, bytes.Contains(out, []byte(token[len(token)-20:])), "the signature was printed")
	}

	for name, row := range map[string]struct {
		environment []string
		token       string
		code        int
		says        string
	}{
		"another key": {
			[]string{"DOORCODE_SECRET_KEY=" + strings.Repeat("x", 32)},
			access, 1,
			"not valid: the token is signed by an unknown key",
		},
		"tampered": {
			environment, access[:len(access)-4] + "AAAA", 1,
			"not valid: the signature of the token does not fit",
		},
		"no token":          {environment, "hello", 1, "not valid: the token is malformed"},
		"a colour and more": {environment, "e30.eyJ4IjoiwpsxbSJ9.AA", 1, `{"x":"\u009b1m"}`},
		"nothing":           {environment, "-", 2, "wants a token"},
		"no key yet":        {nil, access, 1, "there is no secret key yet"},
		"a mistake":         {[]string{"DOORCODE_OTP_LENGTH=5"}, access, 2, "otp.length"},
	} {
		got := run(t, t.TempDir(), row.environment, "token", "inspect", row.token)
		require.Equal(t, row.code, got.code, name)
		require.Contains(t, got.out+got.err, row.says, name)
		require.NotContains(t, got.out+got.err, access[len(access)-20:], name)
	}
	require.Equal(t, 2, run(t, dir, environment, "token", "inspect", access, refresh).code)
}
