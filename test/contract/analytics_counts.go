package contract

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// timesOf are the times that an analysis of people may begin and end with: those at
// which a user joined, and a little earlier or later.
func timesOf(people []joined) (times []time.Time) {
	times = append(times, time.Time{})
	for n, p := range people {
		if n%9 == 0 {
			const most = time.Millisecond + time.Microsecond
			for _, by := range []time.Duration{-most, -time.Microsecond, 0, time.Microsecond, time.Millisecond} {
				times = append(times, p.at.Add(by))
			}
			times = append(times, p.at.Truncate(24*time.Hour), p.at.Truncate(time.Millisecond))
		}
	}
	return append(times, people[len(people)-1].at.Add(48*time.Hour))
}

func countsUsersOnce(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	people := i.crowd(t)
	for _, by := range userGroups {
		for _, since := range []time.Time{{}, people[20].at, people[59].at.Add(time.Hour)} {
			for _, until := range []time.Time{{}, people[40].at, people[0].at} {
				a := domain.Analysis{Since: since, Until: until, GroupBy: by, Limit: manyRows}
				require.Equal(t, wantUsers(people, a), i.users(t, a), "by %q from %s until %s", by, since, until)
			}
		}
	}
}

func countsToTheMicrosecond(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	people := i.crowd(t)
	for n := range 6 { // within one millisecond
		people = append(people, i.join(t, "m"+strconv.Itoa(n)+"@example.com", n-1))
		i.clock.Advance(150 * time.Microsecond)
	}
	times := timesOf(people)
	for n, since := range times {
		for _, by := range userGroups {
			for _, until := range []time.Time{
				{},
				since.Add(time.Microsecond), since.Add(400 * time.Microsecond),
				times[(n*7+3)%len(times)],
			} {
				if since.IsZero() && !until.After(people[0].at) {
					until = time.Time{}
				}
				a := domain.Analysis{Since: since, Until: until, GroupBy: by, Limit: manyRows}
				require.Equal(t, wantUsers(people, a), i.users(t, a), "by %q from %s until %s", by, since, until)
			}
		}
	}
}

func countsWhoIsThere(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	people := i.crowd(t)
	for _, n := range []int{59, 20, 14, 0} {
		found, err := i.Accounts.Delete(t.Context(), named(t, "p"+strconv.Itoa(n)+"@example.com"))
		require.NoError(t, err)
		require.True(t, found)
		people = append(people[:n:n], people[n+1:]...)
		for _, by := range userGroups {
			a := domain.Analysis{GroupBy: by, Limit: manyRows}
			require.Equal(t, wantUsers(people, a), i.users(t, a), "by %q without %d", by, n)
		}
	}
	i.setActive(t, named(t, "p1@example.com"), false)
	a := domain.Analysis{GroupBy: domain.BySource, Limit: manyRows}
	require.Equal(t, wantUsers(people, a), i.users(t, a), "disabled is there")
}

func countsNobody(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	none := func(a domain.Analysis) {
		for _, by := range userGroups {
			var want []domain.UserCount
			if by == "" {
				want = []domain.UserCount{{}}
			}
			a.GroupBy, a.Limit = by, manyRows
			require.Equal(t, want, i.users(t, a), "by %q", by)
		}
	}
	none(domain.Analysis{})
	people := i.crowd(t)
	none(domain.Analysis{Until: people[0].at})
	none(domain.Analysis{Since: people[59].at.Add(time.Microsecond)})
	none(domain.Analysis{Since: people[30].at, Until: people[30].at})
	promoted, _, err := i.Accounts.Promote(t.Context(), i.promotion(t, "root@example.com"))
	require.NoError(t, err)
	require.Equal(t, []domain.UserCount{{Group: domain.Group{
		Category: domain.CategoryDirect,
		Channel:  domain.SourceDirect,
	}, Users: 1}},
		i.users(t, domain.Analysis{
			Since: promoted.DateJoined, GroupBy: domain.BySource,
			Limit: manyRows,
		}), "the direct one alone")
}

func sumsTheFunnel(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	people := i.crowd(t)
	require.NotEmpty(t, i.FunnelOf(t))
	times := timesOf(people)
	for _, by := range funnelGroups {
		for n, since := range times {
			for _, until := range []time.Time{{}, times[(n*7+3)%len(times)], since.Add(24 * time.Hour)} {
				a := domain.Analysis{Since: since, Until: until, GroupBy: by, Limit: manyRows}
				require.Equal(t, i.wantFunnel(t, a), i.funnel(t, a), "by %q from %s until %s", by, since, until)
			}
		}
	}
	keys := map[string]bool{}
	for _, row := range i.funnel(t, domain.Analysis{GroupBy: domain.BySource, Limit: manyRows}) {
		keys[row.Key] = true
	}
	require.True(t, keys[domain.SourceOther] && keys[""] && keys[placeOf(1).ID], "%v", keys)
	whole := i.funnel(t, domain.Analysis{Limit: 1})[0]
	require.EqualValues(t, len(people), whole.Registered)
	require.Greater(t, whole.Requested, whole.Verified)
}

func othersAreOther(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	i.crowd(t)
	other := func(by domain.GroupBy) domain.Funnel {
		for _, row := range i.funnel(t, domain.Analysis{GroupBy: by, Limit: manyRows}) {
			if row.Key == domain.SourceOther {
				return row.Funnel
			}
		}
		return domain.Funnel{}
	}
	require.Positive(t, other(domain.BySource).Requested)
	require.Equal(t, other(domain.BySource), other(domain.ByCampaign))
}

func sumsNothing(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	none := func(a domain.Analysis) {
		for _, by := range funnelGroups {
			var want []domain.FunnelCount
			if by == "" {
				want = []domain.FunnelCount{{}}
			}
			a.GroupBy, a.Limit = by, manyRows
			require.Equal(t, want, i.funnel(t, a), "by %q", by)
		}
	}
	none(domain.Analysis{})
	people := i.crowd(t)
	none(domain.Analysis{Until: people[0].at.Truncate(24 * time.Hour)})
	none(domain.Analysis{Since: people[59].at.Add(24 * time.Hour)})
}
