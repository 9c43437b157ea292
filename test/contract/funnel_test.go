package contract

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// funnels are good ones, until a test breaks a method.
type funnels struct {
	count func(ctx context.Context, now time.Time) (int, error)
	until func(ctx context.Context) (time.Time, error)
}

func (s funnels) Count(ctx context.Context, now time.Time) (int, error) { return s.count(ctx, now) }
func (s funnels) CountedUntil(ctx context.Context) (time.Time, error)   { return s.until(ctx) }

func breakFunnel(spoil func(s *funnels, good port.Funnel)) breaker {
	return func(s *Stores) {
		good := s.Funnel
		bad := &funnels{good.Count, good.CountedUntil}
		spoil(bad, good)
		s.Funnel = bad
	}
}

// breakCounts changes what was counted.
func breakCounts(change func(*domain.Funnel)) breaker {
	return func(s *Stores) {
		good := s.FunnelOf
		s.FunnelOf = func(t testing.TB) map[FunnelGroup]domain.Funnel {
			counted := good(t)
			for group, f := range counted {
				change(&f)
				counted[group] = f
			}
			return counted
		}
	}
}

func TestFunnel_seesWhatIsBroken(t *testing.T) {
	quickly(t)
	seesBreakers(t, funnelPromises(), map[string]breaker{
		"It must count every": breakFunnel(func(s *funnels, good port.Funnel) { // those that come no further are forgotten
			s.count = func(ctx context.Context, now time.Time) (int, error) {
				if until, err := good.CountedUntil(ctx); err != nil || now.Sub(until) < 10*time.Minute {
					return 0, err
				}
				return good.Count(ctx, now)
			}
		}),
		"Each stage of a": countTwice,
		"It must count a challenge that": breakCounts(func(f *domain.Funnel) { // only those in their place
			f.Verified = min(f.Verified, 1)
		}),
		"It must count reports of a": breakDeliveries(func(s *deliveries, good port.Deliveries) {
			s.report = func(ctx context.Context, list []domain.DeliveryReport) error {
				return good.Report(ctx, slices.DeleteFunc(slices.Clone(list), func(r domain.DeliveryReport) bool {
					return r.Status == domain.DeliveryDelivered
				}))
			}
		}),
		"A source without a": breakIssue(func(a *port.IssueRequest) { a.Cohort.SourceID = "" }, nil),
		"A failed run must have": breakFunnel(func(s *funnels, good port.Funnel) { // and say so, each time
			failures := 0
			s.count = func(ctx context.Context, now time.Time) (int, error) {
				n, err := good.Count(ctx, now)
				if err != nil {
					failures++
				}
				if failures > 1 {
					return n, nil
				}
				return n, err
			}
		}),
		"CountedUntil must return the": breakFunnel(func(s *funnels, _ port.Funnel) {
			s.until = func(context.Context) (time.Time, error) { return time.Time{}, nil }
		}),
	})
}

// countTwice counts what two runs find at once as often as they are.
func countTwice(s *Stores) {
	var running, twice atomic.Int64
	breakFunnel(func(s *funnels, good port.Funnel) {
		s.count = func(ctx context.Context, now time.Time) (int, error) {
			twice.Add(running.Add(1) - 1)
			defer running.Add(-1)
			return good.Count(ctx, now)
		}
	})(s)
	breakCounts(func(f *domain.Funnel) { f.Requested += twice.Load() })(s)
}
