package bootstrap_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
)

// keyless is a service without a secret key, on a database in a folder.
func keyless(dir, name string) (*bootstrap.Config, error) {
	return bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{"database.url": "sqlite://" + filepath.Join(dir,
		name)}})
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
		token, err := ports[i].RefreshTokens.SignRefresh(domain.RefreshClaims{
			UserUUID:  ports[i].Random.UUID(now),
			SessionID: ports[i].Random.UUID(now), IssuedAt: now, ExpiresAt: now.Add(time.Hour),
		})
		require.NoError(t, err)
		signed[i] = token
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
	require.ErrorContains(t, err, "keep a secret key in "+path+
		" (or set DOORCODE_SECRET_KEY): the file is too short for a key: delete it")
	require.NotContains(t, err.Error(), "hunter2")
}

// A key that others may read is no secret, and one that others may write is theirs.
func TestSecretKey_openToOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "doorcode.key")
	cfg, err := keyless(dir, "a.db")
	require.NoError(t, err)
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o610} {
		require.NoError(t, os.WriteFile(path, []byte(goodKey), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		_, _, err = bootstrap.NewPorts(t.Context(), cfg)
		want := "keep a secret key in %s (or set DOORCODE_SECRET_KEY): open to others (mode %04o): chown it"
		require.ErrorContains(t, err, fmt.Sprintf(want, path, mode))
		require.NotContains(t, err.Error(), goodKey)
	}
	if os.Geteuid() == 0 { // only root can give files away
		require.NoError(t, os.Chmod(path, 0o600))
		require.NoError(t, os.Chown(path, 65534, -1))
		_, _, err = bootstrap.NewPorts(t.Context(), cfg)
		require.ErrorContains(t, err, "owned by another user (uid 65534): chown it")
		require.NoError(t, os.Chown(path, 0, -1))
	}
	require.NoError(t, os.Chmod(path, 0o400))
	_, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
	require.NoError(t, err)
	closePorts()
}

// The files that a platform hands secrets over in are the platform's affair; of a key
// of tokens that lies open an operator is told.
func TestSecretKey_filesOfThePlatform(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, private := filepath.Join(dir, "secret"), filepath.Join(dir, "key.pem")
	require.NoError(t, os.WriteFile(path, []byte(goodKey), 0o444))
	require.Zero(t, bootstrap.Run([]string{"keys", "generate", "--out", private}, bootstrap.Options{}))
	warnings := func() []bootstrap.Mistake {
		cfg, err := bootstrap.Configure(bootstrap.Sources{
			Environ: append(production()[2:], "DOORCODE_ENVIRONMENT=production", "DOORCODE_SECRET_KEY_FILE="+path),
			Flags:   map[string]string{"jwt.algorithm": "ES256", "jwt.private_key_file": private},
		})
		require.NoError(t, err)
		return cfg.Warnings
	}
	require.Empty(t, warnings())
	require.NoError(t, os.Chmod(private, 0o644))
	got := warnings()
	require.Len(t, got, 1)
	require.Contains(t, got[0].String(), "jwt.private_key_file: open to others (mode 0644)")
	require.Contains(t, got[0].String(), "chmod 600 "+private)
}
