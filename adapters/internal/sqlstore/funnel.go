package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Funnel implements port.Funnel, except for counting one page, which is the dialect's.
//
// A sign-in writes nothing for the funnel except its source. Events are found afterwards
// in three passes: over recently joined users, over challenges created recently, and
// over challenges with changes that were recorded late. Each pass overlaps the previous
// run, which may have seen only a part; the stages that are counted are stored with the
// challenge, so that none is counted twice.
type Funnel struct {
	db      DB
	counter FunnelCounter
}

// FunnelCounter counts pages.
type FunnelCounter interface {
	// CountPage counts the new stages on the page of a pass that follows a key, in one
	// commit and each stage of a challenge once, however many runs are concurrent.
	CountPage(ctx context.Context, pass FunnelPass, after string) (FunnelPage, error)
}

// FunnelPage is the result of counting a page.
type FunnelPage struct {
	Counted int            // challenges with new stages
	Rows    int            // on the page, at most FunnelPageSize
	Last    sql.NullString // the greatest key on the page
}

// Columns are the scan targets of the columns counted, rows and last.
func (p *FunnelPage) Columns() []any { return []any{&p.Counted, &p.Rows, &p.Last} }

// FunnelPass is one of the scans of a run.
type FunnelPass int

// The passes.
const (
	FunnelUsers  FunnelPass = iota // new users and the challenges that they signed up with
	FunnelRecent                   // challenges by age, and those that they replaced
	FunnelLate                     // challenges with changes that were recorded late
)

// FunnelPageSize is the number of keys on a page: what one commit counts.
const FunnelPageSize = 500

