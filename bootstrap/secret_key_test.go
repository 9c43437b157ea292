package bootstrap_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
)

// keyless is a service without a secret key, on a database in a folder.
func keyless(dir, name string) (*bootstrap.Config, error) {
	return bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{"database.url": "sqlite://" + filepath.Join(dir, name)}})
}

// Servers that start at once in one folder sign with one key.
func TestSecretKey_isMadeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const servers = 8
	signed, ports, errs := make([]string, servers), make([]bootstrap.Ports, servers), make([]error, servers)
	var starting sync.WaitGroup
	for i := range servers {
		starting.Go(func() {
			cfg, err := keyless(dir, fmt.Sprintf("%d.db", i))
			if err == nil {
				var closePorts func()
				if ports[i], closePorts, err = bootstrap.NewPorts(t.Context(), cfg); err == nil {
					t.Cleanup(closePorts)
				}
			}
			errs[i] = err
		})
	}
	starting.Wait()
	for i := range servers {
		require.NoError(t, errs[i])
		now := ports[i].Clock.Now()
		token, err := ports[i].RefreshTokens.SignRefresh(domain.RefreshClaims{UserUUID: ports[i].Random.UUID(now), SessionID: ports[i].Random.UUID(now)})
		require.NoError(t, err)
		signed[i] = token.Text
	}
	for i := range servers {
		_, err := ports[i].RefreshTokens.ParseRefresh(signed[(i+1)%servers])
		require.NoError(t, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "doorcode.key*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "doorcode.key")}, left)
}

func TestSecretKey_tooShort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "doorcode.key")
	require.NoError(t, os.WriteFile(path, []byte("hunter2\n"), 0o600))
	cfg, err := keyless(dir, "a.db")
	require.NoError(t, err)
	_, _, err = bootstrap.NewPorts(t.Context(), cfg)
	require.ErrorContains(t, err, "keep a secret key in "+path+" (or set DOORCODE_SECRET_KEY): the file is too short for a key: delete it")
	require.NotContains(t, err.Error(), "hunter2")
}
