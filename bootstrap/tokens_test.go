package bootstrap_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

// Keys that cannot sign are mistakes of the configuration, told with all others
// before anything is touched.
func TestConfigure_keysOfTokens(t *testing.T) {
	t.Parallel()
	junk := filepath.Join(t.TempDir(), "junk.pem")
	require.NoError(t, os.WriteFile(junk, []byte("hunter2"), 0o600))
	for name, row := range map[string]struct {
		environ []string
		want    []string
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
		"no key": {
			[]string{"DOORCODE_JWT_ALGORITHM=ES256"},
			[]string{"jwt.private_key_file: is missing, and ES256 signs with it: make one with doorcode keys generate --algorithm ES256 --out key.pem"},
		},
		"everything at once": {
			[]string{"DOORCODE_JWT_ALGORITHM=ES256", "DOORCODE_JWT_PRIVATE_KEY_FILE=" + junk, "DOORCODE_JWT_PUBLIC_KEY_FILES=/none," + junk, "DOORCODE_OTP_LENGTH=5"},
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
			require.Equal(t, row.want, got)
			require.NotContains(t, strings.Join(got, "\n"), "hunter2")
		})
	}
}

func TestApp_publishesNoSecret(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"database.url": "sqlite://:memory:", "jwt.signing_key": strings.Repeat("hunter2", 5)})
	require.Equal(t, map[string]any{"keys": []any{}}, call(http.MethodGet, h.url+"/.well-known/jwks.json", "", nil))
}
