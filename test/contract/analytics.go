package contract

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// Analytics proves the contract of port.Analytics.
func Analytics(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, analyticsPromises())
}

func analyticsPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{
			"Rows must be in the order of domain.Cursor, by the count of users or of requests, and at most as many as " +
				"the analysis allows.",
			rowsAreInOrder,
		},
		{
			"The pages together must have the rows of one unlimited page, and a cursor without a row must only shift " +
				"the page.",
			pagesAreOne,
		},
		{
			"An unknown group must be refused as invalid_request, and so must users by country, which is not stored.",
			refusesGroups,
		},
		{
			"CountUsers must count each user that joined in the time of the analysis once, by the source of the " +
				"registration; a user without one is direct.",
			countsUsersOnce,
		},
		{"Since and until must be exact to the microsecond.", countsToTheMicrosecond},
		{"It must count the users of now: a deleted user is not counted.", countsWhoIsThere},
		{"A group without users must have no row, except for the total.", countsNobody},
		{
			"CountFunnel must sum the counts of Funnel.Count over the days that begin in the time of the analysis.",
			sumsTheFunnel,
		},
		{"Challenges that count as other must be the group other, by source and by campaign.", othersAreOther},
		{"A group without challenges must have no row, except for the total.", sumsNothing},
	}
}

// What users and the funnel can be grouped by.
var (
	userGroups = []domain.GroupBy{
		"", domain.BySource, domain.ByCategory, domain.ByChannel, domain.ByCampaign,
		domain.ByDay,
	}
	funnelGroups = []domain.GroupBy{
		"", domain.BySource, domain.ByCategory, domain.ByChannel, domain.ByCampaign, domain.ByCountry, domain.ByDay,
	}
)

const manyRows = 1000

// users counts users.
func (i *instances) users(t testing.TB, a domain.Analysis) []domain.UserCount {
	t.Helper()
	rows, err := i.other.Analytics.CountUsers(t.Context(), a)
	require.NoError(t, err, "%+v", a)
	return rows
}

// funnel sums the funnel.
func (i *instances) funnel(t testing.TB, a domain.Analysis) []domain.FunnelCount {
	t.Helper()
	rows, err := i.other.Analytics.CountFunnel(t.Context(), a)
	require.NoError(t, err, "%+v", a)
	return rows
}

// joined is a user as an analysis sees them.
type joined struct {
	at     time.Time
	source domain.RegistrationSource // zero for none
}

// placeOf is one of several sources that share campaigns, categories and channels.
func placeOf(n int) domain.RegistrationSource {
	s := sourceOf("place-" + strconv.Itoa(n) + ".example")
	s.Category = []domain.SourceCategory{domain.CategoryCampaign, domain.CategoryWebsite, domain.CategoryReferral}[n%3]
	s.Channel = []domain.SourceChannel{domain.SourceAI, domain.SourceDirect}[n%2]
	s.Campaign.Name = []string{"", "spring", "Ünï \"x\""}[n/2%3]
	s.DisplayName = "Place " + strconv.Itoa(n)
	return s
}

// join makes a new user by a source, or without one if it is negative.
func (i *instances) join(t testing.TB, recipient string, place int) joined {
	t.Helper()
	var source domain.RegistrationSource
	if place >= 0 {
		source = placeOf(place)
	}
	req := i.request(t, recipient)
	req.Limit = noLimit
	req.Cohort = direct
	if place >= 0 {
		req.Cohort = domain.Cohort{
			SourceID: source.ID, Category: source.Category, Channel: source.Channel,
			Country: []string{"", "DE", "US"}[place%3],
		}
	}
	in := i.signIn(i.issue(t, req).Secret)
	in.Source = source
	done, err := i.SignIns.Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.IsNew)
	return joined{in.Now, source}
}

// crowd is the users of the proofs: they joined over some days, some at once, by
// places and by none; some came back by another place, and some only asked.
func (i *instances) crowd(t testing.TB) (people []joined) {
	t.Helper()
	for n := range 60 {
		place := n % 13 % 8
		if n%7 == 0 {
			place = -1
		}
		recipient := fmt.Sprintf("p%d@example.com", n)
		people = append(people, i.join(t, recipient, place))
		if n%5 == 0 {
			i.complete(t, recipient, from(t, "later.example"))
		}
		if n%4 == 0 {
			i.issue(t, i.requestOf(t, fmt.Sprintf("q%d@example.com", n), cohortOf("stranger.example")))
		}
		switch n % 6 {
		case 1:
			i.clock.Advance(7*time.Hour + 13*time.Microsecond)
		case 3:
			i.clock.Advance(333 * time.Microsecond)
		case 5:
			i.clock.Advance(31 * time.Hour)
		}
	}
	i.count(t)
	return people
}

