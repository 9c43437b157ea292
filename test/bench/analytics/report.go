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

// measure asks a question often, after once for what is made at the first time, and
// tells how many rows the answer has.
func (r *report) measure(ctx context.Context, name string, ask func(ctx context.Context) (rows int, err error)) error {
	took := make([]time.Duration, r.runs)
	rows := 0
	for n := -1; n < r.runs; n++ {
		begun := time.Now()
		got, err := ask(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if rows = got; n >= 0 {
			took[n] = time.Since(begun)
		}
	}
	slices.Sort(took)
	worst := took[len(took)-1]
	mark := ""
	if worst > r.most {
		mark = "  too slow"
		r.slow = append(r.slow, name)
	}
	r.asked++
	fmt.Fprintf(r.out, "%-64s %5d rows   p50 %6.1f ms   max %6.1f ms%s\n", name, rows, ms(took[len(took)/2]), ms(worst), mark)
	return nil
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
