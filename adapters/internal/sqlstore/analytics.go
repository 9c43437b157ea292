package sqlstore

import (
	"context"
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Analytics implements port.Analytics. Users are counted as they are, from indexes
// alone: that of first registrations, by source, and those of users.uuid, a UUID of
// version 7 of the time at which the user joined.
type Analytics struct {
	db     DB
	days   string
	users  map[domain.GroupBy]string
	funnel map[domain.GroupBy]string
}

// AnalyticsDialect is what the dialects say differently about analyses.
type AnalyticsDialect struct {
	// Bytewise has a text compared byte by byte, behind it.
	Bytewise string
	// BySource has the rows of a query come in the order of their source_id, at its end.
	BySource string
	// Day makes a text of the day of a row of funnel.
	Day string
	// Days counts users day by day: $1 is a list of dayRange as JSON. A row is the day and how
	// many users, in the order of the days, none without users.
	Days string
}

// NewAnalytics makes the store. An act of the database that reads should see one moment.
func NewAnalytics(db DB, d AnalyticsDialect) *Analytics {
	return &Analytics{db: db, days: d.Days, users: userStatements(d), funnel: funnelStatements(d)}
}

// CountUsers implements port.Analytics.
func (s *Analytics) CountUsers(ctx context.Context, a domain.Analysis) (counts []domain.UserCount, err error) {
	if a.GroupBy == domain.ByDay {
		return s.countUsersByDay(ctx, a)
	}
	statement, ok := s.users[a.GroupBy]
	if !ok {
		return nil, noGroup()
	}
	span, mark := spanOf(a), markOf(a)
	rows, err := list[userCount](ctx, s.db, statement, append(span.args(), mark.Count, mark.Key, a.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("count users: %w", err)
	}
	for _, row := range rows {
		counts = append(counts, domain.UserCount{Group: row.group(a.GroupBy), Users: row.Users})
	}
	return counts, nil
}

// CountFunnel implements port.Analytics.
func (s *Analytics) CountFunnel(ctx context.Context, a domain.Analysis) (counts []domain.FunnelCount, err error) {
	statement, ok := s.funnel[a.GroupBy]
	if !ok {
		return nil, noGroup()
	}
	span, mark := spanOf(a), markOf(a)
	args := []any{firstDayFrom(span.since), firstDayFrom(span.until), mark.Count, mark.Key, a.Limit}
	if a.GroupBy == domain.ByDay {
		first, ok := firstDayAfter(mark.Key)
		if !ok {
			return nil, nil
		}
		args = []any{max(firstDayFrom(span.since), first), firstDayFrom(span.until), a.Limit}
	}
	rows, err := list[funnelCount](ctx, s.db, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("count the funnel: %w", err)
	}
	for _, row := range rows {
		counts = append(counts, domain.FunnelCount{Group: row.group(a.GroupBy), Funnel: row.Funnel})
	}
	return counts, nil
}

// list reads all rows of a statement.
func list[R any](ctx context.Context, db DB, statement string, args ...any) (all []R, err error) {
	err = db.Read(ctx, func(ctx context.Context, q Queryer) error {
		all, err = rowsOf[R](ctx, q, statement, args...)
		return err
	})
	return all, err
}

// rowsOf is list as part of an act. R is a Row.
func rowsOf[R any](ctx context.Context, q Queryer, statement string, args ...any) (all []R, err error) {
	rows, err := q.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var row R
		if err := rows.Scan(any(&row).(Row).Columns()...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// noGroup refuses what cannot be grouped by.
func noGroup() error {
	fault := domain.ErrInvalidRequest.In("group_by")
	fault.Cure = "Must be something that this is counted by"
	return fault
}

// groupRow is a group. All but the key is there only of a source.
type groupRow struct {
	Key         string
	DisplayName string
	Origin      string
	Category    string
	Channel     string
}

func (r groupRow) group(by domain.GroupBy) domain.Group {
	g := domain.Group{
		Key: r.Key, DisplayName: r.DisplayName, Origin: r.Origin,
		Category: domain.SourceCategory(r.Category), Channel: domain.SourceChannel(r.Channel),
	}
	if by == domain.BySource && r.Key == "" {
		g.Category, g.Channel = domain.CategoryDirect, domain.SourceDirect
	}
	return g
}

type userCount struct {
	groupRow
	Users int64
}

// Columns are where those of the statements about users go.
func (r *userCount) Columns() []any {
	return []any{&r.Key, &r.Users, &r.DisplayName, &r.Origin, &r.Category, &r.Channel}
}

type funnelCount struct {
	groupRow
	domain.Funnel
}

// Columns are where those of the statements about the funnel go.
func (r *funnelCount) Columns() []any {
	return []any{
		&r.Key, &r.Requested, &r.Sent, &r.Delivered, &r.Verified, &r.Registered,
		&r.DisplayName, &r.Origin, &r.Category, &r.Channel,
	}
}

// markOf is the mark of an analysis, as one that can be compared with; without one it
// comes before all rows.
func markOf(a domain.Analysis) domain.Cursor {
	if a.After == nil {
		return domain.Cursor{Count: math.MaxInt64}
	}
	key := strings.ReplaceAll(strings.ToValidUTF8(a.After.Key, ""), "\x00", "")
	return domain.Cursor{Count: a.After.Count, Key: key}
}

// span is the time of an analysis.
type span struct{ since, until time.Time }

var (
	beginning = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	end       = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

func spanOf(a domain.Analysis) span {
	s := span{a.Since.UTC(), a.Until.UTC()}
	if s.since.Before(beginning) {
		s.since = beginning
	}
	if s.until.IsZero() || s.until.After(end) {
		s.until = end
	}
	if s.since.After(s.until) {
		s.since = s.until
	}
	return s
}

// args are the parameters of userTotal: $1 and $2 the time; $3 and $4 the ids of users
// of the milliseconds that it touches; $5 what ends the first of them, and $6 what
// begins the last.
func (s span) args() []any {
	return []any{
		s.since, s.until, FirstUUID(s.since), FirstUUID(s.until.Add(time.Millisecond - 1)),
		FirstUUID(s.since.Add(time.Millisecond)), FirstUUID(s.until),
	}
}

// firstDayFrom is the first day that begins at a time or later.
func firstDayFrom(at time.Time) string {
	day := at.Truncate(24 * time.Hour)
	if day.Before(at) {
		day = day.Add(24 * time.Hour)
	}
	return day.Format(time.DateOnly)
}

// firstDayAfter is the first day whose name comes after a text, if there is one.
func firstDayAfter(text string) (name string, ok bool) {
	days := int((end.Unix()-beginning.Unix())/int64(day.Seconds())) + 1 // more than a duration can tell
	n := sort.Search(days, func(n int) bool { return nameOfDay(n) > text })
	return nameOfDay(n), n < days
}

func nameOfDay(n int) string { return beginning.AddDate(0, 0, n).Format(time.DateOnly) }

func userStatements(d AnalyticsDialect) map[domain.GroupBy]string {
	statement := func(template, key, direct, isSource string) string {
		return strings.NewReplacer("KEY", key, "DIRECT", direct, "IS_SOURCE", isSource, "BYTEWISE", d.Bytewise, "BY_SOURCE", d.BySource).Replace(template)
	}
	return map[domain.GroupBy]string{
		"":                statement(countAllUsers, "", "", ""),
		domain.BySource:   statement(countUsers, "s.id", "", "true"),
		domain.ByCategory: statement(countUsers, "s.category", string(domain.CategoryDirect), "false"),
		domain.ByChannel:  statement(countUsers, "s.channel", string(domain.SourceDirect), "false"),
		domain.ByCampaign: statement(countUsers, "s.utm_campaign", "", "false"),
	}
}

func funnelStatements(d AnalyticsDialect) map[domain.GroupBy]string {
	statement := func(groups, key, isSource string) string {
		return strings.NewReplacer("KEY", key, "IS_SOURCE", isSource, "BYTEWISE", d.Bytewise, "BY_SOURCE", d.BySource).
			Replace(groups + funnelPage)
	}
	return map[domain.GroupBy]string{
		"":                statement(wholeFunnel, "", "false"),
		domain.BySource:   statement(funnelBySource, "id", "true"),
		domain.ByCampaign: statement(funnelBySource, "CASE id WHEN '"+domain.SourceOther+"' THEN id ELSE COALESCE(s.utm_campaign, '') END", "false"),
		domain.ByCategory: statement(funnelBy, "category", "false"),
		domain.ByChannel:  statement(funnelBy, "channel", "false"),
		domain.ByCountry:  statement(funnelBy, "country", "false"),
		domain.ByDay:      strings.Replace(funnelByDay, "DAY", d.Day, 1),
	}
}

// userTotal is how many users joined: all of the milliseconds that the time touches,
// but for those of the first and the last who joined outside of it.
const userTotal = `(
	SELECT count(*) FROM users WHERE uuid >= $3 AND uuid < $4
) - (
	SELECT count(*) FROM users WHERE uuid >= $3 AND uuid < $5 AND date_joined < $1
) - (
	SELECT count(*) FROM users WHERE uuid >= $6 AND uuid < $4 AND date_joined >= $2
)`

// directUsers is userTotal of those who came without a source. Of whom that is not
// written down, the links are looked at.
const directUsers = `(
	SELECT count(*) FROM users WHERE direct AND uuid >= $3 AND uuid < $4
) - (
	SELECT count(*) FROM users WHERE direct AND uuid >= $3 AND uuid < $5 AND date_joined < $1
) - (
	SELECT count(*) FROM users WHERE direct AND uuid >= $6 AND uuid < $4 AND date_joined >= $2
) + (
	SELECT count(*)
	  FROM users
	 WHERE direct IS NULL AND uuid >= $3 AND uuid < $4 AND date_joined >= $1 AND date_joined < $2
	   AND NOT EXISTS (SELECT 1 FROM user_registration_sources AS l WHERE l.user_id = users.id AND l.first_registration)
)`

// countUsers puts those without a source beside the others. $7 and $8 are the mark, $9
// is the limit.
const countUsers = `
WITH linked AS (
	SELECT source_id, count(*) AS n
	  FROM (SELECT source_id
	          FROM user_registration_sources
	         WHERE first_registration AND registered_at >= $1 AND registered_at < $2
	         BY_SOURCE) AS registrations
	 GROUP BY source_id
), parts AS (
	SELECT KEY AS key, n
	  FROM linked JOIN registration_sources AS s ON s.id = linked.source_id
	 UNION ALL
	SELECT 'DIRECT', ` + directUsers + `
), groups AS (
	SELECT key BYTEWISE AS key, CAST(sum(n) AS bigint) AS n
	  FROM parts
	 GROUP BY 1
	HAVING sum(n) > 0
)
SELECT key, n, COALESCE(s.display_name, ''), COALESCE(s.origin, ''), COALESCE(s.category, ''), COALESCE(s.channel, '')
  FROM groups LEFT JOIN registration_sources AS s ON IS_SOURCE AND s.id = key
 WHERE n < $7 OR (n = $7 AND key > $8)
 ORDER BY n DESC, key
 LIMIT $9`

const countAllUsers = `
SELECT key, n, '', '', '', ''
  FROM (SELECT '' BYTEWISE AS key, ` + userTotal + ` AS n) AS everything
 WHERE n < $7 OR (n = $7 AND key > $8)
 LIMIT $9`

// The groups of the funnel on the days from $1 until before $2.
const (
	funnelSums = `CAST(sum(requested) AS bigint) AS requested, CAST(sum(sent) AS bigint) AS sent, CAST(sum(delivered) AS bigint) AS delivered,
	       CAST(sum(verified) AS bigint) AS verified, CAST(sum(registered) AS bigint) AS registered`

	wholeFunnel = `
WITH groups AS (
	SELECT '' BYTEWISE AS key, COALESCE(CAST(sum(requested) AS bigint), 0) AS requested, COALESCE(CAST(sum(sent) AS bigint), 0) AS sent,
	       COALESCE(CAST(sum(delivered) AS bigint), 0) AS delivered, COALESCE(CAST(sum(verified) AS bigint), 0) AS verified,
	       COALESCE(CAST(sum(registered) AS bigint), 0) AS registered
	  FROM funnel
	 WHERE day >= $1 AND day < $2
)`

	funnelBy = `
WITH groups AS (
	SELECT KEY BYTEWISE AS key, ` + funnelSums + `
	  FROM funnel
	 WHERE day >= $1 AND day < $2
	 GROUP BY 1
	HAVING sum(requested) > 0
)`

	// funnelByDay reads no further than it has to: the primary key has the days in order.
	funnelByDay = `
SELECT DAY, requested, sent, delivered, verified, registered, '', '', '', ''
  FROM (SELECT day, ` + funnelSums + `
          FROM funnel
         WHERE day >= $1 AND day < $2
         GROUP BY day
        HAVING sum(requested) > 0
         ORDER BY day
         LIMIT $3) AS days
 ORDER BY day`

	funnelBySource = `
WITH sources AS (
	SELECT source_id AS id, ` + funnelSums + `
	  FROM (SELECT source_id, requested, sent, delivered, verified, registered
	          FROM funnel
	         WHERE day >= $1 AND day < $2
	         BY_SOURCE) AS days
	 GROUP BY source_id
), named AS (
	SELECT KEY BYTEWISE AS key, requested, sent, delivered, verified, registered
	  FROM sources LEFT JOIN registration_sources AS s USING (id)
), groups AS (
	SELECT key, ` + funnelSums + `
	  FROM named
	 GROUP BY 1
	HAVING sum(requested) > 0
)`

	funnelPage = `
SELECT key, requested, sent, delivered, verified, registered,
       COALESCE(s.display_name, ''), COALESCE(s.origin, ''), COALESCE(s.category, ''), COALESCE(s.channel, '')
  FROM groups LEFT JOIN registration_sources AS s ON IS_SOURCE AND s.id = key
 WHERE requested < $3 OR (requested = $3 AND key > $4)
 ORDER BY requested DESC, key
 LIMIT $5`
)
