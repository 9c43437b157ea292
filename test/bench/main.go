// Command bench measures the product as a process, and beside it what it stands
// on:
//
//	client ──HTTP──▶ doorcode ──SQL──▶ PostgreSQL     the product
//	                 stores   ──SQL──▶ PostgreSQL     the same adapters, called from here
//	pgbench          ──────────SQL──▶ PostgreSQL     the limit: the same statements
//
// All three work on one database, in turn, in rounds, so that a figure is always
// compared with one of the same minute. It loads nothing but 127.0.0.1, stops by
// itself, and ends with 1 when any request failed. It does NOT fail because
// something is slow: a goal that is missed is printed.
//
//	make bench
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/doorcode-auth/doorcode/test/bench/load"
	"github.com/doorcode-auth/doorcode/test/bench/shipped"
)

// Exit codes, as those of the product.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	o, err := parseOptions(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(exitUsage)
	}
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(exitFailed)
	}
}

// options are the flags.
type options struct {
	short       bool
	seconds     float64 // of one cell
	rounds      int
	connections []int
	only        []string // parts and operations; all when empty
	log         string
}

// The parts of a run that are not operations.
const (
	partPostgres = "postgres"
	partSQLite   = "sqlite"
	partStart    = "start"
	partSlow     = "slow"
)

var parts = []string{partPostgres, partSQLite, partStart, partSlow}

// parseOptions reads the flags; it says itself what is wrong with them.
func parseOptions(args []string, complaints io.Writer) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(complaints)
	flags.BoolVar(&o.short, "short", false, "a smoke test: one short round on 8 connections")
	flags.Float64Var(&o.seconds, "seconds", 1.5, "how long each cell is measured")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds, of which the medians are printed")
	connections := flags.String("connections", "8,32,64", "numbers of connections; up to 32 are compared with pgbench")
	only := flags.String("only", "", "a comma list of parts ("+strings.Join(parts, ", ")+") and operations")
	flags.StringVar(&o.log, "log", "", "append the servers' logs to this file; they are thrown away otherwise")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	err := o.readLists(*connections, *only)
	if flags.NArg() > 0 {
		err = fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if err == nil && (o.rounds < 1 || o.seconds <= 0) {
		err = errors.New("-rounds and -seconds must be positive")
	}
	if err != nil {
		fmt.Fprintln(complaints, "bench:", err)
		return o, err
	}
	if o.short {
		o.seconds, o.rounds, o.connections = min(o.seconds, 0.4), 1, o.connections[:1]
	}
	return o, nil
}

// readLists reads the flags that are lists.
func (o *options) readLists(connections, only string) error {
	for text := range strings.SplitSeq(connections, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			return fmt.Errorf("-connections: %q is not between 1 and 1000", text)
		}
		o.connections = append(o.connections, n)
	}
	if only == "" {
		return nil
	}
	for text := range strings.SplitSeq(only, ",") {
		if !slices.Contains(parts, text) && !slices.Contains(operations, operation(text)) {
			return fmt.Errorf("-only: %q is neither a part nor an operation", text)
		}
		o.only = append(o.only, text)
	}
	return nil
}

// wants tells whether a part is to run: when it is named, or no part is.
func (o options) wants(part string) bool {
	named := slices.ContainsFunc(o.only, func(name string) bool { return slices.Contains(parts, name) })
	return !named || slices.Contains(o.only, part)
}

// operations are those that are named, or all.
func (o options) operations() []operation {
	var named []operation
	for _, op := range operations {
		if slices.Contains(o.only, string(op)) {
			named = append(named, op)
		}
	}
	if len(named) == 0 {
		return operations
	}
	return named
}

// bench is a run under way.
type bench struct {
	options  options
	dir      string // of everything that is removed at the end
	program  string // the product
	log      io.Writer
	progress io.Writer
	report   report
	failures load.Failures

	strangers strangers
}

// run builds the programs, runs the parts and prints the report.
func run(ctx context.Context, o options) (err error) {
	b := &bench{options: o, progress: os.Stderr}
	if b.dir, err = os.MkdirTemp("", "doorcode-bench-"); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if o.log != "" {
		file, err := os.OpenFile(o.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("open the log: %w", err)
		}
		defer file.Close()
		b.log = file
	}
	b.program = filepath.Join(b.dir, "doorcode")
	if err := shipped.Build(ctx, "github.com/doorcode-auth/doorcode/cmd/doorcode", b.program); err != nil {
		return err
	}
	if err := b.runParts(ctx); err != nil {
		return err
	}
	b.report.notes = append(b.report.notes, b.strangers.note())
	if err := b.report.print(os.Stdout); err != nil {
		return err
	}
	if missed := b.report.missed(); len(missed) > 0 {
		fmt.Printf("\nGoals missed: %s.\n", strings.Join(missed, "; "))
	}
	if n := b.failures.Total(); n > 0 {
		return fmt.Errorf("%d requests failed:\n%s", n, b.failures)
	}
	fmt.Println("\nNo request failed.")
	return nil
}

// runParts runs what is wanted.
func (b *bench) runParts(ctx context.Context) error {
	info, err := os.Stat(b.program)
	if err != nil {
		return fmt.Errorf("look at the binary: %w", err)
	}
	b.report.facts = append(b.report.facts, fact{"binary", mebibytes(info.Size()), "MiB", binarySize})
	if b.options.wants(partPostgres) || b.options.wants(partStart) || b.options.wants(partSlow) {
		if err := b.onPostgres(ctx); err != nil {
			return fmt.Errorf("on PostgreSQL: %w", err)
		}
	}
	if b.options.wants(partSQLite) || b.options.wants(partStart) {
		if err := b.onSQLite(ctx); err != nil {
			return fmt.Errorf("on SQLite: %w", err)
		}
	}
	return nil
}

// say prints progress.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "bench: "+format+"\n", args...)
}
