// Command analytics measures what staff may ask about a service with a million users:
// it makes their data in a database of its own, asks everything that there is to ask,
// of the stores and of the service, and ends with 1 when an answer took too long. It
// loads nothing but 127.0.0.1 and stops by itself.
//
// It does not say whether the answers are right: test/contract does.
//
//	make bench-analytics
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	o, err := parseOptions(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2)
	}
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	world world
	runs  int
	most  time.Duration
	over  string // "store", "http" or "all"
}

const days = 365

// parseOptions reads the flags; it says itself what is wrong with them.
func parseOptions(args []string, complaints io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("analytics", flag.ContinueOnError)
	flags.SetOutput(complaints)
	flags.IntVar(&o.world.users, "users", 1_000_000, "how many users joined in 365 days")
	flags.IntVar(&o.world.sources, "sources", 10_000, "how many sources they came from")
	flags.IntVar(&o.runs, "runs", 20, "how often each question is asked")
	flags.DurationVar(&o.most, "most", 200*time.Millisecond, "how long an answer may take")
	flags.StringVar(&o.over, "over", "all", "whom to ask: store, http or all")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 || o.world.users < 1 || o.world.sources < 1 || o.runs < 1 || o.most <= 0 ||
		o.over != "store" && o.over != "http" && o.over != "all" {
		err := errors.New("numbers must be positive, and -over store, http or all")
		fmt.Fprintln(complaints, "bench:", err)
		return o, err
	}
	return o, nil
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	d, err := createDatabase(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.drop()) }()
	begun := time.Now()
	facts, err := d.fill(ctx, o.world)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, made in %s\n", facts, time.Since(begun).Round(time.Second))
	report := &report{out: out, runs: o.runs, most: o.most}
	if o.over != "http" {
		if err := askStore(ctx, d.url, o.world, report); err != nil {
			return err
		}
	}
	if o.over != "store" {
		if err := askService(ctx, d.url, o.world, report); err != nil {
			return err
		}
	}
	return report.verdict()
}
