package contract

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const day = 24 * time.Hour

// aging are sessions of which some are idle and some are old, and a purge that is
// to tell them apart.
type aging struct {
	*instances
	purge    port.SessionPurge
	sessions []domain.Session
	actors   []domain.Actor
}

// newAging makes sessions around both bounds of a purge: every one was made some
// time before or after a bound, and used once at or after that.
func newAging(t testing.TB, open OpenStores) *aging {
	a := &aging{instances: openInstances(t, open)}
	begun := a.clock.Now()
	a.purge = port.SessionPurge{MadeBefore: begun, UsedBefore: begun.Add(20*day + 3*time.Hour), Limit: 3}
	around := []time.Duration{-2 * day, -day - time.Second, -time.Hour, -time.Microsecond, 0, time.Hour, 2 * day}
	for _, made := range around {
		for _, used := range around {
			a.clock.Set(a.purge.MadeBefore.Add(made))
			_, actor := a.complete(t, "ada@example.com")
			a.clock.Set(a.purge.UsedBefore.Add(used))
			a.use(t, actor)
			a.add(t, actor)
		}
		a.clock.Set(a.purge.UsedBefore.Add(made)) // not used since
		_, actor := a.complete(t, "ada@example.com")
		a.add(t, actor)
	}
	a.clock.Set(a.purge.UsedBefore)
	_, actor := a.complete(t, "ada@example.com",
		func(in *port.SignIn) { in.Session.ID = a.random.UUID(begun.Add(-2 * day)) })
	a.add(t, actor) // only its id is old
	return a
}

// use uses a session, now.
func (a *aging) use(t testing.TB, actor domain.Actor) {
	t.Helper()
	require.Equal(t, domain.RefreshCurrent, rotate(t, a.Stores, a.rotation(actor, 0)).Verdict)
}

// add adds a session as it is.
func (a *aging) add(t testing.TB, actor domain.Actor) {
	t.Helper()
	a.sessions, a.actors = append(a.sessions, a.session(t, actor)), append(a.actors, actor)
}

// left are the sessions that are there.
func (a *aging) left(t testing.TB) (left []domain.Session) {
	t.Helper()
	for n, actor := range a.actors {
		session, found, err := a.other.Sessions.Find(t.Context(), actor)
		require.NoError(t, err)
		if found {
			require.Equal(t, a.sessions[n], session)
			left = append(left, session)
		}
	}
	return left
}

// due tells whether a purge may remove a session.
func due(p port.SessionPurge, s domain.Session) bool {
	return s.LastUsedAt.Before(p.UsedBefore) || s.CreatedAt.Before(p.MadeBefore)
}

func (a *aging) purgeOnce(t testing.TB) int {
	t.Helper()
	removed, err := a.Sessions.Purge(t.Context(), a.purge)
	require.NoError(t, err)
	return removed
}

func purgesNothingElse(t testing.TB, open OpenStores) {
	a := newAging(t, open)
	keeps := func() {
		t.Helper()
		left := a.left(t)
		for _, session := range a.sessions {
			if !due(a.purge, session) {
				require.Contains(t, left, session)
			}
		}
	}
	bounds := a.purge
	a.purge = port.SessionPurge{Limit: bounds.Limit}
	require.Zero(t, a.purgeOnce(t), "with the bounds long ago")
	require.Len(t, a.left(t), len(a.sessions))
	a.purge = bounds
	a.purge.Limit = 0
	require.Zero(t, a.purgeOnce(t), "of no limit nothing is left")
	a.purge = bounds
	for before := len(a.sessions); ; {
		removed := a.purgeOnce(t)
		require.LessOrEqual(t, removed, a.purge.Limit)
		left := len(a.left(t))
		require.Equal(t, before-removed, left)
		keeps()
		if before = left; removed == 0 {
			break
		}
	}
	a.purgeWhileInUse(t)
}

// purgeWhileInUse purges sessions that come into use again meanwhile: one that
// was refreshed must be kept.
func (a *aging) purgeWhileInUse(t testing.TB) {
	const sessions = 40
	actors := make([]domain.Actor, sessions)
	for n := range actors {
		_, actors[n] = a.complete(t, "bob@example.com")
	}
	a.clock.Advance(30 * day)
	now := a.clock.Now()
	told := make([]port.RotationResult, sessions)
	inParallel(sessions+2, func(n int) {
		if n >= sessions {
			for removed := 1; removed > 0; {
				var err error
				removed, err = a.either(n).Sessions.Purge(context.Background(), port.SessionPurge{UsedBefore: now, Limit: 2})
				if err != nil {
					t.Errorf("purge: %v", err)
				}
			}
			return
		}
		var err error
		if told[n], err = a.either(n).Sessions.Rotate(context.Background(), a.rotation(actors[n], 0)); err != nil {
			t.Errorf("rotate: %v", err)
		}
	})
	for n, answer := range told {
		if answer.Verdict == domain.RefreshCurrent {
			require.Equal(t, answer.Session, a.session(t, actors[n]))
		} else {
			a.noSession(t, actors[n])
		}
	}
}

func purgesAllInTheEnd(t testing.TB, open OpenStores) {
	for _, bound := range []func(*port.SessionPurge){
		func(*port.SessionPurge) {},
		func(p *port.SessionPurge) { p.UsedBefore = time.Time{} },
		func(p *port.SessionPurge) { p.MadeBefore = time.Time{} },
	} {
		a := newAging(t, open)
		bound(&a.purge)
		for a.purgeOnce(t) > 0 {
		}
		left := a.left(t)
		aDayAgo := a.purge
		aDayAgo.UsedBefore, aDayAgo.MadeBefore = aDayAgo.UsedBefore.Add(-day), aDayAgo.MadeBefore.Add(-day)
		require.False(t, slices.ContainsFunc(left, func(s domain.Session) bool { return due(aDayAgo, s) }), "%+v", left)
		require.Less(t, len(left), len(a.sessions))
	}
}
