package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/doorcode-auth/doorcode/test/bench/load"
	"github.com/doorcode-auth/doorcode/test/kit/proc"
)

// service is the product as a process, and the people it knows.
type service struct {
	server  *proc.Server
	address string
	crowd   *crowd
	closed  bool
}

// setup is what it takes to start a service.
type setup struct {
	program  string
	dir      string // in which each start gets a folder of its own
	database string // URL
	name     string // of its crowd
	log      io.Writer
	settings map[string]string // beyond the usual ones
}

// settings are those of a service under load from one address, with codes that
// live longer than a round. Everything else is as it comes.
func (s setup) environment(address, pipe string) []string {
	settings := map[string]string{
		"DOORCODE_ENVIRONMENT":          "development",
		"DOORCODE_SECRET_KEY":           "the benchmark's key, which keeps nothing secret",
		"DOORCODE_DATABASE_URL":         s.database,
		"DOORCODE_HTTP_ADDR":            address,
		"DOORCODE_HTTP_DRAIN":           "0s",
		"DOORCODE_CONSOLE_FILE":         pipe,
		"DOORCODE_OTP_EXPIRATION":       "10m",
		"DOORCODE_RATELIMIT_IP_REQUEST": "0",
		"DOORCODE_RATELIMIT_IP_VERIFY":  "0",
	}
	maps.Copy(settings, s.settings)
	var environment []string
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		environment = append(environment, name+"="+settings[name])
	}
	return environment
}

// start executes the service; it is not ready yet. Its standard output goes
// nowhere.
func (s setup) start() (*service, error) {
	address, err := proc.FreeAddress()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.dir, s.name+"-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the service: %w", err)
	}
	pipe := filepath.Join(dir, "codes")
	inbox, err := newInbox(pipe)
	if err != nil {
		return nil, err
	}
	server, err := proc.Start(proc.Config{
		Program: s.program, Args: []string{"serve"}, Dir: dir, Env: s.environment(address, pipe), Log: s.log,
		Address: address, Ready: "/readyz",
	})
	if err != nil {
		return nil, errors.Join(err, inbox.close())
	}
	return &service{server: server, address: address, crowd: &crowd{name: s.name, inbox: inbox}}, nil
}

// open starts the service and waits until it is ready.
func (s setup) open(ctx context.Context) (*service, error) {
	service, err := s.start()
	if err != nil {
		return nil, err
	}
	if _, err := service.server.AwaitReady(ctx); err != nil {
		return nil, errors.Join(err, service.close())
	}
	return service, nil
}

// close stops the service. A second call does nothing.
func (s *service) close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.server.Stop(), s.crowd.inbox.close())
}

// load plays with the service.
func (s *service) load(ctx context.Context, connections int, most time.Duration, play load.Play) (load.Result, error) {
	return load.Run(ctx, load.Options{Address: s.address, Connections: connections, For: most}, play)
}

// play makes the play of an operation.
func (s *service) play(op operation, connections int) load.Play {
	switch op {
	case request:
		return newRequestPlay(s.crowd, connections, -1)
	case verify:
		return newVerifyPlay(s.crowd, connections)
	case newcomer, returning:
		return newLoginPlay(s.crowd, op == returning, connections, -1)
	case refresh:
		return newRefreshPlay(s.crowd, connections)
	default:
		return newWhoAmIPlay(s.crowd)
	}
}

// How many acts a second the supplies are made for (a cell ends early when there
// is nothing left), and how long making them may take.
const (
	mostVerifies  = 6000
	mostLogins    = 3500
	supplyTime    = 30 * time.Second
	supplyClients = 16
)

// supply makes sure that an operation finds what it needs for so many seconds.
// It is not measured.
func (s *service) supply(ctx context.Context, op operation, seconds float64) error {
	var play load.Play
	switch op {
	case verify:
		lacking := int(mostVerifies*seconds) - len(s.crowd.challenges)
		play = newRequestPlay(s.crowd, supplyClients, max(lacking, 0))
	case returning:
		lacking := int(mostLogins*seconds) + audience - len(s.crowd.people)
		play = newLoginPlay(s.crowd, false, supplyClients, max(lacking, 0))
	case refresh, whoAmI:
		play = newLoginPlay(s.crowd, false, supplyClients, max(audience-len(s.crowd.people), 0))
	default:
		return nil
	}
	result, err := s.load(ctx, supplyClients, supplyTime, play)
	if err == nil && result.Failures.Total() > 0 {
		err = errors.New(result.Failures.String())
	}
	if err != nil {
		return fmt.Errorf("prepare %s: %w", op, err)
	}
	return nil
}

// measure is one cell: an operation on so many connections for so long.
func (s *service) measure(ctx context.Context, op operation, connections int, seconds float64,
) (figures, load.Failures, error) {
	if err := s.supply(ctx, op, seconds); err != nil {
		return figures{}, load.Failures{}, err
	}
	before, err := s.server.Usage()
	if err != nil {
		return figures{}, load.Failures{}, err
	}
	result, err := s.load(ctx, connections, time.Duration(seconds*float64(time.Second)), s.play(op, connections))
	if err != nil {
		return figures{}, result.Failures, fmt.Errorf("%s on %d connections: %w", op, connections, err)
	}
	after, err := s.server.Usage()
	if err != nil {
		return figures{}, result.Failures, err
	}
	return figures{
		rate: result.Rate(),
		p50:  milliseconds(result.Latencies.Quantile(0.50)),
		p95:  milliseconds(result.Latencies.Quantile(0.95)),
		p99:  milliseconds(result.Latencies.Quantile(0.99)),
		cpu:  1000 * milliseconds(after.CPU-before.CPU) / float64(max(result.Acts, 1)),

		memory: mebibytes(after.RSS),
	}, result.Failures, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func mebibytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }
