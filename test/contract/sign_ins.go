package contract

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SignIns proves the contract of port.SignIns.
func SignIns(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, signInPromises())
}

func signInPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{
			"It must consume a challenge only while it is active, if its purpose is sign-in and its recipient is the " +
				"proof's, and change nothing otherwise.",
			consumesWhatIsActive,
		},
		{"Of any number of parallel proofs of one challenge exactly one must be consumed.", parallelProofs},
		{
			"A recipient without a user must get exactly one, whatever runs in parallel.",
			recipientBecomesOneUser,
		},
		{"An existing user must keep id, name and first source.", userIsKept},
		{
			"The source of a sign-in must be linked, as the first one exactly when the user is new, and each source " +
				"of a user once.",
			sourceIsLinked,
		},
		{
			"The identifier must become verified, and the last login must be the time of the sign-in.",
			identifierIsVerified,
		},
		{"With KeepLastLogin the last login must stay as it was: none for a new user.", lastLoginIsKept},
		{
			"The challenge of a disabled user must be consumed without session and source, and the user must stay as it was.",
			disabledUserStaysOut,
		},
		{"A taken username must be reported as ErrUsernameTaken, with nothing consumed.", takenUsername},
		{"Its effect must be durable when it returns, even if ctx is cancelled.", signInIsDurable},
	}
}

// kindsOf are a recipient of each kind.
var kindsOf = []string{"ada@example.com", "+15551234567"}

func consumesWhatIsActive(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	req := i.request(t, "ada@example.com")
	req.Fresh.OTPKey = keysOf(req.Fresh.Recipient)[1]
	otherPurpose := i.issue(t, req).Secret
	active := i.issue(t, i.request(t, "ada@example.com")).Secret
	exhausted := i.issue(t, i.request(t, "bob@example.com")).Secret
	for range exhausted.MaxAttempts {
		_, _, err := i.OTPSecrets.CountWrong(t.Context(), exhausted.ChallengeID, i.clock.Now())
		require.NoError(t, err)
	}
	of := func(secret domain.OTPSecret, change func(*port.SignIn)) port.SignIn {
		in := i.signIn(secret)
		change(&in)
		return in
	}
	refused := map[string]port.SignIn{
		"expired":                  of(active, func(in *port.SignIn) { in.Now = active.ExpiresAt }),
		"exhausted":                i.signIn(exhausted),
		"made for another purpose": i.signIn(otherPurpose),
		"of another recipient":     of(active, func(in *port.SignIn) { in.Proof.Recipient = exhausted.Recipient }),
		"of another kind": of(active, func(in *port.SignIn) {
			in.Proof.Recipient = i.request(t, "+15551234567").Fresh.Recipient
		}),
		"unknown": of(active, func(in *port.SignIn) { in.Proof.ChallengeID = domain.ChallengeID(i.random.UUID(in.Now)) }),
	}
	for _, text := range noIDs(string(active.ChallengeID)) {
		refused[fmt.Sprintf("the text %.60q", text)] = of(active,
			func(in *port.SignIn) { in.Proof.ChallengeID = domain.ChallengeID(text) })
	}
	for name, in := range refused {
		done, err := i.SignIns.Complete(t.Context(), in)
		require.NoError(t, err, name)
		require.Equal(t, port.SignInResult{}, done, name)
		i.noUser(t, domain.Actor{UserUUID: in.NewUser.UUID, SessionID: in.Session.ID})
	}
	require.Equal(t, active, i.found(t, port.OTPQuery{ChallengeID: active.ChallengeID}))
	require.Equal(t, otherPurpose, i.found(t, port.OTPQuery{ChallengeID: otherPurpose.ChallengeID}))

	in := of(active, func(in *port.SignIn) { in.Now = active.ExpiresAt.Add(-time.Microsecond) })
	done, err := i.SignIns.Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.Consumed)
	require.True(t, done.IsNew, "the user existed before")
	used := active
	used.UsedAt = in.Now
	require.Equal(t, used, i.found(t, port.OTPQuery{ChallengeID: active.ChallengeID}))
	done, err = i.SignIns.Complete(t.Context(), i.signIn(active))
	require.NoError(t, err)
	require.Equal(t, port.SignInResult{}, done, "used")
}

func (i *instances) noUser(t testing.TB, actor domain.Actor) {
	t.Helper()
	_, found, err := i.Users.WhoAmI(t.Context(), actor)
	require.NoError(t, err)
	require.False(t, found)
}

// user is the user of an actor.
func (i *instances) user(t testing.TB, actor domain.Actor) domain.User {
	t.Helper()
	user, found, err := i.other.Users.WhoAmI(t.Context(), actor)
	require.NoError(t, err)
	require.True(t, found)
	return user
}

