package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/test/bench/load"
)

// What is put beside other requests: so many clients, each of which asks for a
// text message every slowDelay. With a provider that takes as long, all of them
// wait for it all the time; with one that takes no time the same requests come.
const (
	slowDelay       = 200 * time.Millisecond
	slowClients     = 32
	slowConnections = 8
)

// bystanders are the operations that should not notice.
var bystanders = []operation{verify, whoAmI}

// slowTolerance is how much longer a p99 may be: what two runs of the same
// differ by.
const slowTolerance = 1.25

// background asks a service for text messages until it is stopped.
type background struct {
	service  *service
	born     atomic.Int64
	answered atomic.Int64
	mu       sync.Mutex
	failures load.Failures
}

// start begins; stop ends it, waits, and says what went wrong.
func (c *background) start(ctx context.Context) (stop func() load.Failures) {
	ctx, cancel := context.WithCancel(ctx)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: slowClients}}
	var clients sync.WaitGroup
	for i := range slowClients {
		clients.Go(func() {
			if !pause(ctx, time.Duration(i)*slowDelay/slowClients) { // not all at once
				return
			}
			for begun := time.Now(); ; begun = time.Now() {
				if err := c.ask(client); err != nil {
					c.mu.Lock()
					c.failures.Add("no text message", err.Error())
					c.mu.Unlock()
				}
				if !pause(ctx, slowDelay-time.Since(begun)) {
					return
				}
			}
		})
	}
	return func() load.Failures {
		cancel()
		clients.Wait()
		client.CloseIdleConnections()
		defer func() { c.failures = load.Failures{} }()
		return c.failures
	}
}

// ask is one request, for an unused number.
func (c *background) ask(client *http.Client) error {
	body := fmt.Sprintf(`{"identifier":"+1555%07d"}`, c.born.Add(1))
	response, err := client.Post("http://"+c.service.address+"/api/auth/otp/request/", "application/json",
		strings.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", response.StatusCode, answer)
	}
	c.answered.Add(1)
	return err
}

// pause waits and reports whether ctx is still good.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// slowProvider measures bystanders beside a quick and a slow provider, in turn.
func (b *bench) slowProvider(ctx context.Context, program, databaseURL string) (err error) {
	providers := []struct {
		name  string
		delay time.Duration
	}{{"quick", 0}, {"slow", slowDelay}}
	p99 := map[string][]float64{}
	backgrounds := make([]*background, len(providers))
	for i, p := range providers {
		s, err := setup{
			program: program, dir: b.dir, database: databaseURL, name: p.name, log: b.log,
			settings: map[string]string{"DOORCODE_SLOW_DELAY": p.delay.String()},
		}.open(ctx)
		if err != nil {
			return fmt.Errorf("start with a %s provider: %w", p.name, err)
		}
		defer func() { err = errors.Join(err, s.close()) }()
		backgrounds[i] = &background{service: s}
		backgrounds[i].born.Store(int64(i) * 1_000_000)
	}
	for range b.options.rounds {
		for _, op := range bystanders {
			for i, p := range providers {
				f, err := b.beside(ctx, backgrounds[i], op)
				if err != nil {
					return fmt.Errorf("%s beside a %s provider: %w", op, p.name, err)
				}
				p99[string(op)+p.name] = append(p99[string(op)+p.name], f.p99)
			}
		}
	}
	for _, op := range bystanders {
		quick, slow := load.Median(p99[string(op)+"quick"]), load.Median(p99[string(op)+"slow"])
		b.report.facts = append(b.report.facts,
			fact{fmt.Sprintf("p99 of %s beside a quick provider", op), quick, "ms", math.NaN()},
			fact{fmt.Sprintf("p99 of %s beside one of %s", op, slowDelay), slow, "ms", slowTolerance * quick})
	}
	return nil
}

// beside measures an operation while text messages are asked for.
func (b *bench) beside(ctx context.Context, c *background, op operation) (figures, error) {
	if err := c.service.supply(ctx, op, b.options.seconds); err != nil {
		return figures{}, err
	}
	before := c.answered.Load()
	stop := c.start(ctx)
	f, failures, err := c.service.measure(ctx, op, slowConnections, b.options.seconds)
	b.failures.Merge(failures)
	b.failures.Merge(stop())
	if err == nil && c.answered.Load() == before {
		err = errors.New("no text message was asked for")
	}
	return f, err
}
