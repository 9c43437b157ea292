package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Options say how a Run goes.
type Options struct {
	Address     string // host:port of the server, on this machine
	Connections int
	// For is how long connections start new acts. What is under way then is
	// waited for, and does not count.
	For time.Duration
}

// The loop looks at the time and the context so often, gives the last answers
// so long, and gives up after so many failures.
const (
	glance      = 50 * time.Millisecond
	patience    = 15 * time.Second
	maxFailures = 1000
)

// run is a Run under way.
type run struct {
	options     Options
	play        Play
	poller      *poller
	connections []*connection
	busy        int
	begun, end  time.Time
	times       []time.Duration
	result      Result
}

// Run plays with the server until the time is over or nothing is left to do. A
// failed request is counted and its act given up; an error means that the
// figures are worth nothing.
func Run(ctx context.Context, options Options, play Play) (result Result, err error) {
	r := &run{options: options, play: play}
	if r.poller, err = newPoller(options.Connections); err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, r.poller.close()) }()
	for i := range options.Connections {
		c := new(connection)
		if err := c.open(options.Address); err != nil {
			return Result{}, err
		}
		r.connections = append(r.connections, c)
		defer func() { err = errors.Join(err, c.close()) }()
		if err := r.poller.add(c.fd, i); err != nil {
			return Result{}, err
		}
	}
	err = r.loop(ctx)
	return r.result, err
}

// loop starts every connection's first act and goes on until all are idle.
func (r *run) loop(ctx context.Context) error {
	r.begun = time.Now()
	r.end = r.begun.Add(r.options.For)
	defer r.conclude()
	for i := range r.connections {
		r.busy++
		if err := r.start(i, time.Now()); err != nil {
			return err
		}
	}
	var readable []int
	for r.busy > 0 {
		var err error
		if readable, err = r.poller.wait(readable[:0], glance); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		if now.After(r.end.Add(patience)) {
			return fmt.Errorf("%d requests had no answer %s after the end", r.busy, patience)
		}
		for _, i := range readable {
			if err := r.serve(i, now); err != nil {
				return err
			}
			now = time.Now()
		}
	}
	return nil
}

// conclude makes the result of what was counted.
func (r *run) conclude() {
	r.result.Took = min(time.Since(r.begun), r.end.Sub(r.begun))
	r.result.Acts = len(r.times)
	r.result.Latencies = Sorted(r.times)
}

// start begins the next act of a connection, or lets it rest.
func (r *run) start(i int, now time.Time) error {
	c := r.connections[i]
	var request []byte
	more := now.Before(r.end)
	if more {
		if request, more = r.play.Start(i, c.out[:0]); !more {
			r.end = now // from here on fewer connections would be measured
		}
	}
	if !more {
		c.idle = true
		r.busy--
		return nil
	}
	c.out, c.begun = request, now
	return r.send(i, c, request)
}

// send writes a request; a connection that does not take it is replaced.
func (r *run) send(i int, c *connection, request []byte) error {
	if err := c.send(request); err != nil {
		return r.replace(i, c, err)
	}
	return nil
}

// serve reads from a connection and does what follows.
func (r *run) serve(i int, now time.Time) error {
	c := r.connections[i]
	a, size, err := c.receive()
	switch {
	case err != nil && c.idle:
		return fmt.Errorf("a connection without a request: %w", err)
	case err != nil:
		return r.replace(i, c, err)
	case size == 0:
		return nil
	case c.idle:
		return errors.New("an answer without a request")
	}
	return r.follow(i, c, a, size, now)
}

// follow gives an answer to the play and sends what comes next.
func (r *run) follow(i int, c *connection, a answer, size int, now time.Time) error {
	if a.status < 200 || a.status > 299 {
		if err := r.fail(fmt.Sprintf("status %d", a.status), string(a.body)); err != nil {
			return err
		}
		return r.next(i, c, a, size)
	}
	request, err := r.play.Follow(i, a.body, c.out[:0])
	if err != nil {
		if err := r.fail("an answer of no use", err.Error()); err != nil {
			return err
		}
		return r.next(i, c, a, size)
	}
	if len(request) > 0 {
		if a.last {
			return r.replace(i, c, errClosed)
		}
		c.out = request
		c.consume(size)
		return r.send(i, c, request)
	}
	if !now.After(r.end) {
		r.times = append(r.times, now.Sub(c.begun))
	}
	return r.next(i, c, a, size)
}

// next goes on with the next act, on a new connection if the server wants that.
func (r *run) next(i int, c *connection, a answer, size int) error {
	c.consume(size)
	if a.last {
		if err := r.reopen(i, c); err != nil {
			return err
		}
	}
	return r.start(i, time.Now())
}

// replace gives an act up with its connection and goes on with a new one.
func (r *run) replace(i int, c *connection, cause error) error {
	if err := r.fail("no answer", cause.Error()); err != nil {
		return err
	}
	if err := r.reopen(i, c); err != nil {
		return err
	}
	return r.start(i, time.Now())
}

func (r *run) reopen(i int, c *connection) error {
	if err := c.close(); err != nil {
		return fmt.Errorf("close a connection: %w", err)
	}
	if err := c.open(r.options.Address); err != nil {
		return err
	}
	return r.poller.add(c.fd, i)
}

// fail counts a failure; too many of them end the run.
func (r *run) fail(kind, sample string) error {
	r.result.Failures.Add(kind, sample)
	if r.result.Failures.Total() < maxFailures {
		return nil
	}
	return fmt.Errorf("too many failures:\n%s", r.result.Failures)
}
