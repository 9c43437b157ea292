package sqlite

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

func TestOpen_takesAPathAsItIs(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"plain.db", "with space.db", "what?.db", "a?mode=memory", "a#b.db", "100%.db", "%41.db", "ü😀.db", "a&b=c.db",
		"file:x.db", ".db", "+.db",
	} {
		folder := t.TempDir()
		path := filepath.Join(folder, name)
		db, closeDB := openTest(t, Config{Path: path})
		require.NoError(t, db.Write(t.Context(), lease("a")), name)
		require.Equal(t, 1, db.leases(t), name)
		closeDB()
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Len(t, entries, 1, name)
		require.Equal(t, name, entries[0].Name())
		again, _ := openTest(t, Config{Path: "/" + path}) // two slashes
		require.Equal(t, 1, again.leases(t), name)
	}
}

func TestOpen_saysWhatToDo(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	noDatabase := filepath.Join(folder, "text.db")
	require.NoError(t, os.WriteFile(noDatabase, []byte(strings.Repeat("no database ", 100)), 0o600))
	for path, cure := range map[string]string{
		filepath.Join(folder, "missing", "x.db"): "make its folder",
		folder:                                   "make its folder",
		noDatabase:                               "name another file",
	} {
		_, _, err := Open(t.Context(), Config{Path: path})
		require.ErrorContains(t, err, cure)
	}
}

func TestOpen_saysItOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "text.db")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("no database ", 100)), 0o600))
	_, _, err := Open(t.Context(), Config{Path: path})
	for _, once := range []string{"name another file", "migrate"} {
		require.Equal(t, 1, strings.Count(err.Error(), once), err)
	}
}

// The file has personal data and secrets: other users of the machine must not have access.
func TestOpen_makesFilesForThisUserAlone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "doorcode.db")
	release, err := LockFile(t.Context(), path)
	require.NoError(t, err)
	defer release()
	db, _ := openTest(t, Config{Path: path})
	require.NoError(t, db.Write(t.Context(), lease("a")))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		info, err := entry.Info()
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode(), entry.Name())
		names = append(names, entry.Name())
	}
	require.Equal(t, []string{
		"doorcode.db", "doorcode.db-lock", "doorcode.db-lock-journal", "doorcode.db-shm", "doorcode.db-wal",
	}, names)
}

func TestOpen_keepsTheModeOfAnExistingFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Chmod(path, 0o640))
	openTest(t, Config{Path: path})
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o640), info.Mode())
}

func TestMigrate_byManyAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	status, err := SchemaStatus(t.Context(), path)
	require.NoError(t, err)
	require.Zero(t, status.Database)
	require.NoFileExists(t, path, "a status makes no file")

	var all sync.WaitGroup
	var migrated sync.Map
	for n := range 8 {
		all.Go(func() {
			from, to, err := Migrate(t.Context(), path)
			if err != nil || to != status.Binary {
				t.Errorf("migrated to %d with %v, want %d", to, err, status.Binary)
			}
			if from == 0 {
				migrated.Store(n, true)
			}
		})
	}
	all.Wait()
	count := 0
	migrated.Range(func(any, any) bool { count++; return true })
	require.Equal(t, 1, count, "processes that migrated")
	status, err = SchemaStatus(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, sqlstore.SchemaVersion{Database: status.Binary, Binary: status.Binary}, status)
}

