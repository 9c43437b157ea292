package main

import (
	"context"
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/postgres"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// What can be asked, of users and of the funnel.
var (
	userGroups = []domain.GroupBy{
		"", domain.BySource, domain.ByCategory, domain.ByChannel,
		domain.ByCampaign, domain.ByDay,
	}
	funnelGroups = append(userGroups[:len(userGroups):len(userGroups)], domain.ByCountry)
)

// pageRows is a page as the service asks for it: one more shows that there is another.
const pageRows = 101

// times are those of the questions: of everything, of a month, and of most.
func times(w world) map[string]time.Time {
	return map[string]time.Time{
		"of all time":       {},
		"of the last month": w.end().AddDate(0, 0, -30),
		"of 11 months":      w.end().AddDate(0, 0, -335).Add(1234567 * time.Microsecond),
	}
}

// askStore asks the stores.
func askStore(ctx context.Context, url string, w world, r *report) error {
	db, closeDB, err := postgres.Open(ctx, postgres.Config{URL: url})
	if err != nil {
		return err
	}
	defer closeDB()
	analytics := db.Analytics()
	for when, since := range times(w) {
		for _, by := range userGroups {
			users := func(ctx context.Context, a domain.Analysis) ([]domain.Cursor, error) {
				return userMarks(ctx, analytics, a)
			}
			if err := askPages(ctx, r, "store, users", when, by, since, users); err != nil {
				return err
			}
		}
		for _, by := range funnelGroups {
			funnel := func(ctx context.Context, a domain.Analysis) ([]domain.Cursor, error) {
				return funnelMarks(ctx, analytics, a)
			}
			if err := askPages(ctx, r, "store, funnel", when, by, since, funnel); err != nil {
				return err
			}
		}
	}
	return nil
}

// askPages asks for the first page and, if there are more, for the third.
func askPages(
	ctx context.Context, r *report, what, when string, by domain.GroupBy, since time.Time,
	ask func(context.Context, domain.Analysis) ([]domain.Cursor, error),
) error {
	a := domain.Analysis{Since: since, GroupBy: by, Limit: pageRows}
	name := fmt.Sprintf("%s by %s %s", what, by, when)
	var last []domain.Cursor
	asking := func(ctx context.Context) (int, error) {
		marks, err := ask(ctx, a)
		last = marks
		return len(marks), err
	}
	if err := r.measure(ctx, name, asking); err != nil {
		return err
	}
	for page := 2; page <= 3 && len(last) == pageRows; page++ {
		a.After = &last[pageRows-2]
		if page == 3 {
			return r.measure(ctx, name+", page 3", asking)
		}
		if _, err := asking(ctx); err != nil {
			return err
		}
	}
	return nil
}

func userMarks(ctx context.Context, analytics port.Analytics, a domain.Analysis) (marks []domain.Cursor, err error) {
	rows, err := analytics.CountUsers(ctx, a)
	for _, row := range rows {
		marks = append(marks, domain.Cursor{Count: row.Users, Key: row.Key})
	}
	return marks, err
}

func funnelMarks(ctx context.Context, analytics port.Analytics, a domain.Analysis) (marks []domain.Cursor, err error) {
	rows, err := analytics.CountFunnel(ctx, a)
	for _, row := range rows {
		marks = append(marks, domain.Cursor{Count: row.Requested, Key: row.Key})
	}
	return marks, err
}