func parallelProofs(t testing.TB, open OpenStores) {
	const proofs = 200
	i := openInstances(t, open)
	secret := i.issue(t, i.request(t, "ada@example.com")).Secret
	var proven [proofs]port.SignIn
	for n := range proofs {
		proven[n] = i.signIn(secret)
	}
	done := i.completeAll(t, proven[:])
	var consumed []port.SignInResult
	for _, d := range done {
		if d.Consumed {
			consumed = append(consumed, d)
		} else {
			require.Equal(t, port.SignInResult{}, d)
		}
	}
	require.Len(t, consumed, 1)
	sessions := 0
	for _, in := range proven {
		_, found, err := i.Users.WhoAmI(t.Context(), domain.Actor{UserUUID: consumed[0].User.UUID, SessionID: in.Session.ID})
		require.NoError(t, err)
		if found {
			sessions++
		}
	}
	require.Equal(t, 1, sessions)
}

// completeAll completes sign-ins at once, over both instances.
func (i *instances) completeAll(t testing.TB, all []port.SignIn) []port.SignInResult {
	done := make([]port.SignInResult, len(all))
	inParallel(len(all), func(n int) {
		var err error
		if done[n], err = i.either(n).SignIns.Complete(context.Background(), all[n]); err != nil {
			t.Errorf("complete: %v", err)
		}
	})
	return done
}

func recipientBecomesOneUser(t testing.TB, open OpenStores) {
	const signIns = 100
	for _, recipient := range kindsOf {
		i := openInstances(t, open)
		var all [signIns]port.SignIn
		for n := range signIns { // each in a lane of its own, so that all challenges are active
			req := i.request(t, recipient)
			req.Fresh.Lane, req.Limit = strconv.Itoa(n), noLimit
			all[n] = i.signIn(i.issue(t, req).Secret)
			from(t, "source-"+strconv.Itoa(n%10)+".example")(&all[n])
		}
		newcomers := 0
		var first port.SignIn
		done := i.completeAll(t, all[:])
		for n, d := range done {
			require.True(t, d.Consumed)
			require.Equal(t, done[0].User.ID, d.User.ID)
			require.Equal(t, recipient, d.User.Identifier().Value())
			if d.IsNew {
				newcomers++
				first = all[n]
			}
		}
		require.Equal(t, 1, newcomers)
		want := domain.User{
			ID: done[0].User.ID, UUID: first.NewUser.UUID, Username: first.NewUser.Username,
			IsActive: true, DateJoined: first.Now, LastLogin: first.Now,
		}
		if recipient == kindsOf[0] {
			want.Email, want.EmailVerified = recipient, true
		} else {
			want.Phone, want.PhoneVerified = recipient, true
		}
		require.Equal(t, want, i.user(t, domain.Actor{UserUUID: want.UUID, SessionID: first.Session.ID}))
		linked := i.SourcesOf(t, want.ID)
		require.Len(t, linked, 10)
		require.Equal(t, LinkedSource{first.Source, true, first.Now}, linked[0])
		for _, l := range linked[1:] {
			require.False(t, l.First)
		}
	}
}

func userIsKept(t testing.TB, open OpenStores) {
	for _, recipient := range kindsOf {
		i := openInstances(t, open)
		first, actor := i.complete(t, recipient, from(t, "first.example"))
		require.True(t, first.IsNew)
		name, company := "Ada", "Analytical Engines"
		_, _, err := i.Users.ChangeProfile(t.Context(), actor, domain.ProfileChange{FirstName: &name, Company: &company})
		require.NoError(t, err)
		i.clock.Advance(time.Hour)
		again, _ := i.complete(t, recipient, from(t, "second.example"))
		require.False(t, again.IsNew)
		want := first.User
		want.LastLogin = i.clock.Now()
		want.FirstName, want.Company = name, company
		require.Equal(t, want, again.User)
		require.Equal(t, want, i.user(t, actor), "the first session must still stand")
		sources := i.SourcesOf(t, want.ID)
		require.Equal(t, LinkedSource{sourceOf("first.example"), true, want.DateJoined}, sources[0])
		other, _ := i.complete(t, "bob@example.com", from(t, "first.example"))
		require.True(t, other.IsNew)
		require.NotEqual(t, want.ID, other.User.ID)
	}
}

func sourceIsLinked(t testing.TB, open OpenStores) {
	for _, recipient := range kindsOf {
		i := openInstances(t, open)
		var want []LinkedSource
		for n, host := range []string{
			"first.example", "second.example", "", "second.example", "first.example",
			"third.example",
		} {
			i.clock.Advance(time.Hour)
			var changes []func(*port.SignIn)
			if host != "" {
				changes = append(changes, from(t, host))
			}
			if n < 2 || n == 5 {
				want = append(want, LinkedSource{sourceOf(host), n == 0, i.clock.Now()})
			}
			done, _ := i.complete(t, recipient, changes...)
			require.Equal(t, want, i.SourcesOf(t, done.User.ID), host)
		}
		i.clock.Advance(time.Hour)
		other, _ := i.complete(t, "bob@example.com", from(t, "first.example"),
			func(in *port.SignIn) { in.Source.URL += "&gclid=2" })
		want = []LinkedSource{{sourceOf("first.example"), true, i.clock.Now()}}
		want[0].URL += "&gclid=2"
		require.Equal(t, want, i.SourcesOf(t, other.User.ID), "the source of two users")

		unknown, _ := i.complete(t, "eve@example.com")
		require.Empty(t, i.SourcesOf(t, unknown.User.ID))
		i.complete(t, "eve@example.com", from(t, "second.example"))
		require.Equal(t, []LinkedSource{{sourceOf("second.example"), false, i.clock.Now()}}, i.SourcesOf(t, unknown.User.ID),
			"a later source of a user without one is no first")
	}
}

