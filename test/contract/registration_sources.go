package contract

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// RegistrationSources proves the contract of port.RegistrationSources.
func RegistrationSources(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, registrationSourcePromises())
}

func registrationSourcePromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{
			"OfUser must return every source of the actor's user, the one of the registration first, then the oldest link.",
			listsSources,
		},
		{"It must find no user exactly when Users.WhoAmI finds none.", sourcesOfNobody},
	}
}

// sourcesOf are the sources of an actor.
func (i *instances) sourcesOf(t testing.TB, actor domain.Actor) []domain.UserSource {
	t.Helper()
	sources, found, err := i.other.RegistrationSources.OfUser(t.Context(), actor)
	require.NoError(t, err)
	require.True(t, found)
	return sources
}

func listsSources(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, recipient := range kindsOf {
		var want []domain.UserSource
		for n, host := range []string{"m.example", "z.example", "a.example", "m.example", "k.example"} {
			_, actor := i.complete(t, recipient, from(t, host))
			if n != 3 {
				want = append(want, domain.UserSource{Source: sourceOf(host), First: n == 0, RegisteredAt: i.clock.Now()})
			}
			require.Equal(t, want, i.sourcesOf(t, actor))
			i.clock.Advance(-time.Microsecond) // by a clock that goes wrong, the first stays first
			if n > 0 {
				i.clock.Advance(time.Second)
			}
		}
	}
	_, actor := i.complete(t, "eve@example.com")
	require.Empty(t, i.sourcesOf(t, actor), "of a user without one")
	_, actor = i.complete(t, "eve@example.com", from(t, "a.example"), func(in *port.SignIn) { in.Source.URL += "#2" })
	source := sourceOf("a.example")
	source.URL += "#2"
	require.Equal(t, []domain.UserSource{{Source: source, RegisteredAt: i.clock.Now()}}, i.sourcesOf(t, actor))
}

func sourcesOfNobody(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	good, strangers := i.strangers(t)
	done, _ := i.complete(t, "ada@example.com", from(t, "a.example"))
	i.complete(t, "bob@example.com", from(t, "b.example"))
	bob, _ := i.complete(t, "bob@example.com")
	wrongID := good
	wrongID.UserID = bob.User.ID
	strangers["with another's number"] = wrongID
	for name, actor := range strangers {
		sources, found, err := i.RegistrationSources.OfUser(t.Context(), actor)
		require.NoError(t, err, "%.100q", name)
		require.False(t, found, "%.100q", name)
		require.Empty(t, sources, "%.100q", name)
	}
	require.Len(t, i.sourcesOf(t, good), 1)
	good.UserID = done.User.ID
	require.Len(t, i.sourcesOf(t, good), 1)
}
