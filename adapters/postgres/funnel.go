package postgres

import (
	"context"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// funnelCounter implements sqlstore.FunnelCounter: a page is one statement, and so
// one commit.
type funnelCounter struct{ db *DB }

// CountPage implements sqlstore.FunnelCounter.
func (c funnelCounter) CountPage(ctx context.Context, pass sqlstore.FunnelPass, after string) (page sqlstore.FunnelPage, err error) {
	err = c.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		page, _, err = sqlstore.One[sqlstore.FunnelPage](ctx, q, countPage[pass], after)
		return err
	})
	return page, err
}

// The rows in which is noted what was counted are locked in their order, and looked
// at once they are: of two who have found the same only one counts it. What is late
// is locked before it is looked at, since nobody looks at it again.
var funnelDialect = sqlstore.FunnelDialect{
	Day:  `CAST(d.created_at AT TIME ZONE 'UTC' AS date)`,
	Seen: `ORDER BY d.challenge_id, d.id FOR UPDATE OF d`,
	Lock: `FOR UPDATE OF d`,
}

var countPage = map[sqlstore.FunnelPass]string{
	sqlstore.FunnelUsers:  funnelDialect.News(sqlstore.FunnelUsers) + noteCounted + addToFunnel,
	sqlstore.FunnelRecent: funnelDialect.News(sqlstore.FunnelRecent) + noteCounted + addToFunnel,
	sqlstore.FunnelLate:   funnelDialect.News(sqlstore.FunnelLate) + noteSeen + addToFunnel,
}

const noteCounted = `, counted AS (
	UPDATE deliveries AS d
	   SET counted = n.stage, source_id = n.source_id
	  FROM news AS n
	 WHERE d.challenge_id = n.challenge_id AND d.id = n.id
)`

// noteSeen writes each row once, whether it is late, or what its challenge counts
// under, or both.
const noteSeen = `, counted AS (
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
