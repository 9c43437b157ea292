package sqlite

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/domain"
)

// funnelCounter implements sqlstore.FunnelCounter.
type funnelCounter struct{ db *DB }

// newsRow is a challenge that has come further than was counted.
type newsRow struct {
	ChallengeID string `db:"challenge_id"`
	ID          string `db:"id"`
	Counted     int    `db:"counted"`
	Stage       int    `db:"stage"`
	funnelGroup
}

// funnelGroup is the key of a row of funnel.
type funnelGroup struct {
	Day      string `db:"day"`
	SourceID string `db:"source_id"`
	Category string `db:"source_category"`
	Channel  string `db:"source_channel"`
	Country  string `db:"country"`
}

// CountPage implements sqlstore.FunnelCounter. Most pages have nothing new, and keep
// nobody from writing: whoever writes looks again.
func (c funnelCounter) CountPage(ctx context.Context, pass sqlstore.FunnelPass, after string) (page sqlstore.FunnelPage, err error) {
	var news []newsRow
	look := func(ctx context.Context, q sqlstore.Queryer) error {
		news = nil
		err := sqlx.SelectContext(ctx, q, &news, selectNews[pass], after)
		if err == nil {
			page, _, err = sqlstore.One[sqlstore.FunnelPage](ctx, q, selectPageEnd[pass], after)
			page.Counted = len(news)
		}
		return err
	}
	if err := c.db.Read(ctx, look); err != nil || len(news) == 0 && (pass != sqlstore.FunnelLate || page.Rows == 0) {
		return page, err
	}
	err = c.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		if err := look(ctx, q); err != nil {
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

// count notes with each challenge what is counted, and counts it.
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
		_, err := q.ExecContext(ctx, addToFunnel, group.Day, group.SourceID, group.Category, group.Channel, group.Country,
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
