package pgbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options are one run of a script.
type Options struct {
	Program   string // as Find found it
	URL       string // of the database
	Script    string
	Variables map[string]string // that the script finds set
	Clients   int
	Seconds   int // whole ones: pgbench knows no others
}

// Result is what pgbench says of a run.
type Result struct {
	Transactions int
	Rate         float64 // transactions a second, without the time to connect
	Latency      time.Duration
}

// Find finds the program in PATH, through pg_config, or where Debian keeps it.
func Find() (string, error) {
	if program, err := exec.LookPath("pgbench"); err == nil {
		return program, nil
	}
	var places []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		places = append(places, filepath.Join(strings.TrimSpace(string(out)), "pgbench"))
	}
	debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench") // fails on a malformed pattern only
	slices.Reverse(debian)
	for _, program := range append(places, debian...) {
		if info, err := os.Stat(program); err == nil && info.Mode().IsRegular() {
			return program, nil
		}
	}
	return "", errors.New("there is no pgbench here: install PostgreSQL's contributed programs (Debian: apt-get install postgresql)")
}

// Run runs a script: as prepared statements, on as many connections as there are
// clients, from as many threads as there are cores, which is its best.
func Run(ctx context.Context, o Options) (Result, error) {
	dir, err := os.MkdirTemp("", "doorcode-pgbench-")
	if err != nil {
		return Result{}, fmt.Errorf("make a folder for the script: %w", err)
	}
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "script.sql")
	if err := os.WriteFile(script, []byte(o.Script), 0o600); err != nil {
		return Result{}, fmt.Errorf("write the script: %w", err)
	}
	args := []string{
		"--no-vacuum", "--protocol=prepared", "--file=" + script,
		"--client=" + strconv.Itoa(o.Clients), "--jobs=" + strconv.Itoa(min(o.Clients, runtime.NumCPU())),
		"--time=" + strconv.Itoa(o.Seconds),
	}
	for name, value := range o.Variables {
		args = append(args, "--define="+name+"="+value)
	}
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, o.Program, append(args, o.URL)...)
	cmd.Env = []string{"LC_ALL=C"}
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		return Result{}, fmt.Errorf("run pgbench: %w\n%s", err, firstLines(problems.String()))
	}
	return parse(out.String())
}

// firstLines is the beginning of what a program complained of.
func firstLines(text string) string {
	const most = 2000
	return text[:min(len(text), most)]
}

var (
	transactions = regexp.MustCompile(`(?m)^number of transactions actually processed: ([0-9]+)`)
	failed       = regexp.MustCompile(`(?m)^number of failed transactions: ([0-9]+)`)
	latency      = regexp.MustCompile(`(?m)^latency average = ([0-9.]+) ms`)
	rate         = regexp.MustCompile(`(?m)^tps = ([0-9.]+) \(without initial connection time\)`)
)

// parse reads the report of a run.
func parse(report string) (Result, error) {
	figures := map[*regexp.Regexp]float64{}
	for _, line := range []*regexp.Regexp{transactions, latency, rate} {
		match := line.FindStringSubmatch(report)
		if match == nil {
			return Result{}, fmt.Errorf("pgbench does not say %s:\n%s", line, report)
		}
		figure, err := strconv.ParseFloat(match[1], 64)
		if err != nil {
			return Result{}, fmt.Errorf("read pgbench's report: %w", err)
		}
		figures[line] = figure
	}
	// Before version 15 it does not say this, and ends badly instead.
	if match := failed.FindStringSubmatch(report); match != nil && match[1] != "0" {
		return Result{}, fmt.Errorf("pgbench had %s failed transactions:\n%s", match[1], report)
	}
	return Result{
		Transactions: int(figures[transactions]), Rate: figures[rate],
		Latency: time.Duration(figures[latency] * float64(time.Millisecond)),
	}, nil
}