// A code expires after at most ten minutes, and its challenge cannot be verified later.
// Counting looks back further, to cover what was in progress during the last run;
// changes are marked late earlier, for the same reason.
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
	begin, _, err := ReadRow[Time](ctx, s.db, "read the last run", countFrom)
	if err != nil {
		return 0, err
	}
	for _, pass := range []FunnelPass{FunnelUsers, FunnelRecent, FunnelLate} {
		after := FirstUUID(begin.Add(-lookBack))
		if pass == FunnelLate {
			after = nilUUID
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
	_, err = WriteExec(ctx, s.db, "store the run", recordRun, now, FirstUUID(now.Add(-lateAfter)))
	return counted, err
}

// CountedUntil implements port.Funnel.
func (s *Funnel) CountedUntil(ctx context.Context) (until time.Time, err error) {
	at, _, err := ReadRow[Time](ctx, s.db, "read until when the funnel is counted", countedUntil)
	return at.Time, err
}

// IsLate reports whether a change of a challenge at the given time is late, by the clock
// of the instance that records it. In a challenge that a run has settled, any change is.
func IsLate(id domain.ChallengeID, at time.Time) bool {
	return string(id) < FirstUUID(at.Add(-lateAfter))
}

// FunnelDialect is the dialect's part of the statements.
type FunnelDialect struct {
	Day  string // the day of d.created_at
	Seen string // follows the deliveries d that the pass over late changes reads
	Lock string // follows the deliveries d with new stages
}

// News begins a statement about the page of a pass after the key $1. Its parts are page,
// the keys of the page, and news, one row per challenge with new stages, ordered by key:
//
//	challenge_id, id   the first delivery of the challenge
//	counted, stage     the number of stages counted so far, and reached
//	day, source_id, source_category, source_channel, country
//
// Each stage implies those before it.
func (d FunnelDialect) News(pass FunnelPass) string {
	text := recentPage + messageStages + verifiedStages + stagesEnd
	seen := ""
	switch pass {
	case FunnelUsers:
		text = newUsersPage
	case FunnelLate:
		text, seen = latePage+messageStages+stagesEnd, d.Seen
	}
	return strings.NewReplacer("DAY", d.Day, "SEEN", seen, "LOCK", d.Lock).Replace(text + funnelNews)
}

// SettledID is the id up to which challenges are old enough to be settled, NULL before the
// first run.
const SettledID = `(SELECT settled_id FROM funnel_runs)`

const countedUntil = `SELECT counted_until FROM funnel_runs`

const countFrom = `
SELECT COALESCE((SELECT counted_until FROM funnel_runs),
                (SELECT created_at FROM deliveries ORDER BY challenge_id, id LIMIT 1))`

const recordRun = `
INSERT INTO funnel_runs (counted_until, settled_id)
VALUES ($1, $2)
    ON CONFLICT (only_row) DO UPDATE
   SET counted_until = EXCLUDED.counted_until, settled_id = EXCLUDED.settled_id
 WHERE funnel_runs.counted_until < EXCLUDED.counted_until`

const newUsersPage = `
WITH page AS MATERIALIZED (
	SELECT uuid AS key, challenge_id
	  FROM users
	 WHERE uuid > $1
	 ORDER BY uuid
	 LIMIT 500
), reached AS (
	SELECT challenge_id, 5 AS stage
	  FROM page
	 WHERE challenge_id IS NOT NULL
)`

const recentPage = `
WITH page AS MATERIALIZED (
	SELECT DISTINCT challenge_id AS key
	  FROM deliveries
	 WHERE challenge_id > $1
	 ORDER BY challenge_id
	 LIMIT 500
)`

const latePage = `
WITH page AS MATERIALIZED (
	SELECT DISTINCT challenge_id AS key
	  FROM deliveries
	 WHERE late AND challenge_id > $1
	 ORDER BY challenge_id
	 LIMIT 500
)`

// messageStages are the stages of the messages of the challenges on a page. A provider
// that reports on a message has accepted it, whatever its outcome.
const messageStages = `, seen AS MATERIALIZED (
	SELECT d.challenge_id, d.id, d.progress, d.result, d.previous_id
	  FROM page JOIN deliveries AS d ON d.challenge_id = page.key SEEN
), reached AS (
	SELECT challenge_id, max(stage) AS stage
	  FROM (
		SELECT challenge_id,
		       CASE WHEN progress >= 4 THEN 3
		            WHEN progress >= 2 AND result NOT IN (` + refusals + `) THEN 2
		            ELSE 1 END AS stage
		  FROM seen`

// verifiedStages are those of used challenges, and of used ones that were replaced.
const verifiedStages = `
		 UNION ALL
		SELECT page.key, 4
		  FROM page JOIN otp_secrets AS s ON s.challenge_id = page.key
		 WHERE s.used_at IS NOT NULL
		 UNION ALL
		SELECT previous_id, 4
		  FROM seen
		 WHERE previous_id IS NOT NULL`

const stagesEnd = `
	  ) AS stages
	 GROUP BY challenge_id
)`

// A source without a row when its challenge is first counted is counted as "other". The
// challenge keeps that source, through which no user can register.
const funnelNews = `, news AS (
	SELECT d.challenge_id, d.id, d.counted, r.stage, DAY AS day,
	       CASE WHEN d.source_id <> ''
	                 AND NOT EXISTS (SELECT 1 FROM registration_sources AS s WHERE s.id = d.source_id)
	            THEN '` + domain.SourceOther + `' ELSE d.source_id END AS source_id,
	       d.source_category, d.source_channel, d.country
	  FROM reached AS r JOIN deliveries AS d ON d.challenge_id = r.challenge_id
	 WHERE d.source_category <> '' AND d.counted < r.stage
	 ORDER BY d.challenge_id, d.id LOCK
)`

// refusals are the results for which domain.SendResult.Refused is true.
const refusals = `'` + string(domain.SendInvalidRecipient+`', '`+domain.SendNotOnChannel+`', '`+
	domain.SendRejected+`', '`+domain.SendUnsupported+`', '`+domain.SendRateLimited+`', '`+
	domain.SendAuthenticationFailed+`', '`+domain.SendUnreachable) + `'`

// FunnelColumns are the columns of funnel.
const FunnelColumns = `day, source_id, category, channel, country, requested, sent, delivered, verified, registered`

// AddToFunnel makes an INSERT INTO funnel AS f add to a row that exists.
const AddToFunnel = `
    ON CONFLICT (day, source_id, category, channel, country) DO UPDATE
   SET requested  = f.requested + EXCLUDED.requested,
       sent       = f.sent + EXCLUDED.sent,
       delivered  = f.delivered + EXCLUDED.delivered,
       verified   = f.verified + EXCLUDED.verified,
       registered = f.registered + EXCLUDED.registered`

// PageEnd are the columns rows and last of a FunnelPage.
const PageEnd = `(SELECT count(*) FROM page) AS rows, (SELECT key FROM page ORDER BY key DESC LIMIT 1) AS last`
