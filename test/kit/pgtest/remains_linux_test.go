package pgtest

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCluster_Stop(t *testing.T) {
	t.Parallel()
	c, err := Start(Options{})
	require.NoError(t, err)
	r := remainsOf(t, c)
	require.Len(t, r.list(t), 3+len(r.children(t)), "directory, shared memory, server and its children")

	require.NoError(t, c.Pause())
	require.NoError(t, c.Pause(), "pausing twice does nothing")
	require.NotEmpty(t, r.children(t))
	for _, p := range r.children(t) {
		require.Equal(t, "T", string(p.state), "state of process %d", p.pid)
	}

	begun := time.Now()
	require.NoError(t, c.Stop())
	require.Less(t, time.Since(begun), stopTimeout, "a paused server is not asked in vain")
	require.Empty(t, r.list(t))
	require.NoError(t, c.Stop(), "a second call does nothing")
	require.ErrorContains(t, c.Restart(), "stopped for good")
}

func TestNothingOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	kill := func(t *testing.T, a *actor) { require.NoError(t, a.cmd.Process.Kill()) }
	finish := func(t *testing.T, a *actor) { require.NoError(t, a.stdin.Close()) }
	for _, row := range []struct {
		name string
		role string
		end  func(*testing.T, *actor)
	}{
		{"a running server when the process is killed", "running", kill},
		{"a paused server when the process is killed", "paused", kill},
		{"a killed server when the process is killed", "killed", kill},
		{"a running server when the process returns", "running", finish},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			a := act(t, row.role)
			r := readRemains(t, a)
			require.NotEmpty(t, r.list(t))
			row.end(t, a)
			r.awaitNone(t)
		})
	}
}

func TestTheServerDiesWithoutItsCaretaker(t *testing.T) {
	t.Parallel()
	a := act(t, "uncared")
	r := readRemains(t, a)
	t.Cleanup(func() {
		require.NoError(t, os.RemoveAll(r.Dir))
		require.NoError(t, exec.Command("ipcrm", "-m", r.Memory).Run())
	})
	require.NotEmpty(t, r.processes(t))

	require.NoError(t, a.cmd.Process.Kill())

	eventually(t, func() bool { return len(r.processes(t)) == 0 }, "the kernel did not end the server")
	require.DirExists(t, r.Dir, "there was a caretaker after all")
}

func TestStart_forgotten(t *testing.T) {
	t.Parallel()
	c, err := Start(Options{})
	require.NoError(t, err)
	remains := remainsOf(t, c)
	collected := make(chan struct{})
	runtime.AddCleanup(c.caretaker, func(done chan struct{}) { close(done) }, collected)
	server, address := c.server, c.URL("postgres")

	c = nil
	collectGarbage()

	select {
	case <-collected:
		t.Fatal("the caretaker is collected while the server runs")
	default:
	}
	require.Equal(t, "1", one(t, open(t, address), "SELECT 1"))

	require.NoError(t, server.signal(syscall.SIGQUIT))
	<-server.done
	eventually(t, func() bool { collectGarbage(); return len(remains.list(t)) == 0 }, "something of %+v is left", remains)
}

// collectGarbage returns when what was garbage at the call is collected, and the
// cleanups of it have had their turn.
func collectGarbage() {
	for range 2 {
		done := make(chan struct{})
		runtime.AddCleanup(new([64]byte), func(done chan struct{}) { close(done) }, done)
		runtime.GC()
		<-done
	}
}

// remains is what a cluster might leave behind.
type remains struct {
	Server int      // pid
	Memory string   // id of the System V shared memory segment
	Dir    string   // the cluster's
	Files  []string // shared memory that has a name outside of Dir
}

// remainsOf reads them while the server runs.
func remainsOf(t *testing.T, c *Cluster) remains {
	t.Helper()
	r, err := readPidFile(c.dir)
	require.NoError(t, err)
	return r
}

