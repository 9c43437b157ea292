package contract

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ForeignProduct is another product with people of its own.
type ForeignProduct struct {
	port.ForeignUsers
	// Meanwhile changes everything there, and adds a user, while it is read.
	Meanwhile func(t testing.TB)
}

// OpenForeignUsers makes another product with these people, and opens it.
type OpenForeignUsers func(t testing.TB, people []port.ForeignUser) ForeignProduct

// ForeignUsers proves the contract of port.ForeignUsers.
func ForeignUsers(t *testing.T, open OpenForeignUsers) {
	t.Helper()
	prove(t, open, foreignUserPromises())
}

func foreignUserPromises() []promise[OpenForeignUsers] {
	return []promise[OpenForeignUsers]{
		{
			"Count must return the number of users and the greatest of their ids up to MaxUserID, 0 for none.",
			countsForeignUsers,
		},
		{
			"All must yield every user once, in the order of the ids, with every link to a source, the oldest link first.",
			givesForeignUsers,
		},
		{
			"All and Count must read one snapshot, however often they are called and whatever changes meanwhile.",
			readsOneMoment,
		},
		{"All must yield a failure, such as the end of ctx, as an error, and nothing after it.", foreignErrorsEnd},
	}
}

// foreigners are people of another product, by their ids.
func foreigners() []port.ForeignUser {
	joined := time.Date(2024, 2, 29, 23, 59, 59, 999_999_000, time.UTC)
	people := []port.ForeignUser{
		{ID: 1, Email: ""},
		{ID: 2, Email: "eve@example.com", EmailVerified: true, Phone: "ext. 5"},
		{
			ID: 4, Email: "bob@example.com", IsActive: true, IsStaff: true, IsSuperuser: true, LastLogin: joined.Add(time.Hour),
			Profile: domain.Profile{FirstName: "Bob '\u00fc'", LastName: "\U0001f45f", Company: "Co; --", Position: "\\"},
			Links: []port.ForeignLink{
				{URL: "https://a.example/?x=1", RegisteredAt: joined},
				{URL: "not-a-url", First: true, RegisteredAt: joined.Add(time.Minute)},
				{URL: "https://b.example/", First: true, RegisteredAt: joined.Add(time.Minute)},
			},
		},
		{
			ID: 5, Email: "deleted@example.com", Deleted: true,
			Links: []port.ForeignLink{{URL: "https://a.example/?x=1", RegisteredAt: joined}},
		},
		{ID: 9, Phone: " +1 (555) 123-4567 ", PhoneVerified: true, Email: "phone_15551234567@example.com"},
		{ID: 30, Phone: "+15551234568", PhoneVerified: true, Email: "Ada@Example.com", EmailVerified: true},
	}
	for n := range people {
		people[n].Username, people[n].DateJoined = fmt.Sprint("user", n), joined
	}
	return people
}

// given is every user that All yields.
func given(t testing.TB, foreign port.ForeignUsers) (people []port.ForeignUser) {
	t.Helper()
	for u, err := range foreign.All(t.Context()) {
		require.NoError(t, err)
		people = append(people, u)
	}
	return people
}

func countsForeignUsers(t testing.TB, open OpenForeignUsers) {
	people := append([]port.ForeignUser{{ID: -1 << 63}}, foreigners()...)
	people = append(people, port.ForeignUser{ID: port.MaxUserID}, port.ForeignUser{ID: port.MaxUserID + 1},
		port.ForeignUser{ID: 1<<63 - 1})
	for n := range people {
		people[n].Username, people[n].DateJoined = fmt.Sprint("person", n), time.Unix(0, 0)
	}
	for _, want := range []port.ForeignCount{
		{},
		{Users: 1},
		{Users: 7, MaxID: 30},
		{Users: 8, MaxID: port.MaxUserID},
		{Users: 10, MaxID: port.MaxUserID},
	} {
		count, err := open(t, people[:want.Users]).Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, count)
	}
}

func givesForeignUsers(t testing.TB, open OpenForeignUsers) {
	require.Equal(t, foreigners(), given(t, open(t, shuffled(foreigners()))))
	require.Empty(t, given(t, open(t, nil)))
}

// shuffled are the same people in another order.
func shuffled(people []port.ForeignUser) []port.ForeignUser {
	return append(slices.Clone(people[3:]), people[:3]...)
}

func readsOneMoment(t testing.TB, open OpenForeignUsers) {
	product := open(t, foreigners())
	require.Equal(t, foreigners(), given(t, product))
	product.Meanwhile(t)
	count, err := product.Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, port.ForeignCount{Users: 6, MaxID: 30}, count)
	for range 2 {
		require.Equal(t, foreigners(), given(t, product))
	}
}

func foreignErrorsEnd(t testing.TB, open OpenForeignUsers) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	failures := 0
	for u, err := range open(t, foreigners()).All(ctx) {
		require.Error(t, err, "%+v", u)
		failures++
	}
	require.Equal(t, 1, failures)
}
