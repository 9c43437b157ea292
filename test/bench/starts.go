package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/test/bench/load"
)

// How many cold starts the median is of, and how long a service rests before its
// idle memory is read.
const (
	coldStarts      = 9
	coldStartsShort = 3
	idleRest        = time.Second
)

// coldStarts measures the time from executing the product to its first answer,
// on a database that needs no migration, and the memory it then keeps.
func (b *bench) coldStarts(ctx context.Context, product setup, name string, goal float64) error {
	count := coldStarts
	if b.options.short {
		count = coldStartsShort
	}
	var times []float64
	memory := 0.0
	for i := range count {
		took, rss, err := coldStart(ctx, product, i == count-1)
		if err != nil {
			return fmt.Errorf("cold start: %w", err)
		}
		times = append(times, milliseconds(took))
		memory = rss
	}
	b.say("%s, cold starts: %.1f ms", name, times)
	b.report.facts = append(b.report.facts,
		fact{"cold start, " + name, load.Median(times), "ms", goal},
		fact{"idle memory, " + name, memory, "MiB", idleMemory})
	return nil
}

// coldStart starts the service once and stops it. With rest it gives it time to
// settle before its memory is read.
func coldStart(ctx context.Context, product setup, rest bool) (took time.Duration, rss float64, err error) {
	s, err := product.start()
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if took, err = s.server.AwaitReady(ctx); err != nil {
		return 0, 0, err
	}
	if rest && !pause(ctx, idleRest) {
		return 0, 0, ctx.Err()
	}
	usage, err := s.server.Usage()
	return took, mebibytes(usage.RSS), err
}

// peak notes the most memory that a service has had under load.
func (b *bench) peak(s *service, name string) error {
	usage, err := s.server.Usage()
	if err != nil {
		return err
	}
	b.report.facts = append(b.report.facts,
		fact{"most memory under load, " + name, mebibytes(usage.Peak), "MiB", loadMemory})
	return nil
}
