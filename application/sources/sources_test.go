package sources_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

var errAway = errors.New("connection refused")

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func users(key string, n int64) domain.UserCount {
	return domain.UserCount{Group: domain.Group{Key: key}, Users: n}
}

func TestListSources(t *testing.T) {
	t.Parallel()
	actor := domain.Actor{UserUUID: "u", SessionID: "s"}
	stored := []domain.UserSource{{Source: domain.RegistrationSource{ID: "a"}, First: true}}
	store := mocks.NewRegistrationSources(t)
	uc := sources.NewListSources(store)
	store.EXPECT().OfUser(mock.Anything, actor).Return(stored, true, nil).Once()
	out, err := uc.Do(t.Context(), sources.ListSourcesIn{Actor: actor})
	require.NoError(t, err)
	require.Equal(t, stored, out.Sources)

	store.EXPECT().OfUser(mock.Anything, actor).Return(stored, false, nil).Once()
	out, err = uc.Do(t.Context(), sources.ListSourcesIn{Actor: actor})
	require.ErrorIs(t, err, domain.ErrTokenNotValid)
	require.Zero(t, out)

	store.EXPECT().OfUser(mock.Anything, actor).Return(nil, false, errAway).Once()
	_, err = uc.Do(t.Context(), sources.ListSourcesIn{Actor: actor})
	require.ErrorIs(t, err, errAway)
}

func TestCountUsers_pages(t *testing.T) {
	t.Parallel()
	store := mocks.NewAnalytics(t)
	uc := sources.NewCountUsers(store)
	rows := []domain.UserCount{users("a", 3), users("b", 2), users("c", 2)}

	store.EXPECT().CountUsers(mock.Anything, domain.Analysis{GroupBy: domain.BySource, Limit: 3}).Return(rows, nil).Once()
	out, err := uc.Do(t.Context(), sources.CountUsersIn{Analysis: domain.Analysis{Limit: 2}})
	require.NoError(t, err)
	require.Equal(t, sources.CountUsersOut{Rows: rows[:2], Next: &domain.Cursor{Count: 2, Key: "b"}}, out)

	store.EXPECT().CountUsers(mock.Anything, domain.Analysis{GroupBy: domain.BySource, Limit: 3, After: out.Next}).
		Return(rows[2:], nil).Once()
	out, err = uc.Do(t.Context(), sources.CountUsersIn{Analysis: domain.Analysis{Limit: 2, After: out.Next}})
	require.NoError(t, err)
	require.Equal(t, sources.CountUsersOut{Rows: rows[2:]}, out)

	store.EXPECT().CountUsers(mock.Anything, domain.Analysis{GroupBy: domain.ByDay, Limit: sources.DefaultRows + 1}).
		Return(nil, errAway).Once()
	_, err = uc.Do(t.Context(), sources.CountUsersIn{Analysis: domain.Analysis{GroupBy: domain.ByDay}})
	require.ErrorIs(t, err, errAway)
}

func TestShowFunnel_pages(t *testing.T) {
	t.Parallel()
	store := mocks.NewAnalytics(t)
	uc := sources.NewShowFunnel(store)
	rows := []domain.FunnelCount{
		{Group: domain.Group{Key: "DE"}, Funnel: domain.Funnel{Requested: 9}},
		{Group: domain.Group{Key: "US"}, Funnel: domain.Funnel{Requested: 8}},
	}
	store.EXPECT().CountFunnel(mock.Anything, domain.Analysis{GroupBy: domain.ByCountry, Limit: 2}).
		Return(rows, nil).Once()
	out, err := uc.Do(t.Context(), sources.ShowFunnelIn{Analysis: domain.Analysis{GroupBy: domain.ByCountry, Limit: 1}})
	require.NoError(t, err)
	require.Equal(t, sources.ShowFunnelOut{Rows: rows[:1], Next: &domain.Cursor{Count: 9, Key: "DE"}}, out)

	store.EXPECT().CountFunnel(mock.Anything, domain.Analysis{Since: day("2026-03-14"), Limit: sources.DefaultRows + 1}).
		Return(rows[:1], nil).Once()
	out, err = uc.Do(t.Context(), sources.ShowFunnelIn{Analysis: domain.Analysis{Since: fake.Noon}})
	require.NoError(t, err)
	require.Equal(t, sources.ShowFunnelOut{Rows: rows[:1]}, out)

	store.EXPECT().CountFunnel(mock.Anything, mock.Anything).Return(nil, errAway).Once()
	_, err = uc.Do(t.Context(), sources.ShowFunnelIn{})
	require.ErrorIs(t, err, errAway)
}