// groupOfSource is the group of a source.
func groupOfSource(id string, s domain.RegistrationSource) domain.Group {
	return domain.Group{Key: id, DisplayName: s.DisplayName, Origin: s.Origin, Category: s.Category, Channel: s.Channel}
}

// groupOfUser is what a user counts in.
func groupOfUser(p joined, by domain.GroupBy) domain.Group {
	s := p.source
	isDirect := s.ID == ""
	switch by {
	case domain.BySource:
		if isDirect {
			return domain.Group{Category: domain.CategoryDirect, Channel: domain.SourceDirect}
		}
		return groupOfSource(s.ID, s)
	case domain.ByCategory:
		return domain.Group{Key: string(cmp.Or(s.Category, domain.CategoryDirect))}
	case domain.ByChannel:
		return domain.Group{Key: string(cmp.Or(s.Channel, domain.SourceDirect))}
	case domain.ByCampaign:
		return domain.Group{Key: s.Campaign.Name}
	case domain.ByDay:
		return domain.Group{Key: p.at.Format(time.DateOnly)}
	default:
		return domain.Group{}
	}
}

// wantUsers is what is to be counted of people.
func wantUsers(people []joined, a domain.Analysis) (rows []domain.UserCount) {
	counts := map[domain.Group]int64{}
	if a.GroupBy == "" {
		counts[domain.Group{}] = 0
	}
	for _, p := range people {
		if !p.at.Before(a.Since) && (a.Until.IsZero() || p.at.Before(a.Until)) {
			counts[groupOfUser(p, a.GroupBy)]++
		}
	}
	for group, n := range counts {
		rows = append(rows, domain.UserCount{Group: group, Users: n})
	}
	slices.SortFunc(rows, func(x, y domain.UserCount) int {
		return orderOf(a.GroupBy, domain.Cursor{Count: x.Users, Key: x.Key}, domain.Cursor{Count: y.Users, Key: y.Key})
	})
	return rows
}

// orderOf is the order of domain.Cursor.
func orderOf(by domain.GroupBy, x, y domain.Cursor) int {
	if by == domain.ByDay {
		return cmp.Compare(x.Key, y.Key)
	}
	return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Key, y.Key))
}

// wantFunnel is what is to be summed of what has been counted.
func (i *instances) wantFunnel(t testing.TB, a domain.Analysis) (rows []domain.FunnelCount) {
	t.Helper()
	sources := map[string]domain.RegistrationSource{}
	for n := range 13 {
		sources[placeOf(n).ID] = placeOf(n)
	}
	sums := map[domain.Group]domain.Funnel{}
	if a.GroupBy == "" {
		sums[domain.Group{}] = domain.Funnel{}
	}
	for counted, f := range i.FunnelOf(t) {
		day, err := time.Parse(time.DateOnly, counted.Day)
		require.NoError(t, err)
		if day.Before(a.Since) || !a.Until.IsZero() && !day.Before(a.Until) {
			continue
		}
		var group domain.Group
		switch a.GroupBy {
		case domain.BySource:
			s := sources[counted.SourceID]
			group = groupOfSource(counted.SourceID, s)
			if counted.SourceID == "" {
				group.Category, group.Channel = domain.CategoryDirect, domain.SourceDirect
			}
		case domain.ByCategory:
			group.Key = string(counted.Category)
		case domain.ByChannel:
			group.Key = string(counted.Channel)
		case domain.ByCampaign:
			if group.Key = sources[counted.SourceID].Campaign.Name; counted.SourceID == domain.SourceOther {
				group.Key = domain.SourceOther
			}
		case domain.ByCountry:
			group.Key = counted.Country
		case domain.ByDay:
			group.Key = counted.Day
		}
		sums[group] = domain.Funnel{
			Requested: sums[group].Requested + f.Requested, Sent: sums[group].Sent + f.Sent,
			Delivered: sums[group].Delivered + f.Delivered,
			Verified:  sums[group].Verified + f.Verified, Registered: sums[group].Registered + f.Registered,
		}
	}
	for group, f := range sums {
		rows = append(rows, domain.FunnelCount{Group: group, Funnel: f})
	}
	slices.SortFunc(rows, func(x, y domain.FunnelCount) int {
		return orderOf(a.GroupBy, domain.Cursor{Count: x.Requested, Key: x.Key},
			domain.Cursor{Count: y.Requested, Key: y.Key})
	})
	return rows
}

