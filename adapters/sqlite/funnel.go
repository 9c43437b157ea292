package sqlite

import (
	"context"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/domain"
)

// funnelCounter implements sqlstore.FunnelCounter.
type funnelCounter struct{ db *DB }

// newsRow is a challenge with stages that are not counted yet.
type newsRow struct {
	ChallengeID string
	ID          string
	Counted     int
	Stage       int
	funnelGroup
}

// Columns are the scan targets of newsRows.
func (r *newsRow) Columns() []any {
	return []any{
		&r.ChallengeID, &r.ID, &r.Counted, &r.Stage, &r.Day, &r.SourceID, &r.Category, &r.Channel, &r.Country,
	}
}

// funnelGroup is the key of a row of funnel.
type funnelGroup struct{ Day, SourceID, Category, Channel, Country string }

// CountPage implements sqlstore.FunnelCounter. Most pages have no news and do not occupy
// the writer. One that has is read again in the transaction that counts it.
func (c funnelCounter) CountPage(
	ctx context.Context, pass sqlstore.FunnelPass, after string,
) (page sqlstore.FunnelPage, err error) {
	var news []newsRow
	read := func(ctx context.Context, q sqlstore.Queryer) (err error) {
		if news, err = sqlstore.QueryRows[newsRow](ctx, q, selectNews[pass], after); err == nil {
			page, _, err = sqlstore.QueryRow[sqlstore.FunnelPage](ctx, q, selectPageEnd[pass], after)
			page.Counted = len(news)
		}
		return err
	}
	if err := c.db.Read(ctx, read); err != nil || len(news) == 0 && (pass != sqlstore.FunnelLate || page.Rows == 0) {
		return page, err
	}
	err = c.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		if err := read(ctx, q); err != nil {
			return err
		}
		if err := count(ctx, q, news); err != nil || pass != sqlstore.FunnelLate {
			return err
		}
		_, err := q.ExecContext(ctx, clearLate, after, page.Last)
		return err
	})
	return page, err
}

// count stores the counted stages with each challenge and adds them to the funnel.
func count(ctx context.Context, q sqlstore.Queryer, news []newsRow) error {
	funnel := map[funnelGroup]*domain.Funnel{}
	for _, row := range news {
		if _, err := q.ExecContext(ctx, noteCounted, row.ChallengeID, row.ID, row.Stage, row.SourceID); err != nil {
			return err
		}
		f := funnel[row.funnelGroup]
		if f == nil {
			f = &domain.Funnel{}
			funnel[row.funnelGroup] = f
		}
		for stage, n := range []*int64{&f.Requested, &f.Sent, &f.Delivered, &f.Verified, &f.Registered} {
			if row.Counted <= stage && stage < row.Stage {
				*n++
			}
		}
	}
	for group, f := range funnel {
		_, err := q.ExecContext(ctx, addToFunnel,
			group.Day, group.SourceID, group.Category, group.Channel, group.Country,
			f.Requested, f.Sent, f.Delivered, f.Verified, f.Registered)
		if err != nil {
			return err
		}
	}
	return nil
}

var funnelDialect = sqlstore.FunnelDialect{Day: `date(d.created_at / 1000000, 'unixepoch')`}

var selectNews = map[sqlstore.FunnelPass]string{
	sqlstore.FunnelUsers:  funnelDialect.News(sqlstore.FunnelUsers) + newsRows,
	sqlstore.FunnelRecent: funnelDialect.News(sqlstore.FunnelRecent) + newsRows,
	sqlstore.FunnelLate:   funnelDialect.News(sqlstore.FunnelLate) + newsRows,
}

var selectPageEnd = map[sqlstore.FunnelPass]string{
	sqlstore.FunnelUsers:  funnelDialect.News(sqlstore.FunnelUsers) + pageEnd,
	sqlstore.FunnelRecent: funnelDialect.News(sqlstore.FunnelRecent) + pageEnd,
	sqlstore.FunnelLate:   funnelDialect.News(sqlstore.FunnelLate) + pageEnd,
}

const newsRows = `
SELECT challenge_id, id, counted, stage, day, source_id, source_category, source_channel, country
  FROM news`

const pageEnd = `
SELECT 0 AS counted, ` + sqlstore.PageEnd

const noteCounted = `
UPDATE deliveries
   SET counted = $3, source_id = $4
 WHERE challenge_id = $1 AND id = $2`

const clearLate = `
UPDATE deliveries
   SET late = 0
 WHERE late AND challenge_id > $1 AND challenge_id <= $2`

const addToFunnel = `
INSERT INTO funnel AS f (` + sqlstore.FunnelColumns + `)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)` + sqlstore.AddToFunnel
