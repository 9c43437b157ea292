package sqlstore

import (
	"context"
	"encoding/json"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Analytics implements port.Analytics. Users are counted as they are, by index-only
// scans: of first registrations, by source, and of users.uuid, version 7 UUIDs made when
// the users joined.
type Analytics struct {
	db     DB
	days   string
	users  map[domain.GroupBy]string
	funnel map[domain.GroupBy]string
}

// AnalyticsDialect is the dialect's part of the statements.
type AnalyticsDialect struct {
	Bytewise string // follows a text to have it compared byte by byte
	BySource string // ends a query to have its rows ordered by source_id
	Day      string // the day of a row of funnel as text

	// Days counts users per day: $1 is a JSON list of dayRange values. A row is a day and
	// its number of users, ordered by day, without days that have no users.
	Days string
}

// NewAnalytics makes the store. Each Read of the database should see one snapshot.
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
		return nil, unknownGroup()
	}
	span, mark := spanOf(a), markOf(a)
	rows, err := ReadRows[userCount](ctx, s.db, "count users", statement,
		append(span.args(), mark.Count, mark.Key, a.Limit)...)
	for _, row := range rows {
		counts = append(counts, domain.UserCount{Group: row.group(a.GroupBy), Users: row.Users})
	}
	return counts, err
}

