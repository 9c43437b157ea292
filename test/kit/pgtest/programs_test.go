package pgtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLocate(t *testing.T) {
	path, bindir, debian := t.TempDir(), t.TempDir(), t.TempDir()
	pattern := filepath.Join(debian, "*", "bin")
	t.Setenv("PATH", path)
	require.Empty(t, locate(pattern), "nothing is there")

	plantServer(t, filepath.Join(debian, "9.6", "bin"))
	plantServer(t, filepath.Join(debian, "15", "bin"))
	plant(t, filepath.Join(debian, "17", "bin", "initdb"), "exit 0")
	require.Equal(t, filepath.Join(debian, "15", "bin"), locate(pattern), "Debian's newest that is whole")

	plantServer(t, bindir)
	plant(t, filepath.Join(path, "pg_config"), `[ "$1" = --bindir ] && echo `+bindir)
	require.Equal(t, bindir, locate(pattern), "pg_config goes before Debian's folders")

	linked := t.TempDir()
	plantServer(t, linked)
	require.NoError(t, os.Symlink(filepath.Join(linked, "initdb"), filepath.Join(path, "initdb")))
	require.Equal(t, linked, locate(pattern), "PATH goes first, and links are followed")
}

func TestProvide_missing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	pattern := filepath.Join(t.TempDir(), "*", "bin")
	for _, row := range []struct {
		name     string
		ci, root bool
		want     string
	}{
		{"a developer", false, false, "type `sudo apt-get install -y postgresql`"},
		{"root at a desk", false, true, "type `apt-get install -y postgresql`"},
		{"CI without the right to install", true, false, "type `sudo apt-get install -y postgresql`"},
	} {
		_, err := provide(pattern, row.ci, row.root)
		require.ErrorContains(t, err, row.want, row.name)
		require.ErrorContains(t, err, "or set DOORCODE_TEST_POSTGRES", row.name)
	}
}

func TestProvide_installsInCI(t *testing.T) {
	path, debian := t.TempDir(), t.TempDir()
	t.Setenv("PATH", path+":/usr/bin:/bin")
	t.Setenv("TMPDIR", t.TempDir())
	bin, calls := filepath.Join(debian, "15", "bin"), filepath.Join(path, "calls")
	plant(t, filepath.Join(path, "initdb"), "exit 0") // no server beside it: what /usr/bin has must not be found
	plant(t, filepath.Join(path, "pg_config"), "exit 1")
	plant(t, filepath.Join(path, "apt-get"), `echo "$DEBIAN_FRONTEND $*" >> `+calls+`
[ "$1" = install ] || exit 0
mkdir -p `+bin+` && touch `+bin+`/initdb `+bin+`/postgres && chmod +x `+bin+`/*`)

	for range 2 {
		dir, err := provide(filepath.Join(debian, "*", "bin"), true, true)
		require.NoError(t, err)
		require.Equal(t, bin, dir)
	}

	said, err := os.ReadFile(calls)
	require.NoError(t, err)
	require.Equal(t, "noninteractive update\nnoninteractive install -y --no-install-recommends postgresql\n", string(said),
		"it is installed once")
}

func TestProvide_installFails(t *testing.T) {
	path := t.TempDir()
	t.Setenv("PATH", path+":/usr/bin:/bin")
	t.Setenv("TMPDIR", t.TempDir())
	plant(t, filepath.Join(path, "initdb"), "exit 0")
	plant(t, filepath.Join(path, "pg_config"), "exit 1")
	plant(t, filepath.Join(path, "apt-get"), "echo no network; exit 100")

	_, err := provide(filepath.Join(path, "*", "bin"), true, true)
	require.ErrorContains(t, err, "exit status 100")
	require.ErrorContains(t, err, "no network")
}

// plantServer puts programs of the right names into a folder.
func plantServer(t *testing.T, dir string) {
	t.Helper()
	plant(t, filepath.Join(dir, "initdb"), "exit 0")
	plant(t, filepath.Join(dir, "postgres"), "exit 0")
}

// plant writes a shell script.
func plant(t *testing.T, path, script string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}
