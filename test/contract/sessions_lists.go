package contract

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

func sessionListPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{"Find must return the session of an actor exactly when Users.WhoAmI finds the user.", findsSessions},
		{"OfUser must return all sessions of the actor's user, the newest first.", listsSessions},
		{"It must return none exactly when Users.WhoAmI finds no user.", listsNoSessions},
		{"End must end exactly the sessions of the actor's user that match the filter.", endsWhatIsNamed},
		{"It must find no user exactly when Users.WhoAmI finds none, and end nothing then.", endsNothing},
		{"The end must be durable when it returns, even if ctx is cancelled.", endIsDurable},
		{
			"Purge must delete at most p.Limit sessions, only those last used before p.UsedBefore or made before " +
				"p.MadeBefore.",
			purgesNothingElse,
		},
		{"Called until it deletes nothing, it must have deleted all that have been so for a day.", purgesAllInTheEnd},
	}
}

// opened is a session as it was opened, and its actor.
func (i *instances) opened(t testing.TB, recipient string) (domain.Session, domain.Actor) {
	t.Helper()
	var session domain.Session
	done, actor := i.complete(t, recipient, func(in *port.SignIn) { session = in.Session })
	session.UserID, session.LastUsedAt = done.User.ID, session.CreatedAt
	return session, actor
}

func findsSessions(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	_, strangers := i.strangers(t)
	for _, recipient := range []string{"carol@example.com", "+15557654321"} {
		session, actor := i.opened(t, recipient)
		require.Equal(t, session, i.session(t, actor))
		actor.UserID = session.UserID
		require.Equal(t, session, i.session(t, actor))
		actor.UserID++
		strangers["another number than that of "+recipient] = actor
	}
	for name, actor := range strangers {
		_, known, err := i.Users.WhoAmI(t.Context(), actor)
		require.NoError(t, err, "%.100q", name)
		require.False(t, known, "%.100q", name)
		session, found, err := i.Sessions.Find(t.Context(), actor)
		require.NoError(t, err, "%.100q", name)
		require.False(t, found, "%.100q", name)
		require.Zero(t, session, "%.100q", name)
	}
}

func listsSessions(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	var want []domain.Session
	var actors []domain.Actor
	for n := range 6 {
		session, actor := i.opened(t, "ada@example.com")
		i.opened(t, "bob@example.com")
		want, actors = append(want, session), append(actors, actor)
		if n%2 == 1 { // two each are made at once
			i.clock.Advance(time.Second)
		}
	}
	slices.Reverse(want)
	for n, actor := range actors {
		sessions, err := i.either(n).Sessions.OfUser(t.Context(), actor)
		require.NoError(t, err)
		require.Equal(t, want, sessions)
	}
	rotated := rotate(t, i.Stores, i.rotation(actors[0], 0))
	want[len(want)-1] = rotated.Session
	sessions, err := i.other.Sessions.OfUser(t.Context(), actors[5])
	require.NoError(t, err)
	require.Equal(t, want, sessions, "a use changes the place of a session")
}

func listsNoSessions(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	good, strangers := i.strangers(t)
	for name, actor := range strangers {
		sessions, err := i.Sessions.OfUser(t.Context(), actor)
		require.NoError(t, err, "%.100q", name)
		require.Empty(t, sessions, "%.100q", name)
	}
	require.Len(t, i.sessionsOf(t, good), 1)
}

// sessionsOf are the ids of the sessions of a user.
func (i *instances) sessionsOf(t testing.TB, actor domain.Actor) []string {
	t.Helper()
	sessions, err := i.other.Sessions.OfUser(t.Context(), actor)
	require.NoError(t, err)
	ids := make([]string, len(sessions))
	for n, session := range sessions {
		ids[n] = session.ID
	}
	return ids
}

func endsWhatIsNamed(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	_, bob := i.opened(t, "bob@example.com")
	own, first, second := "own", "first", "second" // the last one is the actor's
	all := []string{first, second, own}
	for n, c := range []struct {
		name  string
		which port.SessionFilter
		ended []string
	}{
		{"all", port.SessionFilter{}, all},
		{"the own one", port.SessionFilter{Only: own}, []string{own}},
		{"another one", port.SessionFilter{Only: first}, []string{first}},
		{"all but the own one", port.SessionFilter{Except: own}, []string{first, second}},
		{"one, which is not it", port.SessionFilter{Only: first, Except: own}, []string{first}},
		{"one, but not that", port.SessionFilter{Only: first, Except: first}, nil},
		{"another user's", port.SessionFilter{Only: bob.SessionID}, nil},
		{"all but another user's", port.SessionFilter{Except: bob.SessionID}, all},
		{"unknown", port.SessionFilter{Only: i.random.UUID(i.clock.Now())}, nil},
		{"no id at all", port.SessionFilter{Only: "' OR 1=1 --"}, nil},
		{"a zero", port.SessionFilter{Only: "\x00"}, nil},
		{"a long text", port.SessionFilter{Only: strings.Repeat("0", 100_000)}, nil},
		{"all but a zero", port.SessionFilter{Except: "\x00"}, all},
	} {
		ids := map[string]string{}
		var actor domain.Actor
		for _, name := range all {
			_, actor = i.complete(t, fmt.Sprintf("ada-%d@example.com", n))
			ids[name] = actor.SessionID
		}
		which := c.which
		for _, id := range []*string{&which.Only, &which.Except} {
			if known, ok := ids[*id]; ok {
				*id = known
			}
		}
		ended, found, err := i.Sessions.End(t.Context(), actor, which)
		require.NoError(t, err, c.name)
		require.True(t, found, c.name)
		require.Equal(t, len(c.ended), ended, c.name)
		for _, session := range all {
			_, there, err := i.other.Sessions.Find(t.Context(), domain.Actor{UserUUID: actor.UserUUID, SessionID: ids[session]})
			require.NoError(t, err)
			require.Equal(t, !slices.Contains(c.ended, session), there, "%s: the session %q", c.name, session)
		}
	}
	i.session(t, bob)
}

func endsNothing(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	good, strangers := i.strangers(t)
	_, bob := i.complete(t, "bob@example.com")
	before, bobs := i.sessionsOf(t, good), i.sessionsOf(t, bob)
	for name, actor := range strangers {
		for _, which := range []port.SessionFilter{{}, {Only: good.SessionID}, {Except: actor.SessionID}} {
			ended, found, err := i.Sessions.End(t.Context(), actor, which)
			require.NoError(t, err, "%.100q", name)
			require.False(t, found, "%.100q", name)
			require.Zero(t, ended, "%.100q", name)
		}
	}
	require.Equal(t, before, i.sessionsOf(t, good))
	require.Equal(t, bobs, i.sessionsOf(t, bob))
	disabled := strangers["disabled"]
	ada, _, err := i.Users.WhoAmI(t.Context(), good)
	require.NoError(t, err)
	for id := range ada.ID + 10 {
		i.SetUser(t, id, true, true)
	}
	i.session(t, disabled)
	ended, found, err := i.Sessions.End(t.Context(), good, port.SessionFilter{})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, len(before), ended)
	ended, found, err = i.Sessions.End(t.Context(), good, port.SessionFilter{})
	require.NoError(t, err)
	require.False(t, found, "an actor without a session is not found")
	require.Zero(t, ended)
}

func endIsDurable(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	_, actor := i.complete(t, "ada@example.com")
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	ended, found, err := i.Sessions.End(ctx, actor, port.SessionFilter{Only: actor.SessionID})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, 1, ended)
	_, found, err = i.reopen(t).Sessions.Find(t.Context(), actor)
	require.NoError(t, err)
	require.False(t, found)
}