func TestMigrate_ofAFileThatIsAhead(t *testing.T) {
	t.Parallel()
	db, path := newTestFile(t)
	require.NoError(t, db.exec(t, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`))
	from, to, err := Migrate(t.Context(), path)
	require.NoError(t, err)
	require.EqualValues(t, 99999, from)
	require.EqualValues(t, 99999, to)
}

func TestLockFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "what?.db")
	release, err := LockFile(t.Context(), path)
	require.NoError(t, err)
	_, err = LockFile(t.Context(), path)
	require.ErrorContains(t, err, "another process serves from "+path+" (it may be stopping): stop it, "+
		"or set DOORCODE_DATABASE_URL")
	db, _ := openTest(t, Config{Path: path}) // other commands may run beside it
	require.NoError(t, db.Write(t.Context(), lease("a")))
	link := filepath.Join(t.TempDir(), "link.db")
	require.NoError(t, os.Symlink(path, link))
	_, err = LockFile(t.Context(), link)
	require.ErrorContains(t, err, "another process serves from ")
	release()
	release, err = LockFile(t.Context(), path)
	require.NoError(t, err)
	release()

	for range 2 {
		release, err := LockFile(t.Context(), Memory)
		require.NoError(t, err)
		defer release()
	}
}

func TestLockFile_ofAFileWithTwoNames(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	_, closeDB := openTest(t, Config{Path: path})
	closeDB()
	second := filepath.Join(t.TempDir(), "second.db")
	require.NoError(t, os.Link(path, second))
	if runtime.GOOS == "windows" {
		return // where the count of links is unknown
	}
	for _, name := range []string{path, second} {
		_, err := LockFile(t.Context(), name)
		require.ErrorContains(t, err, name+" has 2 names (hard links): remove all but one")
	}
	require.NoError(t, os.Remove(second))
	release, err := LockFile(t.Context(), path)
	require.NoError(t, err)
	release()
}

// otherProcess is the variable with the task and the file of a process of this test binary
// that does not test.
const otherProcess = "DOORCODE_TEST_OTHER_PROCESS"

// TestOtherProcess is the program of other processes, which end by being killed.
func TestOtherProcess(t *testing.T) {
	task, path, ok := strings.Cut(os.Getenv(otherProcess), ":")
	if !ok {
		return
	}
	switch task {
	case "lock":
		_, err := LockFile(t.Context(), path)
		fmt.Println("locked", err)
		select {}
	case "migrate":
		err := withConnection(Config{Path: path}.source(0, "journal_mode(WAL)"), halfAMigration)
		fmt.Println("stopped", err)
	case "write":
		db, _, err := Open(t.Context(), Config{Path: path})
		for n := 0; err == nil; n++ {
			if err = db.Write(t.Context(), lease(strconv.Itoa(n))); err == nil {
				fmt.Println("written", n)
			}
		}
		fmt.Println("failed", err)
	}
}

// halfAMigration begins a migration and stops before the commit.
func halfAMigration(db *sql.DB) error {
	ctx := context.Background()
	conn, err := db.Conn(ctx)
	if err == nil {
		err = migrationLock{}.SessionLock(ctx, conn)
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, `CREATE TABLE users (id INTEGER)`)
	}
	if err != nil {
		return err
	}
	fmt.Println("in the middle")
	select {}
}

// startOther starts another process and returns its output and a function that kills it.
func startOther(t *testing.T, task, path string) (lines *bufio.Scanner, kill func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestOtherProcess$")
	cmd.Env = append(os.Environ(), otherProcess+"="+task+":"+path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	return bufio.NewScanner(out), kill
}

func TestLockFile_ofAProcessThatIsKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	lines, kill := startOther(t, "lock", path)
	require.True(t, lines.Scan())
	require.Equal(t, "locked <nil>", lines.Text())
	_, err := LockFile(t.Context(), path)
	require.ErrorContains(t, err, "another process")
	kill()
	release, err := LockFile(t.Context(), path)
	require.NoError(t, err)
	release()
}

// Acknowledged writes must survive the kill of the process, and no write may be partial.
func TestWriter_thatIsKilled(t *testing.T) {
	t.Parallel()
	for range 5 {
		path := filepath.Join(t.TempDir(), "doorcode.db")
		lines, kill := startOther(t, "write", path)
		written := 0
		for lines.Scan() && written < 50 {
			require.Equal(t, fmt.Sprintf("written %d", written), lines.Text())
			written++
		}
		kill()
		db, _ := openTest(t, Config{Path: path})
		require.GreaterOrEqual(t, db.leases(t), written)
	}
}

func TestMigrate_afterAProcessThatWasKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	lines, kill := startOther(t, "migrate", path)
	require.True(t, lines.Scan())
	require.Equal(t, "in the middle", lines.Text())
	done := make(chan error, 1)
	go func() {
		_, _, err := Migrate(context.Background(), path)
		done <- err
	}()
	kill()
	require.NoError(t, <-done)
	db, _ := openTest(t, Config{Path: path})
	require.NoError(t, db.Write(t.Context(), lease("a")))
}
