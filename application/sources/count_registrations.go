package sources

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const defaultDays = 30

// CountRegistrations counts registrations by day, days without registrations too.
type CountRegistrations struct {
	analytics port.Analytics
	clock     port.Clock
}

// NewCountRegistrations makes the use case.
func NewCountRegistrations(analytics port.Analytics, clock port.Clock) *CountRegistrations {
	return &CountRegistrations{analytics, clock}
}

// CountRegistrationsIn is the time to count in: by default the last 30 days. Authorization
// is the caller's.
type CountRegistrationsIn struct{ Analysis domain.Analysis }

// CountRegistrationsOut is one row per day, in order, and the cursor of the next page; nil
// on the last one.
type CountRegistrationsOut struct {
	Rows []domain.UserCount
	Next *domain.Cursor
}

// Do fails with invalid_request for an invalid analysis.
func (uc *CountRegistrations) Do(ctx context.Context, in CountRegistrationsIn) (CountRegistrationsOut, error) {
	a, err := validate(uc.withTimes(in.Analysis), domain.ByDay)
	if err != nil {
		return CountRegistrationsOut{}, err
	}
	first, err := firstDay(a)
	if err != nil {
		return CountRegistrationsOut{}, err
	}
	end := first.AddDate(0, 0, a.Limit) // of this page
	out := CountRegistrationsOut{}
	if end.Before(a.Until) {
		out.Next = &domain.Cursor{Key: nameOf(end.AddDate(0, 0, -1))}
		a.Until = end
	}
	if !first.Before(a.Until) {
		return out, nil
	}
	if a.Since.Before(first) {
		a.Since = first
	}
	a.After = nil
	rows, err := uc.analytics.CountUsers(ctx, a)
	if err != nil {
		return CountRegistrationsOut{}, err
	}
	out.Rows = everyDay(first, a.Until, rows)
	return out, nil
}

// withTimes sets the bounds that are missing.
func (uc *CountRegistrations) withTimes(a domain.Analysis) domain.Analysis {
	if a.Until.IsZero() {
		a.Until = uc.clock.Now().Add(time.Microsecond) // includes a registration at this moment
	}
	if a.Since.IsZero() {
		a.Since = dayOf(a.Until.Add(-time.Microsecond)).AddDate(0, 0, 1-defaultDays)
	}
	return a
}

// firstDay is the first day of the page.
func firstDay(a domain.Analysis) (time.Time, error) {
	if a.After == nil {
		return dayOf(a.Since), nil
	}
	last, err := time.Parse(time.DateOnly, a.After.Key)
	if err != nil || last.Before(dayOf(a.Since)) {
		return time.Time{}, refusal([]domain.FieldFault{{
			Field: "cursor", Cure: "Must be the next_cursor of the page before, or left out",
		}})
	}
	return last.AddDate(0, 0, 1), nil
}

// everyDay fills in the days without a row, from first until end.
func everyDay(first, end time.Time, rows []domain.UserCount) []domain.UserCount {
	users := map[string]int64{}
	for _, row := range rows {
		users[row.Key] += row.Users
	}
	var all []domain.UserCount
	for day := first; day.Before(end); day = day.AddDate(0, 0, 1) {
		name := nameOf(day)
		all = append(all, domain.UserCount{Group: domain.Group{Key: name}, Users: users[name]})
	}
	return all
}

func nameOf(day time.Time) string { return day.Format(time.DateOnly) }
