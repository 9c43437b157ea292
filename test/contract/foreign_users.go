package contract

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ForeignProduct is another product with people of its own.
type ForeignProduct struct {
	port.ForeignUsers
	// Meanwhile changes everything there, and adds somebody, while it is read.
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
		{"Count must tell how many there are and the greatest of their ids, 0 for none.", countsForeignUsers},
		{
			"All must give every user once, with each source they are linked to, the oldest link first.",
			givesForeignUsers,
		},
		{
			"Those who have proved their phone number must come first, then those who have proved their e-mail address, each in the order of their ids.",
			ordersForeignUsers,
		},
		{"Whatever changes there meanwhile, All and Count must tell of one moment.", readsOneMoment},
		{"What goes wrong, the end of ctx too, All must give as an error, and nothing after it.", foreignErrorsEnd},
	}
}

// foreigners are people of another product.
func foreigners() []port.ForeignUser {
	joined := time.Date(2024, 2, 29, 23, 59, 59, 999_999_000, time.UTC)
	people := []port.ForeignUser{
		{ID: 9, Phone: " +1 (555) 123-4567 ", PhoneVerified: true, Email: "phone_15551234567@example.com"},
		{ID: 30, Phone: "+15551234568", PhoneVerified: true, Email: "Ada@Example.com", EmailVerified: true},
		{ID: 2, Email: "eve@example.com", EmailVerified: true, Phone: "ext. 5"},
		{ID: 1, Email: ""},
		{
			ID: 4, Email: "bob@example.com", IsActive: true, IsStaff: true, IsSuperuser: true, LastLogin: joined.Add(time.Hour),
			Profile: domain.Profile{FirstName: "Bob '\u00fc'", LastName: "\U0001f45f", Company: "Co; --", Position: "\\"},
			Links: []port.ForeignLink{
				{URL: "https://a.example/?x=1", RegisteredAt: joined},
				{URL: "not-a-url", First: true, RegisteredAt: joined.Add(time.Minute)},
				{URL: "https://b.example/", First: true, RegisteredAt: joined.Add(time.Minute)},
			},
		},
		{ID: 5, Email: "deleted@example.com", Deleted: true, Links: []port.ForeignLink{{URL: "https://a.example/?x=1", RegisteredAt: joined}}},
	}
	for n := range people {
		people[n].Username, people[n].DateJoined, people[n].PhoneSignsIn = fmt.Sprint("user", n), joined, true
	}
	return people
}

// given is everybody whom All gives.
func given(t testing.TB, foreign port.ForeignUsers) (people []port.ForeignUser) {
	t.Helper()
	for u, err := range foreign.All(t.Context()) {
		require.NoError(t, err)
		people = append(people, u)
	}
	return people
}

func countsForeignUsers(t testing.TB, open OpenForeignUsers) {
	for _, want := range []port.ForeignCount{{Users: 6, MaxID: 30}, {}} {
		count, err := open(t, foreigners()[:want.Users]).Count(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, count)
	}
}

func givesForeignUsers(t testing.TB, open OpenForeignUsers) {
	require.ElementsMatch(t, foreigners(), given(t, open(t, foreigners())))
	require.Empty(t, given(t, open(t, nil)))
}

func ordersForeignUsers(t testing.TB, open OpenForeignUsers) {
	var ids []int64
	for _, u := range given(t, open(t, foreigners())) {
		ids = append(ids, u.ID)
	}
	require.Equal(t, []int64{30, 9, 2, 1, 4, 5}, ids)
}

func readsOneMoment(t testing.TB, open OpenForeignUsers) {
	product := open(t, foreigners())
	product.Meanwhile(t)
	count, err := product.Count(t.Context())
	require.NoError(t, err)
	require.Equal(t, port.ForeignCount{Users: 6, MaxID: 30}, count)
	require.ElementsMatch(t, foreigners(), given(t, product))
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
