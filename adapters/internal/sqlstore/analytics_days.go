package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// dayRange is a day and the ids of users who joined on it, from first until before
// next.
type dayRange struct {
	Day   string `json:"day"`
	First string `json:"first"`
	Next  string `json:"next"`
}

// daysAtOnce is how many days are counted by one statement at most.
const daysAtOnce = 400

// countUsersByDay counts each day from its users' ids: no index has the days.
func (s *Analytics) countUsersByDay(ctx context.Context, a domain.Analysis) (counts []domain.UserCount, err error) {
	span := spanOf(a)
	name, ok := firstDayAfter(markOf(a).Key)
	first, _ := time.Parse(time.DateOnly, name) // is one
	if !ok || !first.Before(span.until) {
		return nil, nil
	}
	if span.since.Before(first) {
		span.since = first
	}
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		args := span.args()
		last, found, err := One[string](ctx, q, lastUser, args[2], args[3])
		if err != nil || !found {
			return err
		}
		outside, _, err := One[edges](ctx, q, userEdges, args...)
		for next := args[2]; err == nil && len(counts) < a.Limit; {
			var first string
			first, found, err = One[string](ctx, q, firstUser, next, args[3])
			if err != nil || !found {
				return err
			}
			days := daysBetween(span, timeOfUUID(first), timeOfUUID(last), min(a.Limit-len(counts), daysAtOnce))
			var rows []dayCount
			rows, err = s.countDays(ctx, q, days)
			for _, row := range rows {
				if users := row.users - outside.on(row.day, span); users > 0 && len(counts) < a.Limit {
					counts = append(counts, domain.UserCount{Group: domain.Group{Key: row.day}, Users: users})
				}
			}
			next = days[len(days)-1].Next
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count users by day: %w", err)
	}
	return counts, nil
}

func (s *Analytics) countDays(ctx context.Context, q Queryer, days []dayRange) ([]dayCount, error) {
	list, err := json.Marshal(days)
	if err != nil {
		return nil, err
	}
	return rowsOf[dayCount](ctx, q, s.days, string(list))
}

const day = 24 * time.Hour

// daysBetween are the days of two times and those between, as far as they are in the
// span, but no more than that.
func daysBetween(s span, first, last time.Time, most int) (days []dayRange) {
	until := s.args()[3].(string)
	for at := first.Truncate(day); !at.After(last) && len(days) < most; at = at.Add(day) {
		days = append(days, dayRange{
			Day: at.Format(time.DateOnly), First: max(FirstUUID(at), FirstUUID(s.since)), Next: min(FirstUUID(at.Add(day)), until),
		})
	}
	return days
}

type dayCount struct {
	day   string
	users int64
}

// Columns are where those of the dialect's Days go.
func (r *dayCount) Columns() []any { return []any{&r.day, &r.users} }

// edges are users of the first and the last millisecond of a span who joined outside
// of it.
type edges struct{ before, after int64 }

// Columns are where those of userEdges go.
func (e *edges) Columns() []any { return []any{&e.before, &e.after} }

// on is how many of them joined on a day.
func (e edges) on(day string, s span) (n int64) {
	if s.since.Format(time.DateOnly) == day {
		n += e.before
	}
	if s.until.Format(time.DateOnly) == day {
		n += e.after
	}
	return n
}

// timeOfUUID is the time of a UUID of version 7, to the millisecond.
func timeOfUUID(id string) time.Time {
	ms, _ := strconv.ParseInt(strings.ReplaceAll(id[:13], "-", ""), 16, 64) // is hexadecimal
	return time.UnixMilli(ms).UTC()
}

const (
	firstUser = `SELECT uuid FROM users WHERE uuid >= $1 AND uuid < $2 ORDER BY uuid LIMIT 1`
	lastUser  = `SELECT uuid FROM users WHERE uuid >= $1 AND uuid < $2 ORDER BY uuid DESC LIMIT 1`
)

// userEdges has the parameters of userTotal.
const userEdges = `
SELECT (SELECT count(*) FROM users WHERE uuid >= $3 AND uuid < $5 AND date_joined < $1),
       (SELECT count(*) FROM users WHERE uuid >= $6 AND uuid < $4 AND date_joined >= $2)`