func identifierIsVerified(t testing.TB, open OpenStores) {
	for _, recipient := range kindsOf {
		i := openInstances(t, open)
		for n := range 2 {
			i.clock.Advance(time.Hour)
			done, actor := i.complete(t, recipient)
			require.Equal(t, n == 0, done.IsNew)
			for _, user := range []domain.User{done.User, i.user(t, actor)} {
				require.Equal(t, recipient == kindsOf[0], user.EmailVerified)
				require.Equal(t, recipient == kindsOf[1], user.PhoneVerified)
				require.Equal(t, i.clock.Now(), user.LastLogin)
			}
			i.SetUser(t, done.User.ID, true, false)
		}
	}
}

func lastLoginIsKept(t testing.TB, open OpenStores) {
	for _, recipient := range kindsOf {
		i := openInstances(t, open)
		keep := func(in *port.SignIn) { in.KeepLastLogin = true }
		var none time.Time
		for _, want := range []struct {
			changes []func(*port.SignIn)
			at      time.Time
		}{
			{[]func(*port.SignIn){keep}, none},
			{nil, i.clock.Now().Add(2 * time.Hour)},
			{[]func(*port.SignIn){keep}, i.clock.Now().Add(2 * time.Hour)},
		} {
			i.clock.Advance(time.Hour)
			done, actor := i.complete(t, recipient, want.changes...)
			require.Equal(t, want.at, done.User.LastLogin)
			require.Equal(t, want.at, i.user(t, actor).LastLogin)
			require.Equal(t, recipient, done.User.Identifier().Value())
		}
	}
}

func disabledUserStaysOut(t testing.TB, open OpenStores) {
	for _, recipient := range kindsOf {
		i := openInstances(t, open)
		first, _ := i.complete(t, recipient)
		i.SetUser(t, first.User.ID, false, false)
		i.clock.Advance(time.Hour)
		in := i.signIn(i.issue(t, i.request(t, recipient)).Secret)
		from(t, "second.example")(&in)
		done, err := i.SignIns.Complete(t.Context(), in)
		require.NoError(t, err)
		require.Empty(t, i.SourcesOf(t, first.User.ID))
		want := first.User
		want.IsActive, want.EmailVerified, want.PhoneVerified = false, false, false
		require.Equal(t, port.SignInResult{Consumed: true, User: want}, done)
		i.noUser(t, domain.Actor{UserUUID: want.UUID, SessionID: in.Session.ID})
		done, err = i.SignIns.Complete(t.Context(), in)
		require.NoError(t, err)
		require.False(t, done.Consumed, "consumed twice")
		i.SetUser(t, first.User.ID, true, false)
		i.noUser(t, domain.Actor{UserUUID: want.UUID, SessionID: in.Session.ID})
	}
}

func takenUsername(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	ada, _ := i.complete(t, "ada@example.com")
	secret := i.issue(t, i.request(t, "bob@example.com")).Secret
	in := i.signIn(secret)
	from(t, "first.example")(&in)
	in.NewUser.Username = ada.User.Username
	_, err := i.SignIns.Complete(t.Context(), in)
	require.ErrorIs(t, err, port.ErrUsernameTaken)
	require.Equal(t, secret, i.found(t, port.OTPQuery{ChallengeID: secret.ChallengeID}))

	in.NewUser.Username += "-2"
	done, err := i.SignIns.Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.Consumed)
	require.True(t, done.IsNew)
	require.Equal(t, in.NewUser.Username, done.User.Username)

	again := i.signIn(i.issue(t, i.request(t, "bob@example.com")).Secret)
	again.NewUser.Username = ada.User.Username
	done, err = i.SignIns.Complete(t.Context(), again)
	require.NoError(t, err, "a user with a name needs none")
	require.Equal(t, in.NewUser.Username, done.User.Username)
}

func signInIsDurable(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	in := i.signIn(i.issue(t, i.request(t, "ada@example.com")).Secret)
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	done, err := i.SignIns.Complete(ctx, in)
	require.NoError(t, err)
	require.True(t, done.Consumed)
	user, found, err := i.reopen(t).Users.WhoAmI(t.Context(),
		domain.Actor{UserUUID: done.User.UUID, SessionID: in.Session.ID})
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, done.User, user)
}
