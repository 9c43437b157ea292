package pgtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// errPortTaken says that another process listens on the cluster's port.
var errPortTaken = errors.New("the port is taken")

// launchOnFreePort picks a port and starts the server on it. Another process may
// take the port in between: then it picks again.
func (c *Cluster) launchOnFreePort(pick func() int) error {
	var err error
	for range portAttempts {
		c.port = pick()
		if err = c.launch(); !errors.Is(err, errPortTaken) {
			return err
		}
	}
	return err
}

// pickPort returns a port of the loopback address that is free now. It stays
// below the range from which systems number outgoing connections, so that none of
// these sits on the port while a killed server is away.
func pickPort() int {
	const lowest, highest = 15000, 32000
	for {
		port := lowest + rand.IntN(highest-lowest)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			l.Close()
			return port
		}
	}
}

// launch starts the server on the cluster's port and waits until it answers.
func (c *Cluster) launch() error {
	log, err := os.Create(filepath.Join(c.dir, "server.log"))
	if err != nil {
		return fmt.Errorf("create the server's log: %w", err)
	}
	defer log.Close()
	cmd := c.programs.command("postgres", c.arguments()...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir, log, log
	server, err := c.caretaker.start(cmd)
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	c.server = server
	if err := c.caretaker.watch([]int{server.pid}); err != nil {
		return err
	}
	if err := c.awaitReady(); err != nil {
		text := tail(log.Name())
		if strings.Contains(text, "Address already in use") {
			err = errPortTaken
		}
		return fmt.Errorf("start the server on port %d: %w\n%s", c.port, err, text)
	}
	return nil
}

// awaitReady returns when the server says in its pid file that it takes queries.
func (c *Cluster) awaitReady() error {
	timeout := time.After(startTimeout)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !c.ready() {
		select {
		case <-tick.C:
		case <-c.server.done:
			return fmt.Errorf("it ended at once: %v", c.server.err)
		case <-timeout:
			return fmt.Errorf("not ready after %s", startTimeout)
		}
	}
	return nil
}

// ready reads the pid file as pg_ctl does: its first line is the server's pid (a
// killed predecessor leaves its own there), its eighth the server's state.
func (c *Cluster) ready() bool {
	lines := c.pidFile()
	return len(lines) >= 8 && lines[0] == strconv.Itoa(c.server.pid) && strings.TrimSpace(lines[7]) == "ready"
}

// pidFile returns the lines of the server's pid file, none if there is no file.
func (c *Cluster) pidFile() []string {
	text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return nil
	}
	return strings.Split(string(text), "\n")
}

// tail returns the end of a log file, for an error message.
func tail(path string) string {
	const most = 2000
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-most):]))
}