// readPidFile reads them from the running server's pid file and memory map.
func readPidFile(dir string) (remains, error) {
	r := remains{Dir: dir}
	text, err := os.ReadFile(filepath.Join(dir, dataName, "postmaster.pid"))
	if err != nil {
		return r, err
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) < 8 {
		return r, fmt.Errorf("pid file is too short: %q", text)
	}
	if _, err := fmt.Sscan(lines[0], &r.Server); err != nil {
		return r, err
	}
	key := 0
	if _, err := fmt.Sscan(lines[6], &key, &r.Memory); err != nil {
		return r, err
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", r.Server))
	if err != nil {
		return r, err
	}
	for line := range strings.Lines(string(maps)) {
		if i := strings.Index(line, "/dev/shm/PostgreSQL"); i >= 0 {
			r.Files = append(r.Files, strings.TrimSpace(line[i:]))
		}
	}
	return r, nil
}

// list names what is there of them now.
func (r remains) list(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, path := range append(r.Files, r.Dir) {
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	for _, pid := range r.processes(t) {
		found = append(found, fmt.Sprintf("process %d", pid))
	}
	segments, err := os.ReadFile("/proc/sysvipc/shm")
	require.NoError(t, err)
	for line := range strings.Lines(string(segments)) {
		if fields := strings.Fields(line); fields[1] == r.Memory {
			found = append(found, "shared memory "+r.Memory)
		}
	}
	return found
}

// processes returns the living ones that work in the cluster's directory.
func (r remains) processes(t *testing.T) []int {
	t.Helper()
	table, err := processes()
	require.NoError(t, err)
	var pids []int
	for _, p := range table {
		cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", p.pid))
		if p.state != 'Z' && err == nil && strings.HasPrefix(cwd, r.Dir) {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// children returns the server's.
func (r remains) children(t *testing.T) []process {
	t.Helper()
	table, err := processes()
	require.NoError(t, err)
	return slices.DeleteFunc(table, func(p process) bool { return p.parent != r.Server })
}

// awaitNone returns when nothing of them is there any more.
func (r remains) awaitNone(t *testing.T) {
	t.Helper()
	eventually(t, func() bool { return len(r.list(t)) == 0 }, "something of %+v is left", r)
}

func rolesOfThisPlatform() map[string]func() error {
	return map[string]func() error{
		"running": func() error { return startAndReport(func(*Cluster) error { return nil }) },
		"paused":  func() error { return startAndReport((*Cluster).Pause) },
		"killed":  func() error { return startAndReport((*Cluster).Kill) },
		"uncared": func() error { return startAndReport(killCaretaker) },
		"client":  serveAsClient,
	}
}

// startAndReport is a role: it starts a cluster, does something to it, and says
// what might be left of it.
func startAndReport(do func(*Cluster) error) error {
	c, err := Start(Options{})
	if err != nil {
		return err
	}
	r, err := readPidFile(c.dir)
	if err != nil {
		return err
	}
	if err := do(c); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func killCaretaker(c *Cluster) error {
	if err := c.caretaker.cmd.Process.Kill(); err != nil {
		return err
	}
	_, err := c.caretaker.cmd.Process.Wait()
	return err
}

// serveAsClient is a role: it says what might be left of the server that the
// environment names, then which signal it gets while that server is there, and
// exits with the code 3.
func serveAsClient() error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	db, err := sql.Open("postgres", os.Getenv(EnvURL))
	if err != nil {
		return err
	}
	var data string
	if err := db.QueryRow("SHOW data_directory").Scan(&data); err != nil {
		return err
	}
	r, err := readPidFile(filepath.Dir(data))
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		return err
	}
	go func() {
		s := <-signals
		if err := db.Ping(); err != nil {
			s = nil // the server went before its client
		}
		fmt.Println(s)
		os.Exit(3)
	}()
	return nil
}

// readRemains reads an actor's report.
func readRemains(t *testing.T, a *actor) remains {
	t.Helper()
	var r remains
	require.NoError(t, json.Unmarshal([]byte(a.line(t)), &r))
	return r
}
