package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Funnel implements port.Funnel, but for how a page is counted in one commit, which
// each dialect does in its own way.
//
// Nothing is written for it when somebody signs in but what says where they came
// from. What has happened is found afterwards, in three passes: over the users who
// came into being of late, over the challenges that were made of late, and over those
// of which something was told long after they were made. Each looks again at what
// the last run may have seen half, for what is counted is noted with the challenge.
type Funnel struct {
	db      DB
	counter FunnelCounter
}

// FunnelCounter counts pages.
type FunnelCounter interface {
	// CountPage counts what is new on the page of a pass after a key: all of it in one
	// commit, each stage of a challenge once, whatever runs in parallel.
	CountPage(ctx context.Context, pass FunnelPass, after string) (FunnelPage, error)
}

// FunnelPage is what was found on a page.
type FunnelPage struct {
	Counted int            // challenges of which something was new
	Rows    int            // on the page, at most FunnelPageSize
	Last    sql.NullString // the greatest key of them
}

// Columns are where the columns counted, rows and last go.
func (p *FunnelPage) Columns() []any { return []any{&p.Counted, &p.Rows, &p.Last} }

// NewFunnel makes the store.
func NewFunnel(db DB, counter FunnelCounter) *Funnel { return &Funnel{db, counter} }

// A code lives for ten minutes at most: by then a challenge is
// verified or never is. Counting looks back further, for what was under way when the
// last run began; and what is told is called late sooner, for the same reason.
const (
	lookBack  = 15 * time.Minute
	lateAfter = 10 * time.Minute
)

// Count implements port.Funnel.
func (s *Funnel) Count(ctx context.Context, now time.Time) (counted int, err error) {
	counted, err = s.count(ctx, now)
	if err != nil {
		return counted, fmt.Errorf("count the funnel: %w", err)
	}
	return counted, nil
}

func (s *Funnel) count(ctx context.Context, now time.Time) (counted int, err error) {
	begin, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	for _, pass := range []FunnelPass{FunnelUsers, FunnelRecent, FunnelLate} {
		after := FirstUUID(begin.Add(-lookBack))
		if pass == FunnelLate {
			after = noUUID
		}
		for page := (FunnelPage{Rows: FunnelPageSize}); page.Rows == FunnelPageSize; after = page.Last.String {
			if ctx.Err() != nil {
				return counted, ctx.Err()
			}
			if page, err = s.counter.CountPage(ctx, pass, after); err != nil {
				return counted, err
			}
			counted += page.Counted
		}
	}
	return counted, s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		_, err := q.ExecContext(ctx, noteRun, now, FirstUUID(now.Add(-lateAfter)))
		return err
	})
}

// begin is until when everything has been counted: before the first run nothing that
// is there.
func (s *Funnel) begin(ctx context.Context) (begin time.Time, err error) {
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		at, _, err := One[Time](ctx, q, countFrom)
		begin = at.Time
		return err
	})
	return begin, err
}

// CountedUntil implements port.Funnel.
func (s *Funnel) CountedUntil(ctx context.Context) (until time.Time, err error) {
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		at, _, err := One[Time](ctx, q, countedUntil)
		until = at.Time
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("look until when the funnel is counted: %w", err)
	}
	return until, nil
}

// IsLate reports whether what is told of a challenge at a time is told late, by the
// clock of whoever tells it. Where a run has settled the challenge, it is late by any.
func IsLate(id domain.ChallengeID, at time.Time) bool {
	return string(id) < FirstUUID(at.Add(-lateAfter))
}

// SettledID is the id up to which challenges are looked at no more for their age, NULL
// before the first run.
const SettledID = `(SELECT settled_id FROM funnel_runs)`

const countedUntil = `SELECT counted_until FROM funnel_runs`

const countFrom = `
SELECT COALESCE((SELECT counted_until FROM funnel_runs),
                (SELECT created_at FROM deliveries ORDER BY challenge_id, id LIMIT 1))`

const noteRun = `
INSERT INTO funnel_runs (counted_until, settled_id)
VALUES ($1, $2)
    ON CONFLICT (only_row) DO UPDATE
   SET counted_until = EXCLUDED.counted_until, settled_id = EXCLUDED.settled_id
 WHERE funnel_runs.counted_until < EXCLUDED.counted_until`