// CountFunnel implements port.Analytics.
func (s *Analytics) CountFunnel(ctx context.Context, a domain.Analysis) (counts []domain.FunnelCount, err error) {
	statement, ok := s.funnel[a.GroupBy]
	if !ok {
		return nil, unknownGroup()
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
	rows, err := ReadRows[funnelCount](ctx, s.db, "count the funnel", statement, args...)
	for _, row := range rows {
		counts = append(counts, domain.FunnelCount{Group: row.group(a.GroupBy), Funnel: row.Funnel})
	}
	return counts, err
}

// unknownGroup is the error of an analysis that cannot be grouped as requested.
func unknownGroup() error {
	fault := domain.ErrInvalidRequest.In("group_by")
	fault.Cure = "Must be something that this is counted by"
	return fault
}

// groupRow is a group. Only the groups of sources have more than a key.
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

// Columns are the scan targets of the statements about users.
func (r *userCount) Columns() []any {
	return []any{&r.Key, &r.Users, &r.DisplayName, &r.Origin, &r.Category, &r.Channel}
}

type funnelCount struct {
	groupRow
	domain.Funnel
}

// Columns are the scan targets of the statements about the funnel.
func (r *funnelCount) Columns() []any {
	return []any{
		&r.Key, &r.Requested, &r.Sent, &r.Delivered, &r.Verified, &r.Registered,
		&r.DisplayName, &r.Origin, &r.Category, &r.Channel,
	}
}

// markOf is the pagination mark of an analysis as storable text, by default one before
// all rows.
func markOf(a domain.Analysis) domain.Cursor {
	if a.After == nil {
		return domain.Cursor{Count: math.MaxInt64}
	}
	key := strings.ReplaceAll(strings.ToValidUTF8(a.After.Key, ""), "\x00", "")
	return domain.Cursor{Count: a.After.Count, Key: key}
}

// span is the time range of an analysis.
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

// args are the parameters of userTotal: $1 and $2 the range; $3 and $4 the range of user
// ids in the milliseconds that it touches; $5 the end of the first of these milliseconds
// and $6 the begin of the last.
func (s span) args() []any {
	return []any{
		s.since, s.until, FirstUUID(s.since), FirstUUID(s.until.Add(time.Millisecond - 1)),
		FirstUUID(s.since.Add(time.Millisecond)), FirstUUID(s.until),
	}
}

// firstDayFrom is the first day that begins at the time or later.
func firstDayFrom(at time.Time) string {
	day := at.Truncate(24 * time.Hour)
	if day.Before(at) {
		day = day.Add(24 * time.Hour)
	}
	return day.Format(time.DateOnly)
}

// firstDayAfter is the first day whose name sorts after the text, if there is one.
func firstDayAfter(text string) (name string, ok bool) {
	days := int((end.Unix()-beginning.Unix())/int64(day.Seconds())) + 1 // exceeds time.Duration
	n := sort.Search(days, func(n int) bool { return nameOfDay(n) > text })
	return nameOfDay(n), n < days
}

func nameOfDay(n int) string { return beginning.AddDate(0, 0, n).Format(time.DateOnly) }

// dayRange is a day and its range of user ids.
type dayRange struct {
	Day   string `json:"day"`
	First string `json:"first"`
	Next  string `json:"next"` // exclusive
}

// maxDays is the number of days that one statement counts at most.
const maxDays = 400

// countUsersByDay counts each day by its range of user ids: no index has the days.
func (s *Analytics) countUsersByDay(ctx context.Context, a domain.Analysis) ([]domain.UserCount, error) {
	span := spanOf(a)
	name, ok := firstDayAfter(markOf(a).Key)
	first, _ := time.Parse(time.DateOnly, name) // is one
	if !ok || !first.Before(span.until) {
		return nil, nil
	}
	if span.since.Before(first) {
		span.since = first
	}
	count := func(ctx context.Context, q Queryer) (counts []domain.UserCount, err error) {
		args := span.args()
		last, found, err := QueryRow[string](ctx, q, lastUser, args[2], args[3])
		if err != nil || !found {
			return nil, err
		}
		outside, _, err := QueryRow[edges](ctx, q, userEdges, args...)
		for next := args[2]; err == nil && len(counts) < a.Limit; {
			var first string
			first, found, err = QueryRow[string](ctx, q, firstUser, next, args[3])
			if err != nil || !found {
				return counts, err
			}
			days := daysBetween(span, timeOfUUID(first), timeOfUUID(last), min(a.Limit-len(counts), maxDays))
			var rows []dayCount
			rows, err = s.countDays(ctx, q, days)
			for _, row := range rows {
				if users := row.users - outside.on(row.day, span); users > 0 && len(counts) < a.Limit {
					counts = append(counts, domain.UserCount{Group: domain.Group{Key: row.day}, Users: users})
				}
			}
			next = days[len(days)-1].Next
		}
		return counts, err
	}
	return Read(ctx, s.db, "count users by day", count)
}

func (s *Analytics) countDays(ctx context.Context, q Queryer, days []dayRange) ([]dayCount, error) {
	list, err := json.Marshal(days)
	if err != nil {
		return nil, err
	}
	return QueryRows[dayCount](ctx, q, s.days, string(list))
}

const day = 24 * time.Hour

// daysBetween are the days from that of first to that of last, clipped to the span, at
// most limit of them.
func daysBetween(s span, first, last time.Time, limit int) (days []dayRange) {
	until := s.args()[3].(string)
	for at := first.Truncate(day); !at.After(last) && len(days) < limit; at = at.Add(day) {
		days = append(days, dayRange{
			Day:   at.Format(time.DateOnly),
			First: max(FirstUUID(at), FirstUUID(s.since)),
			Next:  min(FirstUUID(at.Add(day)), until),
		})
	}
	return days
}

type dayCount struct {
	day   string
	users int64
}

// Columns are the scan targets of AnalyticsDialect.Days.
func (r *dayCount) Columns() []any { return []any{&r.day, &r.users} }

// edges are the numbers of users that joined in the first and the last millisecond of a
// span but outside of it.
type edges struct{ before, after int64 }

// Columns are the scan targets of userEdges.
func (e *edges) Columns() []any { return []any{&e.before, &e.after} }

// on is the number of these users that joined on the day.
func (e edges) on(day string, s span) (n int64) {
	if s.since.Format(time.DateOnly) == day {
		n += e.before
	}
	if s.until.Format(time.DateOnly) == day {
		n += e.after
	}
	return n
}

func userStatements(d AnalyticsDialect) map[domain.GroupBy]string {
	statement := func(template, key, direct, isSource string) string {
		return strings.NewReplacer("KEY", key, "DIRECT", direct, "IS_SOURCE", isSource,
			"BYTEWISE", d.Bytewise, "BY_SOURCE", d.BySource).Replace(template)
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
		return strings.NewReplacer("KEY", key, "IS_SOURCE", isSource,
			"BYTEWISE", d.Bytewise, "BY_SOURCE", d.BySource).Replace(groups + funnelPage)
	}
	const campaign = "CASE id WHEN '" + domain.SourceOther + "' THEN id ELSE COALESCE(s.utm_campaign, '') END"
	return map[domain.GroupBy]string{
		"":                statement(wholeFunnel, "", "false"),
		domain.BySource:   statement(funnelBySource, "id", "true"),
		domain.ByCampaign: statement(funnelBySource, campaign, "false"),
		domain.ByCategory: statement(funnelBy, "category", "false"),
		domain.ByChannel:  statement(funnelBy, "channel", "false"),
		domain.ByCountry:  statement(funnelBy, "country", "false"),
		domain.ByDay:      strings.Replace(funnelByDay, "DAY", d.Day, 1),
	}
}

// userTotal is the number of users that joined in the span: in the milliseconds that it
// touches, minus its edges.
const userTotal = `(
	SELECT count(*) FROM users WHERE uuid >= $3 AND uuid < $4
) - (
	SELECT count(*) FROM users WHERE uuid >= $3 AND uuid < $5 AND date_joined < $1
) - (
	SELECT count(*) FROM users WHERE uuid >= $6 AND uuid < $4 AND date_joined >= $2
)`

// directUsers is userTotal of users without a source. Where the column direct is NULL,
// their links are consulted.
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
	   AND NOT EXISTS (
	       SELECT 1 FROM user_registration_sources AS l WHERE l.user_id = users.id AND l.first_registration)
)`

// countUsers adds the users without a source as one more group. $7 and $8 are the mark,
// $9 is the limit.
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
SELECT key, n, COALESCE(s.display_name, ''), COALESCE(s.origin, ''), COALESCE(s.category, ''),
       COALESCE(s.channel, '')
  FROM groups LEFT JOIN registration_sources AS s ON IS_SOURCE AND s.id = key
 WHERE n < $7 OR (n = $7 AND key > $8)
 ORDER BY n DESC, key
 LIMIT $9`

