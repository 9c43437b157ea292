package pgtest

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	superuser    = "postgres"
	startTimeout = 30 * time.Second
	stopTimeout  = 10 * time.Second
	portAttempts = 10
)

// Options say how a Cluster differs from the usual one. The zero value is the
// usual one: quick, and as forgetful as a test can bear.
type Options struct {
	// Fsync makes the server wait for the disk at every commit and keeps its
	// directory on a real disk. Defaults to false.
	Fsync bool
	// Settings are server settings by name, in postgresql.conf's words; they
	// win over those that this package chooses. Defaults to none.
	Settings map[string]string
}

// Cluster is one PostgreSQL server with its data directory. Its methods may be
// called by several goroutines at once.
type Cluster struct {
	programs  programs
	dir       string
	port      int
	settings  map[string]string
	caretaker *caretaker

	mu      sync.Mutex
	server  *child // nil after Kill and after Stop
	paused  []int  // the processes that Pause has stopped, the server's first
	stopped bool
}

// Start makes a cluster in a new temporary directory and returns when the server
// answers. The caller must Stop it; if the calling process ends first, in
// whatever way, the server is killed and the directory removed all the same.
func Start(opts Options) (*Cluster, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	dir, err := makeDirectory(programs.owner, opts.Fsync)
	if err != nil {
		return nil, err
	}
	caretaker, err := hireCaretaker(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	c := &Cluster{programs: programs, dir: dir, caretaker: caretaker, settings: settings(opts)}
	err = c.initialize()
	if err == nil {
		err = c.launchOnFreePort(pickPort)
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// OwnCluster starts a cluster for one test that pauses or kills its server, and
// stops it when the test ends.
func OwnCluster(t testing.TB, opts Options) *Cluster {
	t.Helper()
	c, err := Start(opts)
	if err != nil {
		t.Fatalf("start a PostgreSQL cluster: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("stop the PostgreSQL cluster: %v", err)
		}
	})
	return c
}

// URL returns the address of the database db, as superuser over TCP. "postgres"
// always exists. The address stays the same over Kill and Restart.
func (c *Cluster) URL(db string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.User(superuser),
		Host:     "127.0.0.1:" + strconv.Itoa(c.port),
		Path:     "/" + db,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// SocketURL returns the address of the database db, as superuser over the
// server's Unix socket.
func (c *Cluster) SocketURL(db string) string {
	query := url.Values{
		"host":    {c.dir},
		"port":    {strconv.Itoa(c.port)},
		"user":    {superuser},
		"sslmode": {"disable"},
	}
	u := url.URL{Scheme: "postgres", Path: "/" + db, RawQuery: query.Encode()}
	return u.String()
}

// Stop ends the server without a farewell to its clients and removes the
// directory. A second call does nothing.
func (c *Cluster) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil
	}
	c.stopped = true
	return errors.Join(c.shutdown(syscall.SIGQUIT), c.caretaker.dismiss())
}

// shutdown sends the server the signal that asks it to end and waits until it
// has; a server that does not end in time is killed.
func (c *Cluster) shutdown(sig syscall.Signal) error {
	if !c.running() {
		return c.caretaker.watch(nil)
	}
	if err := c.resume(); err != nil {
		return err
	}
	if err := c.server.signal(sig); err != nil {
		return fmt.Errorf("ask the server to end: %w", err)
	}
	select {
	case <-c.server.done:
		c.server = nil
		return c.caretaker.watch(nil)
	case <-time.After(stopTimeout):
		return c.kill()
	}
}

// running tells whether there is a server, which may have ended by itself.
func (c *Cluster) running() bool {
	if c.server == nil {
		return false
	}
	select {
	case <-c.server.done:
		c.server, c.paused = nil, nil
		return false
	default:
		return true
	}
}

// initialize fills the data directory.
func (c *Cluster) initialize() error {
	log, err := os.Create(filepath.Join(c.dir, "initdb.log"))
	if err != nil {
		return fmt.Errorf("create the log of initdb: %w", err)
	}
	defer log.Close()
	cmd := c.programs.command("initdb", "--pgdata="+c.data(), "--username="+superuser,
		"--auth=trust", "--encoding=UTF8", "--locale="+locale, "--no-sync")
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, log, log
	initdb, err := c.caretaker.start(cmd)
	if err != nil {
		return fmt.Errorf("run initdb: %w", err)
	}
	<-initdb.done
	if initdb.err != nil {
		return fmt.Errorf("run initdb: %w\n%s", initdb.err, tail(log.Name()))
	}
	return nil
}

// settings returns what the server is told beyond initdb's defaults.
func settings(opts Options) map[string]string {
	s := map[string]string{
		"listen_addresses": "127.0.0.1",
		"max_connections":  "200",
		"autovacuum":       "off",
		"fsync":            "on",
		// In the data directory, lest files of killed servers stay in /dev/shm.
		"dynamic_shared_memory_type": "mmap",
	}
	if !opts.Fsync {
		s["fsync"] = "off"
		s["full_page_writes"] = "off"
	}
	maps.Copy(s, opts.Settings)
	return s
}

// arguments returns the server's command line.
func (c *Cluster) arguments() []string {
	args := []string{"-D", c.data(), "-k", c.dir, "-p", strconv.Itoa(c.port)}
	for _, name := range slices.Sorted(maps.Keys(c.settings)) {
		args = append(args, "-c", name+"="+c.settings[name])
	}
	return args
}

func (c *Cluster) data() string { return filepath.Join(c.dir, dataName) }
