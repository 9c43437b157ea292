package contract

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// Users proves the contract of port.Users.
func Users(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, userPromises())
}

func userPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{"WhoAmI must find the user of an actor in one read.", whoAmIFinds},
		{
			"It must find no user when the user is disabled, or the session is missing or another user's, whatever " +
				"the text of the ids.",
			whoAmIFindsNobody,
		},
		{"It must find no user when the actor has the id of another user.", whoAmIHoldsTheID},
		{
			"ChangeProfile must change exactly the given fields, and return the updated user.",
			changesWhatIsNamed,
		},
		{"It must find no user exactly when WhoAmI finds none, and change nothing then.", changesNobody},
		{
			"KnownSince must return whether an identifier has a user, active or not, and the time of joining.",
			knowsIdentifiers,
		},
	}
}

// whoAmIFinds can only see that what is found is all of one moment; that it is
// one read is for the tests of an adapter to count.
func whoAmIFinds(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, recipient := range kindsOf {
		done, actor := i.complete(t, recipient)
		require.Equal(t, done.User, i.user(t, actor))
		again, second := i.complete(t, recipient)
		require.Equal(t, again.User, i.user(t, actor))
		require.Equal(t, again.User, i.user(t, second))
	}

	_, actor := i.complete(t, "moment@example.com")
	const changes = 300
	changed := make(chan struct{})
	go func() {
		defer close(changed)
		for n := range changes {
			name := strconv.Itoa(n)
			_, _, err := i.Users.ChangeProfile(context.Background(), actor,
				domain.ProfileChange{FirstName: &name, LastName: &name})
			if err != nil {
				t.Errorf("change: %v", err)
			}
		}
	}()
	for going := true; going; {
		select {
		case <-changed:
			going = false
		default:
		}
		user := i.user(t, actor)
		require.Equal(t, user.FirstName, user.LastName, "parts of two moments")
	}
}

func whoAmIHoldsTheID(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	done, actor := i.complete(t, "ada@example.com")
	bob, _ := i.complete(t, "bob@example.com")
	actor.UserID = done.User.ID
	require.Equal(t, done.User, i.user(t, actor))
	actor.UserID = bob.User.ID
	i.noUser(t, actor)
	name := "Eve"
	_, found, err := i.Users.ChangeProfile(t.Context(), actor, domain.ProfileChange{FirstName: &name})
	require.NoError(t, err)
	require.False(t, found)
	actor.UserID = 0
	require.Equal(t, done.User, i.user(t, actor))
}

// strangers are actors that are not valid, beside the one that is.
func (i *instances) strangers(t testing.TB) (good domain.Actor, strangers map[string]domain.Actor) {
	_, good = i.complete(t, "ada@example.com")
	_, bob := i.complete(t, "bob@example.com")
	gone, disabled := i.complete(t, "+15551234567")
	i.SetUser(t, gone.User.ID, false, true)
	strangers = map[string]domain.Actor{
		"disabled":            disabled,
		"no session":          {UserUUID: good.UserUUID, SessionID: i.random.UUID(i.clock.Now())},
		"another's session":   {UserUUID: good.UserUUID, SessionID: bob.SessionID},
		"another user":        {UserUUID: bob.UserUUID, SessionID: good.SessionID},
		"no user":             {UserUUID: i.random.UUID(i.clock.Now()), SessionID: good.SessionID},
		"user as session":     {UserUUID: good.UserUUID, SessionID: good.UserUUID},
		"disabled user's own": {UserUUID: good.UserUUID, SessionID: disabled.SessionID},
		"zero":                {},
	}
	for _, text := range noIDs(good.UserUUID) {
		strangers["user "+text] = domain.Actor{UserUUID: text, SessionID: good.SessionID}
	}
	for _, text := range noIDs(good.SessionID) {
		strangers["session "+text] = domain.Actor{UserUUID: good.UserUUID, SessionID: text}
	}
	return good, strangers
}

func whoAmIFindsNobody(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	good, strangers := i.strangers(t)
	for name, actor := range strangers {
		user, found, err := i.other.Users.WhoAmI(t.Context(), actor)
		require.NoError(t, err, "%.100q", name)
		require.False(t, found, "%.100q", name)
		require.Zero(t, user, "%.100q", name)
	}
	i.user(t, good)
}

func changesWhatIsNamed(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	texts := []string{"Ada", "Ωμέγα 😀", "O'Neil; --", ""}
	done, actor := i.complete(t, "ada@example.com")
	want := done.User
	for n := range 1 << 4 { // every choice of parts
		var change domain.ProfileChange
		for part, place := range []struct {
			change **string
			want   *string
		}{
			{&change.FirstName, &want.FirstName},
			{&change.LastName, &want.LastName},
			{&change.Company, &want.Company},
			{&change.Position, &want.Position},
		} {
			if n>>part&1 == 1 {
				text := texts[(n+part)%len(texts)]
				*place.change, *place.want = &text, text
			}
		}
		user, found, err := i.Users.ChangeProfile(t.Context(), actor, change)
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, want, user)
		require.Equal(t, want, i.user(t, actor))
	}
}

func changesNobody(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	good, strangers := i.strangers(t)
	before := i.user(t, good)
	name := "Mallory"
	for name, actor := range strangers {
		user, found, err := i.Users.ChangeProfile(t.Context(), actor, domain.ProfileChange{FirstName: &name})
		require.NoError(t, err, "%.100q", name)
		require.False(t, found, "%.100q", name)
		require.Zero(t, user, "%.100q", name)
	}
	require.Equal(t, before, i.user(t, good))
	done, _ := i.complete(t, "bob@example.com")
	require.Empty(t, done.User.FirstName)
	disabled, err := i.SignIns.Complete(t.Context(), i.signIn(i.issue(t, i.request(t, "+15551234567")).Secret))
	require.NoError(t, err)
	require.Empty(t, disabled.User.FirstName)
	_, found, err := i.Users.ChangeProfile(t.Context(), good, domain.ProfileChange{FirstName: &name})
	require.NoError(t, err)
	require.True(t, found)
}

func knowsIdentifiers(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, recipient := range kindsOf {
		identifier, err := domain.ParseIdentifier(recipient)
		require.NoError(t, err)
		wantKnown := func(want bool, since time.Time, what string) {
			joined, known, err := i.other.Users.KnownSince(t.Context(), identifier)
			require.NoError(t, err)
			require.Equal(t, want, known, "%s %s", what, recipient)
			require.Equal(t, since, joined, "%s %s", what, recipient)
		}
		wantKnown(false, time.Time{}, "no user has")
		i.issue(t, i.request(t, recipient))
		wantKnown(false, time.Time{}, "a code was asked for by")
		done, _ := i.complete(t, recipient)
		wantKnown(true, done.User.DateJoined, "after a sign-in as")
		i.clock.Advance(time.Hour)
		i.complete(t, recipient)
		wantKnown(true, done.User.DateJoined, "for an hour there has been")
		i.SetUser(t, done.User.ID, false, true)
		wantKnown(true, done.User.DateJoined, "disabled is")
	}
}