const countAllUsers = `
SELECT key, n, '', '', '', ''
  FROM (SELECT '' BYTEWISE AS key, ` + userTotal + ` AS n) AS total
 WHERE n < $7 OR (n = $7 AND key > $8)
 LIMIT $9`

// The groups of the funnel on the days from $1 to $2, exclusive.
const (
	funnelSums = `CAST(sum(requested) AS bigint) AS requested, CAST(sum(sent) AS bigint) AS sent,
	       CAST(sum(delivered) AS bigint) AS delivered, CAST(sum(verified) AS bigint) AS verified,
	       CAST(sum(registered) AS bigint) AS registered`

	wholeFunnel = `
WITH groups AS (
	SELECT '' BYTEWISE AS key, COALESCE(CAST(sum(requested) AS bigint), 0) AS requested,
	       COALESCE(CAST(sum(sent) AS bigint), 0) AS sent, COALESCE(CAST(sum(delivered) AS bigint), 0) AS delivered,
	       COALESCE(CAST(sum(verified) AS bigint), 0) AS verified,
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

	// funnelByDay stops at its limit: the primary key has the days in order.
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

const (
	firstUser = `SELECT uuid FROM users WHERE uuid >= $1 AND uuid < $2 ORDER BY uuid LIMIT 1`
	lastUser  = `SELECT uuid FROM users WHERE uuid >= $1 AND uuid < $2 ORDER BY uuid DESC LIMIT 1`
)

// userEdges has the parameters of userTotal.
const userEdges = `
SELECT (SELECT count(*) FROM users WHERE uuid >= $3 AND uuid < $5 AND date_joined < $1),
       (SELECT count(*) FROM users WHERE uuid >= $6 AND uuid < $4 AND date_joined >= $2)`
