package contract

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// rotationByStrangers presents the generations that would be current, a repeat and
// reused for the owner of the session.
func rotationByStrangers(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	_, strangers := i.strangers(t)
	bobs, bob := i.rotatedSession(t, "bob@example.com")
	disabled, disabledActor := i.rotatedSession(t, "+15557654321")
	before, good := i.rotatedSession(t, "ada@example.com")
	i.SetUser(t, disabled.UserID, false, true)
	for text, actor := range map[string]domain.Actor{
		"disabled since":        disabledActor,
		"bob's session":         {UserUUID: good.UserUUID, SessionID: bob.SessionID},
		"bob and ada's session": {UserUUID: bob.UserUUID, SessionID: good.SessionID},
		"unknown session":       {UserUUID: good.UserUUID, SessionID: i.random.UUID(i.clock.Now())},
		"unknown user":          {UserUUID: i.random.UUID(i.clock.Now()), SessionID: good.SessionID},
	} {
		strangers[text] = actor
	}
	for _, text := range noIDs(good.UserUUID) {
		strangers["ada's session and user "+text] = domain.Actor{UserUUID: text, SessionID: good.SessionID}
	}
	for _, text := range noIDs(good.SessionID) {
		strangers["ada and session "+text] = domain.Actor{UserUUID: good.UserUUID, SessionID: text}
	}
	for name, actor := range strangers {
		for generation := range before.Generation + 2 {
			got := rotate(t, i.either(int(generation)), i.rotation(actor, generation))
			require.Equal(t, port.RotationResult{Verdict: domain.RefreshEnded}, got, "%.100q, generation %d", name, generation)
		}
	}
	require.Equal(t, before, i.session(t, good))
	require.Equal(t, bobs, i.session(t, bob))
	i.SetUser(t, disabled.UserID, true, true)
	require.Equal(t, disabled, i.session(t, disabledActor))
	require.Equal(t, domain.RefreshCurrent, rotate(t, i.Stores, i.rotation(disabledActor, disabled.Generation)).Verdict)
}

// endWinsAgainstRotation has clients refresh a session, each with what it was
// given last, while it ends: one client alone, or several where older refresh tokens
// are kept.
func endWinsAgainstRotation(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	const rounds, refreshes = 100, 8
	for round := range rounds {
		done, actor := i.complete(t, "ada@example.com")
		actor.UserID = done.User.ID
		clients := 1 + 3*(round/2%2)
		shown := func(generation int64) port.Rotation {
			r := i.rotation(actor, generation)
			r.Policy.AcceptsOlder = clients > 1
			return r
		}
		var ended atomic.Bool
		inParallel(clients+1, func(n int) {
			if n == clients {
				i.endNow(t, i.either(round), actor, round%2 == 0)
				ended.Store(true)
				return
			}
			generation := int64(0)
			for range refreshes {
				late := ended.Load()
				got, err := i.either(n).Sessions.Rotate(context.Background(), shown(generation))
				switch {
				case err != nil:
					t.Errorf("rotate: %v", err)
					return
				case got.Verdict == domain.RefreshEnded:
					return
				case late || got.Verdict != domain.RefreshCurrent:
					t.Errorf("%s, with the session ended: %t", got.Verdict, late)
					return
				}
				generation = got.Session.Generation
			}
		})
		i.noSession(t, actor)
		for generation := range int64(3) {
			require.Equal(t, port.RotationResult{Verdict: domain.RefreshEnded}, rotate(t, i.other, shown(generation)))
		}
	}
}

// endNow ends the one session of an actor: that one, or all.
func (i *instances) endNow(t testing.TB, s Stores, actor domain.Actor, all bool) {
	which := port.SessionFilter{Only: actor.SessionID}
	if all {
		which = port.SessionFilter{}
	}
	ended, found, err := s.Sessions.End(context.Background(), actor, which)
	if err != nil || !found || ended != 1 {
		t.Errorf("end: %d sessions ended, actor found: %t, error: %v", ended, found, err)
	}
}

func rotationIsDurable(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	before, actor := i.rotatedSession(t, "ada@example.com")
	i.clock.Advance(time.Hour)
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	rotated, err := i.Sessions.Rotate(ctx, i.rotation(actor, before.Generation))
	require.NoError(t, err)
	require.Equal(t, domain.RefreshCurrent, rotated.Verdict)
	session, found, err := i.reopen(t).Sessions.Find(t.Context(), actor)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, rotated.Session, session)

	rotated, err = i.Sessions.Rotate(ctx, i.rotation(actor, 0))
	require.NoError(t, err)
	require.Equal(t, domain.RefreshReused, rotated.Verdict)
	_, found, err = i.reopen(t).Sessions.Find(t.Context(), actor)
	require.NoError(t, err)
	require.False(t, found)
}
