// Command withpostgres runs a command with a PostgreSQL server for its tests:
//
//	go run ./test/kit/withpostgres [-fsync] -- command [argument...]
//
// The command and all that it starts find the server's URL in
// DOORCODE_TEST_POSTGRES. If the variable is set already, that server is used;
// otherwise a cluster of its own is started and, when the command ends, removed.
//
// It owns the life of the server and of the command, passes signals on, and exits
// with the command's code (128 and the signal's number if a signal ended it). How
// a cluster is made and why it cannot be left behind is package pgtest's.
package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
	_ "github.com/lib/pq" // the driver
)

const (
	exitFailure   = 1
	exitUsage     = 2
	exitNotFound  = 127 // as a shell says that there is no such command
	exitBySignal  = 128
	serverTimeout = 10 * time.Second
)

func main() {
	flags := flag.NewFlagSet("withpostgres", flag.ContinueOnError)
	fsync := flags.Bool("fsync", false, "the server waits for the disk at every commit")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: withpostgres [-fsync] -- command [argument...]")
		flags.PrintDefaults()
	}
	err := flags.Parse(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		os.Exit(exitUsage)
	case flags.NArg() == 0:
		flags.Usage()
		os.Exit(exitUsage)
	}
	code, err := run(*fsync, flags.Args())
	if err != nil {
		fmt.Fprintf(os.Stderr, "withpostgres: %v\n", err)
	}
	os.Exit(code)
}

// run provides the server, runs the command and returns its exit code.
func run(fsync bool, command []string) (code int, err error) {
	// From here on a signal no longer ends the process: it goes to the command,
	// and the server is stopped after it.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)

	address := os.Getenv(pgtest.EnvURL)
	if address == "" {
		cluster, err := pgtest.Start(pgtest.Options{Fsync: fsync})
		if err != nil {
			return exitFailure, fmt.Errorf("start PostgreSQL: %w", err)
		}
		defer func() {
			if stopErr := cluster.Stop(); stopErr != nil {
				code, err = max(code, exitFailure), errors.Join(err, fmt.Errorf("stop PostgreSQL: %w", stopErr))
			}
		}()
		address = cluster.URL("postgres")
	}
	description, err := describe(address, fsync)
	if err != nil {
		return exitFailure, err
	}
	fmt.Fprintln(os.Stderr, "withpostgres:", description)
	return execute(command, address, signals)
}

// describe says in one line which server it is and where.
func describe(address string, fsync bool) (string, error) {
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return "", fmt.Errorf("set %s to a URL like postgres://postgres:password@127.0.0.1:5432/postgres", pgtest.EnvURL)
	}
	ctx, cancel := context.WithTimeout(context.Background(), serverTimeout)
	defer cancel()
	db, err := sql.Open("postgres", address)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", u.Redacted(), err)
	}
	defer db.Close()
	var version, setting string
	if err := db.QueryRowContext(ctx, serverFacts).Scan(&version, &setting); err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", u.Redacted(), err)
	}
	if fsync && setting != "on" {
		return "", fmt.Errorf("-fsync: the server that %s names has fsync %s: unset the variable or turn it on there",
			pgtest.EnvURL, setting)
	}
	return fmt.Sprintf("PostgreSQL %s at %s, fsync %s", version, u.Redacted(), setting), nil
}

// execute runs the command, passes signals on to it, and returns its exit code.
func execute(command []string, address string, signals <-chan os.Signal) (int, error) {
	select {
	case s := <-signals: // it came while the server started
		return exitBySignal + int(s.(syscall.Signal)), nil
	default:
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), pgtest.EnvURL+"="+address)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return exitNotFound, fmt.Errorf("start the command: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	terminal := hasTerminal()
	for {
		select {
		case s := <-signals:
			// The terminal's keys reach the command without our help; most
			// programs take a second Ctrl-C for impatience.
			if terminal && (s == syscall.SIGINT || s == syscall.SIGQUIT) {
				continue
			}
			if err := cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
				fmt.Fprintf(os.Stderr, "withpostgres: pass %s on to the command: %v\n", s, err)
			}
		case err := <-ended:
			return exitCode(cmd.ProcessState, err)
		}
	}
}

// exitCode says of an ended command what a shell would.
func exitCode(state *os.ProcessState, err error) (int, error) {
	if state == nil {
		return exitFailure, fmt.Errorf("wait for the command: %w", err)
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitBySignal + int(status.Signal()), nil
	}
	return state.ExitCode(), nil
}

// hasTerminal tells whether a terminal controls this process.
func hasTerminal() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		return false
	}
	tty.Close()
	return true
}

const serverFacts = `SELECT current_setting('server_version'), current_setting('fsync')`
