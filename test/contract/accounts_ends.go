package contract

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

func accountEndPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{"SetActive must enable or disable the user, and report whether that changed anything.", enablesAndDisables},
		{
			"A disabled user must have no session, and ended sessions must stay ended when the user is enabled again.",
			disablingEndsSessions,
		},
		{
			"A parallel sign-in or refresh must leave no session to a disabled user.",
			disablingWinsAgainstSignIns,
		},
		{
			"Delete must delete the user with every session and every link to a source, and no other user.",
			deletesWhoIsNamed,
		},
		{"A later or parallel sign-in with the identifier must create a new user.", deletedPeopleComeBackAnew},
	}
}

func enablesAndDisables(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, recipient := range kindsOf {
		done, _ := i.complete(t, recipient, from(t, "first.example"))
		before := i.account(t, named(t, recipient))
		for _, name := range []port.AccountRef{{ID: done.User.ID}, named(t, recipient)} {
			for n, active := range []bool{true, false, false, true, true} {
				want := before.User
				want.IsActive = active
				user, changed := i.setActive(t, name, active)
				require.Equal(t, n%2 == 1, changed)
				require.Equal(t, want, user)
				account := i.account(t, name)
				require.Equal(t, want, account.User)
				require.Equal(t, before.Sources, account.Sources)
			}
		}
	}
	for _, name := range i.missingRefs(t) {
		user, changed, found, err := i.Accounts.SetActive(t.Context(), name, false)
		require.NoError(t, err)
		require.Zero(t, user)
		require.False(t, changed || found)
	}
	for _, recipient := range kindsOf {
		require.True(t, i.account(t, named(t, recipient)).User.IsActive)
	}
}

func disablingEndsSessions(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	_, bob := i.complete(t, "bob@example.com")
	for _, recipient := range kindsOf {
		var actors []domain.Actor
		for range 3 {
			_, actor := i.complete(t, recipient)
			actors = append(actors, actor)
		}
		ended := func() {
			for _, actor := range actors {
				i.noSession(t, actor)
				i.noUser(t, actor)
				require.Equal(t, domain.RefreshEnded, rotate(t, i.other, i.rotation(actor, 0)).Verdict)
			}
			require.Empty(t, i.account(t, named(t, recipient)).Sessions)
		}
		i.setActive(t, named(t, recipient), false)
		ended()
		i.setActive(t, named(t, recipient), true)
		ended()
		_, again := i.complete(t, recipient)
		i.session(t, again)

		i.SetUser(t, i.account(t, named(t, recipient)).User.ID, false, true) // in another way
		i.setActive(t, named(t, recipient), true)
		i.noSession(t, again)
	}
	i.session(t, bob)
}

// disablingWinsAgainstSignIns has people sign in, and refresh what they have, while
// they are disabled.
func disablingWinsAgainstSignIns(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	const rounds, signIns, refreshers = 40, 6, 4
	for round := range rounds {
		recipient := kindsOf[round%2]
		_, _, _, err := i.Accounts.SetActive(t.Context(), named(t, recipient), true)
		require.NoError(t, err)
		_, actor := i.complete(t, recipient)
		var all [signIns]port.SignIn
		for n := range all {
			req := i.request(t, recipient)
			req.Fresh.Lane, req.Limit = strconv.Itoa(n), noLimit
			all[n] = i.signIn(i.issue(t, req).Secret)
		}
		inParallel(signIns+refreshers+1, func(n int) {
			var err error
			switch stores := i.either(n + round); {
			case n == 0:
				_, _, _, err = stores.Accounts.SetActive(context.Background(), named(t, recipient), false)
			case n <= signIns:
				_, err = stores.SignIns.Complete(context.Background(), all[n-1])
			default:
				r := i.rotation(actor, 0)
				r.Policy.AcceptsOlder = true
				_, err = stores.Sessions.Rotate(context.Background(), r)
			}
			if err != nil {
				t.Errorf("round %d, act %d: %v", round, n, err)
			}
		})
		account := i.account(t, named(t, recipient))
		require.False(t, account.User.IsActive)
		require.Empty(t, account.Sessions, "round %d", round)
		i.clock.Advance(time.Hour)
	}
}

func deletesWhoIsNamed(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	_, bobActor := i.complete(t, "bob@example.com", from(t, "first.example"))
	bob := i.account(t, named(t, "bob@example.com"))
	for n, recipient := range kindsOf {
		done, actor := i.complete(t, recipient, from(t, "first.example"))
		i.complete(t, recipient)
		if n == 1 {
			i.SetUser(t, done.User.ID, false, true)
		}
		name := []port.AccountRef{{ID: done.User.ID}, named(t, recipient)}[n]
		for round := range 2 {
			found, err := i.Accounts.Delete(t.Context(), name)
			require.NoError(t, err)
			require.Equal(t, round == 0, found)
		}
		i.noAccount(t, port.AccountRef{ID: done.User.ID})
		i.noAccount(t, named(t, recipient))
		i.noUser(t, actor)
		require.Equal(t, domain.RefreshEnded, rotate(t, i.other, i.rotation(actor, 0)).Verdict)
		require.Empty(t, i.SourcesOf(t, done.User.ID))
	}
	for _, name := range i.missingRefs(t) {
		found, err := i.Accounts.Delete(t.Context(), name)
		require.NoError(t, err)
		require.False(t, found)
	}
	require.Equal(t, bob, i.account(t, named(t, "bob@example.com")))
	i.user(t, bobActor)
}

func deletedPeopleComeBackAnew(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	const rounds, signIns = 20, 6
	for round := range rounds {
		recipient := kindsOf[round%2]
		_, _, err := i.Accounts.Promote(t.Context(), i.promotion(t, recipient))
		require.NoError(t, err)
		before, _ := i.complete(t, recipient)
		require.True(t, before.User.IsSuperuser)
		var all [signIns]port.SignIn
		var done [signIns]port.SignInResult
		for n := range all {
			req := i.request(t, recipient)
			req.Fresh.Lane, req.Limit = strconv.Itoa(n), noLimit
			all[n] = i.signIn(i.issue(t, req).Secret)
			from(t, "later.example")(&all[n])
		}
		inParallel(signIns+1, func(n int) {
			var err error
			if n == signIns {
				_, err = i.either(round).Accounts.Delete(context.Background(), port.AccountRef{ID: before.User.ID})
			} else {
				done[n], err = i.either(n).SignIns.Complete(context.Background(), all[n])
			}
			if err != nil {
				t.Errorf("round %d, act %d: %v", round, n, err)
			}
		})
		i.noAccount(t, port.AccountRef{ID: before.User.ID})
		later, _ := i.complete(t, recipient)
		require.NotEqual(t, before.User.ID, later.User.ID)
		require.NotEqual(t, before.User.UUID, later.User.UUID)
		require.False(t, later.User.IsStaff || later.User.IsSuperuser, "rights of another user")
		sessions := 1
		for n, d := range done {
			require.True(t, d.Consumed)
			actor := domain.Actor{UserUUID: d.User.UUID, SessionID: all[n].Session.ID}
			if d.User.ID == before.User.ID {
				i.noSession(t, actor)
				continue
			}
			require.Equal(t, later.User.ID, d.User.ID)
			i.session(t, actor)
			sessions++
		}
		account := i.account(t, named(t, recipient))
		require.Len(t, account.Sessions, sessions)
		if sessions > 1 {
			require.Len(t, account.Sources, 1)
			require.True(t, account.Sources[0].First)
		}
		_, err = i.Accounts.Delete(t.Context(), named(t, recipient))
		require.NoError(t, err)
		i.clock.Advance(time.Hour)
	}
}