func TestAnalyses_thatCannotBeMade(t *testing.T) {
	t.Parallel()
	store := mocks.NewAnalytics(t) // is not asked
	count, funnel := sources.NewCountUsers(store), sources.NewShowFunnel(store)
	days := sources.NewCountRegistrations(store, fake.NewClock())
	wrong := domain.Analysis{GroupBy: "x' OR 1=1", Limit: -1, Since: day("2026-03-02"), Until: day("2026-03-02")}
	for _, err := range []error{
		second(count.Do(t.Context(), sources.CountUsersIn{Analysis: wrong})),
		second(funnel.Do(t.Context(), sources.ShowFunnelIn{Analysis: wrong})),
		second(days.Do(t.Context(), sources.CountRegistrationsIn{Analysis: wrong})),
	} {
		require.ErrorIs(t, err, domain.ErrInvalidRequest)
		var fields []string
		for _, f := range domain.AsError(err).Fields() {
			fields = append(fields, f.Field)
		}
		require.Equal(t, []string{"group_by", "limit", "until"}, fields, "all at once")
	}
	require.ErrorIs(t, second(count.Do(t.Context(),
		sources.CountUsersIn{Analysis: domain.Analysis{Limit: sources.MaxRows + 1}})), domain.ErrInvalidRequest)
	require.ErrorContains(t, domain.ErrInvalidRequest, "invalid_request")
	country := second(count.Do(t.Context(), sources.CountUsersIn{Analysis: domain.Analysis{GroupBy: domain.ByCountry}}))
	require.Equal(t, "Must be one of source, category, channel, campaign, day", domain.AsError(country).Cure,
		"users have no country")
}

func second[T any](_ T, err error) error { return err }

func TestCountRegistrations_everyDay(t *testing.T) {
	t.Parallel()
	store := mocks.NewAnalytics(t)
	uc := sources.NewCountRegistrations(store, fake.NewClock())
	asked := domain.Analysis{
		Since: day("2026-02-27").Add(time.Hour), Until: day("2026-03-03").Add(time.Minute),
		GroupBy: domain.ByDay, Limit: 2,
	}

	first := asked
	first.Until = day("2026-03-01")
	store.EXPECT().CountUsers(mock.Anything, first).Return([]domain.UserCount{users("2026-02-28", 5)}, nil).Once()
	out, err := uc.Do(t.Context(), sources.CountRegistrationsIn{Analysis: asked})
	require.NoError(t, err)
	require.Equal(t, sources.CountRegistrationsOut{
		Rows: []domain.UserCount{users("2026-02-27", 0), users("2026-02-28", 5)}, Next: &domain.Cursor{Key: "2026-02-28"},
	}, out)

	asked.After = out.Next
	store.EXPECT().CountUsers(mock.Anything, domain.Analysis{
		Since: day("2026-03-01"), Until: day("2026-03-03"), GroupBy: domain.ByDay, Limit: 2,
	}).Return(nil, nil).Once()
	out, err = uc.Do(t.Context(), sources.CountRegistrationsIn{Analysis: asked})
	require.NoError(t, err)
	require.Equal(t, &domain.Cursor{Key: "2026-03-02"}, out.Next)

	asked.After = out.Next
	store.EXPECT().CountUsers(mock.Anything, domain.Analysis{
		Since: day("2026-03-03"), Until: asked.Until, GroupBy: domain.ByDay, Limit: 2,
	}).Return([]domain.UserCount{users("2026-03-03", 1)}, nil).Once()
	out, err = uc.Do(t.Context(), sources.CountRegistrationsIn{Analysis: asked})
	require.NoError(t, err)
	require.Equal(t, sources.CountRegistrationsOut{Rows: []domain.UserCount{users("2026-03-03", 1)}}, out)

	asked.After = &domain.Cursor{Key: "9999-12-31"}
	out, err = uc.Do(t.Context(), sources.CountRegistrationsIn{Analysis: asked})
	require.NoError(t, err)
	require.Zero(t, out, "after the end")
	for _, key := range []string{"2026-02-26", "x", "2026-2-3", ""} {
		asked.After = &domain.Cursor{Key: key}
		_, err = uc.Do(t.Context(), sources.CountRegistrationsIn{Analysis: asked})
		require.Equal(t, "cursor", domain.AsError(err).Field, key)
	}
}

func TestCountRegistrations_usually30Days(t *testing.T) {
	t.Parallel()
	store := mocks.NewAnalytics(t)
	store.EXPECT().CountUsers(mock.Anything, domain.Analysis{
		Since: day("2026-02-13"), Until: fake.Noon.Add(time.Microsecond), GroupBy: domain.ByDay, Limit: sources.DefaultRows,
	}).Return([]domain.UserCount{users("2026-03-14", 2)}, nil).Once()
	out, err := sources.NewCountRegistrations(store, fake.NewClock()).Do(t.Context(), sources.CountRegistrationsIn{})
	require.NoError(t, err)
	require.Len(t, out.Rows, 30)
	require.Equal(t, users("2026-02-13", 0), out.Rows[0])
	require.Equal(t, users("2026-03-14", 2), out.Rows[29])
	require.Nil(t, out.Next)

	store.EXPECT().CountUsers(mock.Anything, mock.Anything).Return(nil, errAway).Once()
	_, err = sources.NewCountRegistrations(store, fake.NewClock()).Do(t.Context(), sources.CountRegistrationsIn{})
	require.ErrorIs(t, err, errAway)
}