func rowsAreInOrder(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	i.crowd(t)
	for _, by := range funnelGroups {
		for limit := range 6 {
			a := domain.Analysis{GroupBy: by, Limit: limit}
			if by != domain.ByCountry {
				rows := i.users(t, a)
				require.LessOrEqual(t, len(rows), limit)
				require.True(t, slices.IsSortedFunc(rows, func(x, y domain.UserCount) int {
					return orderOf(by, domain.Cursor{Count: x.Users, Key: x.Key}, domain.Cursor{Count: y.Users, Key: y.Key})
				}), "users by %q: %+v", by, rows)
			}
			rows := i.funnel(t, a)
			require.LessOrEqual(t, len(rows), limit)
			require.True(t, slices.IsSortedFunc(rows, func(x, y domain.FunnelCount) int {
				return orderOf(by, domain.Cursor{Count: x.Requested, Key: x.Key}, domain.Cursor{Count: y.Requested, Key: y.Key})
			}), "funnel by %q: %+v", by, rows)
		}
	}
	top := i.users(t, domain.Analysis{GroupBy: domain.BySource, Limit: 3})
	require.Equal(t, i.users(t, domain.Analysis{GroupBy: domain.BySource, Limit: manyRows})[:3], top)
}

// marks are some that no row has, or any row may have.
func marks() []domain.Cursor {
	var all []domain.Cursor
	for _, count := range []int64{math.MinInt64, -1, 0, 1, 4, 5, 9, 1000, math.MaxInt64} {
		for _, key := range []string{
			"", "!", "2026-03-16", "2026-03-16T", "2026-13-99", "9999-99-99", "campaign",
			"spring", "8", "f", "\x00", "a\xffb", "' OR 1=1 --", "\U0001f600", "ü",
		} {
			all = append(all, domain.Cursor{Count: count, Key: key})
		}
	}
	return all
}

func pagesAreOne(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	i.crowd(t)
	for _, by := range funnelGroups {
		all := i.funnel(t, domain.Analysis{GroupBy: by, Limit: manyRows})
		mark := func(r domain.FunnelCount) domain.Cursor { return domain.Cursor{Count: r.Requested, Key: r.Key} }
		pages(t, by, all, mark, func(a domain.Analysis) []domain.FunnelCount { return i.funnel(t, a) })
	}
	for _, by := range userGroups {
		all := i.users(t, domain.Analysis{GroupBy: by, Limit: manyRows})
		mark := func(r domain.UserCount) domain.Cursor { return domain.Cursor{Count: r.Users, Key: r.Key} }
		pages(t, by, all, mark, func(a domain.Analysis) []domain.UserCount { return i.users(t, a) })
	}
}

// pages reads everything in pages of several sizes, and after marks of nothing.
func pages[R any](
	t testing.TB, by domain.GroupBy, all []R, mark func(R) domain.Cursor, read func(domain.Analysis) []R,
) {
	t.Helper()
	require.NotEmpty(t, all)
	for _, limit := range []int{1, 2, 3, len(all), len(all) + 1} {
		a := domain.Analysis{GroupBy: by, Limit: limit}
		var together []R
		for {
			page := read(a)
			together = append(together, page...)
			require.LessOrEqual(t, len(together), len(all), "by %q, %d at a time", by, limit)
			if len(page) < limit {
				break
			}
			last := mark(page[len(page)-1])
			a.After = &last
		}
		require.Equal(t, all, together, "by %q, %d at a time", by, limit)
	}
	for _, forged := range marks() {
		rows := read(domain.Analysis{GroupBy: by, Limit: manyRows, After: &forged})
		require.LessOrEqual(t, len(rows), len(all), "by %q after %+v", by, forged)
		before := len(all) - len(rows)
		require.Equal(t, append([]R{}, all[before:]...), append([]R{}, rows...), "by %q after %+v", by, forged)
		if !utf8.ValidString(forged.Key) || strings.ContainsRune(forged.Key, 0) {
			continue // no key is beside it
		}
		if len(rows) > 0 {
			require.Negative(t, orderOf(by, forged, mark(rows[0])), "by %q after %+v", by, forged)
		}
		if before > 0 {
			require.GreaterOrEqual(t, orderOf(by, forged, mark(all[before-1])), 0, "by %q after %+v", by, forged)
		}
	}
}

func refusesGroups(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, by := range []domain.GroupBy{domain.ByCountry, "user", "source'", "\x00"} {
		_, err := i.Analytics.CountUsers(t.Context(), domain.Analysis{GroupBy: by, Limit: 1})
		require.ErrorIs(t, err, domain.ErrInvalidRequest, by)
		require.Equal(t, "group_by", domain.AsError(err).Field)
		if by != domain.ByCountry {
			_, err = i.Analytics.CountFunnel(t.Context(), domain.Analysis{GroupBy: by, Limit: 1})
			require.ErrorIs(t, err, domain.ErrInvalidRequest, by)
		}
	}
}
