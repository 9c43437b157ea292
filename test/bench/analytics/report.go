package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// report measures questions and prints a line for each.
type report struct {
	out   io.Writer
	runs  int
	most  time.Duration
	slow  []string
	asked int
}

// rounds is how often a question is measured while its slowest answer takes too long:
// what else this machine does at the moment is not what is measured.
const rounds = 4

// measure asks a question often, after once for what is made at the first time, and
// tells how many rows the answer has. The round that counts is the first one in which
// every answer came in time, or else the last.
func (r *report) measure(ctx context.Context, name string, ask func(ctx context.Context) (rows int, err error)) error {
	rows, err := ask(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var took []time.Duration
	round := 0
	for round < rounds && (round == 0 || took[len(took)-1] > r.most) {
		round++
		if took, err = r.round(ctx, ask); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	worst, mark := took[len(took)-1], ""
	switch {
	case worst > r.most:
		mark = "  too slow"
		r.slow = append(r.slow, name)
	case round > 1:
		mark = fmt.Sprintf("  (round %d)", round)
	}
	r.asked++
	fmt.Fprintf(r.out, "%-60s %4d rows   p50 %6.1f ms   max %6.1f ms%s\n",
		name, rows, ms(took[len(took)/2]), ms(worst), mark)
	return nil
}

// round is how long each answer of one round took, in order.
func (r *report) round(
	ctx context.Context, ask func(ctx context.Context) (rows int, err error),
) ([]time.Duration, error) {
	took := make([]time.Duration, r.runs)
	for n := range took {
		begun := time.Now()
		if _, err := ask(ctx); err != nil {
			return nil, err
		}
		took[n] = time.Since(begun)
	}
	slices.Sort(took)
	return took, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// verdict is an error if anything was too slow.
func (r *report) verdict() error {
	if len(r.slow) > 0 {
		return fmt.Errorf("%d of %d took more than %s: %q", len(r.slow), r.asked, r.most, r.slow)
	}
	fmt.Fprintf(r.out, "All %d questions were answered within %s, each of %d times.\n", r.asked, r.most, r.runs)
	return nil
}
