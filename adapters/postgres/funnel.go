package postgres

import (
	"context"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// funnelCounter implements sqlstore.FunnelCounter: a page is one statement and one commit.
type funnelCounter struct{ db *DB }

// CountPage implements sqlstore.FunnelCounter.
func (c funnelCounter) CountPage(
	ctx context.Context, pass sqlstore.FunnelPass, after string,
) (sqlstore.FunnelPage, error) {
	page, _, err := sqlstore.WriteRow[sqlstore.FunnelPage](ctx, c.db, "count a page", countPage[pass], after)
	return page, err
}

// The rows with the counted stages are locked in order and read once they are locked: of two
// runs that found the same stage, one counts it. Late changes are locked before they are
// read, since no run reads them again.
var funnelDialect = sqlstore.FunnelDialect{
	Day:  `CAST(d.created_at AT TIME ZONE 'UTC' AS date)`,
	Seen: `ORDER BY d.challenge_id, d.id FOR UPDATE OF d`,
	Lock: `FOR UPDATE OF d`,
}

var countPage = map[sqlstore.FunnelPass]string{
	sqlstore.FunnelUsers:  funnelDialect.News(sqlstore.FunnelUsers) + storeCounted + addToFunnel,
	sqlstore.FunnelRecent: funnelDialect.News(sqlstore.FunnelRecent) + storeCounted + addToFunnel,
	sqlstore.FunnelLate:   funnelDialect.News(sqlstore.FunnelLate) + storeSeen + addToFunnel,
}

const storeCounted = `, counted AS (
	UPDATE deliveries AS d
	   SET counted = n.stage, source_id = n.source_id
	  FROM news AS n
	 WHERE d.challenge_id = n.challenge_id AND d.id = n.id
)`

// storeSeen updates each row once: the late flag, the counted stage and cohort, or both.
const storeSeen = `, counted AS (
	UPDATE deliveries AS d
	   SET late = false, counted = COALESCE(n.stage, d.counted), source_id = COALESCE(n.source_id, d.source_id)
	  FROM seen AS s LEFT JOIN news AS n ON n.challenge_id = s.challenge_id AND n.id = s.id
	 WHERE d.challenge_id = s.challenge_id AND d.id = s.id AND (d.late OR n.stage IS NOT NULL)
)`

const addToFunnel = `, added AS (
	INSERT INTO funnel AS f (` + sqlstore.FunnelColumns + `)
	SELECT day, source_id, source_category, source_channel, country,
	       count(*) FILTER (WHERE counted < 1 AND stage >= 1),
	       count(*) FILTER (WHERE counted < 2 AND stage >= 2),
	       count(*) FILTER (WHERE counted < 3 AND stage >= 3),
	       count(*) FILTER (WHERE counted < 4 AND stage >= 4),
	       count(*) FILTER (WHERE counted < 5 AND stage >= 5)
	  FROM news
	 GROUP BY day, source_id, source_category, source_channel, country
	 ORDER BY day, source_id, source_category, source_channel, country` + sqlstore.AddToFunnel + `
)
SELECT (SELECT count(*) FROM news) AS counted, ` + sqlstore.PageEnd
