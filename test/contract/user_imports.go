package contract

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// UserImports proves the contract of port.UserImports.
func UserImports(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, userImportPromises())
}

func userImportPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{
			"Import must import all users of the stream or none: when the stream fails, it must fail with nothing changed.",
			importsAllOrNothing,
		},
		{
			"A user with free addresses must be added with every field, under the given id and username if these are free.",
			importsPeople,
		},
		{
			"An existing user of the address must be kept, except that empty names are filled in and missing sources " +
				"are linked, never as the first one.",
			importKeepsWhoIsThere,
		},
		{
			"These must be withheld unless an address is verified both in the stream and here, and the result must say so.",
			importCompletesWhoIsProved,
		},
		{
			"An unverified address beside a verified one, or an unverified phone number beside any e-mail address, " +
				"must match no user: it must stay with the user that has it.",
			importBelievesNoAddress,
		},
		{"A user with two addresses of two existing users must be skipped.", importMergesNobody},
		{
			"An address of an earlier user of the stream must stay with that one; a user without another address must " +
				"be skipped.",
			importSharesNoAddress,
		},
		{"The same stream again must change nothing.", importsOnce},
		{
			"A user that signs in for the first time afterwards must get an id above MaxID.",
			importReservesNumbers,
		},
		{"A dry run must report the same results, and leave no user and no source.", importsDry},
		{
			"It must not buffer the stream, so that OnImported is called for a user before the next one is read.",
			importStreams,
		},
	}
}

// person is a user to import, with an e-mail address, a phone number or both.
func (i *instances) person(id int64, email, phone string) port.ImportUser {
	joined := i.clock.Now().Add(-time.Duration(id) * 24 * time.Hour)
	return port.ImportUser{User: domain.User{
		ID: id, UUID: i.random.UUID(joined), Email: email, Phone: phone, Username: fmt.Sprintf("person.%d@+-_", id),
		IsActive: true, DateJoined: joined,
	}}
}

// imports takes people over, and returns what is told of each.
func (i *instances) imports(t testing.TB, people ...port.ImportUser) []port.ImportedUser {
	t.Helper()
	in, told := i.userImport(people)
	require.NoError(t, i.UserImports.Import(t.Context(), in))
	return *told
}

func (i *instances) userImport(people []port.ImportUser) (port.UserImport, *[]port.ImportedUser) {
	var told []port.ImportedUser
	in := port.UserImport{
		Users:      streamOf(people, nil),
		Username:   func(domain.Identifier) string { return "made-" + i.random.Suffix(12) },
		OnImported: func(u port.ImportedUser) { told = append(told, u) },
	}
	for _, p := range people {
		if p.ID <= port.MaxUserID {
			in.MaxID = max(in.MaxID, p.ID)
		}
	}
	return in, &told
}

// streamOf gives people and then, if there is one, an error.
func streamOf(people []port.ImportUser, end error) iter.Seq2[port.ImportUser, error] {
	return func(yield func(port.ImportUser, error) bool) {
		for _, p := range people {
			p.Sources = append([]domain.UserSource(nil), p.Sources...)
			if !yield(p, nil) {
				return
			}
		}
		if end != nil {
			yield(port.ImportUser{}, end)
		}
	}
}

// noUserHas fails if a user has an address.
func (i *instances) noUserHas(t testing.TB, addresses ...string) {
	t.Helper()
	for _, address := range addresses {
		i.noAccount(t, named(t, address))
	}
}

// userOf is the user of an address.
func (i *instances) userOf(t testing.TB, address string) domain.User {
	t.Helper()
	return i.account(t, named(t, address)).User
}

func importsAllOrNothing(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	linked := i.person(2, "eve@example.com", "")
	linked.Sources = []domain.UserSource{{Source: sourceOf("a.example"), First: true, RegisteredAt: linked.DateJoined}}
	in, _ := i.userImport(nil)
	gone := errors.New("gone")
	in.Users = streamOf([]port.ImportUser{i.person(1, "ada@example.com", "+15551234567"), linked}, gone)
	require.ErrorIs(t, i.UserImports.Import(t.Context(), in), gone)
	i.noUserHas(t, "ada@example.com", "+15551234567", "eve@example.com")
	i.imports(t, i.person(1, "ada@example.com", "+15551234567"), linked)
	i.userOf(t, "ada@example.com")
	i.userOf(t, "eve@example.com")
}

func importsPeople(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	full := i.person(7, "ada@example.com", "+15551234567")
	full.EmailVerified, full.PhoneVerified, full.IsStaff, full.IsSuperuser, full.IsActive = true, true, true, true, false
	full.Profile = domain.Profile{FirstName: "Ada 'ü'", LastName: "\U0001f45f", Company: "Co; --", Position: "\\"}
	full.LastLogin = i.clock.Now().Add(-time.Minute)
	full.Sources = []domain.UserSource{
		{Source: sourceOf("m.example"), First: true, RegisteredAt: full.DateJoined},
		{Source: sourceOf("a.example"), RegisteredAt: full.DateJoined.Add(time.Hour)},
	}
	phone := i.person(3, "", "+15551234568")
	told := i.imports(t, full, phone)
	require.Equal(t, []port.ImportedUser{
		{Outcome: port.ImportAdded, User: full.User, Linked: 2}, {Outcome: port.ImportAdded, User: phone.User},
	}, told)
	require.Equal(t, full.User, i.userOf(t, "+15551234567"))
	require.Equal(t, phone.User, i.userOf(t, "+15551234568"))
	linked := i.SourcesOf(t, 7)
	require.Len(t, linked, 2)
	for n, want := range full.Sources {
		require.Equal(t, LinkedSource{RegistrationSource: want.Source, First: want.First, RegisteredAt: want.RegisteredAt},
			linked[n])
	}
	require.Empty(t, i.SourcesOf(t, 3))

	again := i.person(7, "eve@example.com", "")
	other := i.imports(t, full, phone, again)[2]
	require.True(t, other.IDChanged && other.UsernameChanged, "%+v", other)
	require.Contains(t, other.User.Username, "made-")
	require.NotContains(t, []int64{0, 3, 7}, other.User.ID)
	require.Equal(t, other.User, i.userOf(t, "eve@example.com"))
	for n, none := range []int64{0, port.MaxUserID + 1, 1<<63 - 1} {
		made := i.imports(t, i.person(none, fmt.Sprintf("n%d@example.com", n), ""))[0]
		require.True(t, made.IDChanged)
		require.Less(t, made.User.ID, port.MaxUserID)
	}
}

func importKeepsWhoIsThere(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	done, actor := i.complete(t, "ada@example.com", from(t, "m.example"))
	changed, _, err := i.Users.ChangeProfile(t.Context(), actor, domain.ProfileChange{FirstName: ptr("Augusta")})
	require.NoError(t, err)
	ada := i.person(77, "ada@example.com", "+15551234567")
	ada.IsStaff, ada.IsSuperuser, ada.EmailVerified, ada.PhoneVerified = true, true, true, true
	ada.FirstName, ada.LastName = "Ada", "Lovelace"
	ada.Sources = []domain.UserSource{
		{Source: sourceOf("m.example"), First: true, RegisteredAt: ada.DateJoined},
		{Source: sourceOf("a.example"), RegisteredAt: ada.DateJoined},
	}
	told := i.imports(t, ada)
	want := changed
	want.LastName = "Lovelace"
	require.Equal(t, []port.ImportedUser{{Outcome: port.ImportCompleted, User: want, Linked: 1}}, told)
	require.Equal(t, want, i.userOf(t, "ada@example.com"))
	i.noUserHas(t, "+15551234567")
	linked := i.SourcesOf(t, done.User.ID)
	require.Len(t, linked, 2)
	require.Equal(t, "m.example", linked[0].Host)
	require.True(t, linked[0].First)
	require.Equal(t, LinkedSource{RegistrationSource: sourceOf("a.example"), RegisteredAt: ada.DateJoined}, linked[1])

	eve, _ := i.complete(t, "eve@example.com")
	late := i.person(78, "eve@example.com", "")
	late.EmailVerified = true
	late.Sources = []domain.UserSource{{Source: sourceOf("m.example"), First: true, RegisteredAt: late.DateJoined}}
	i.imports(t, late)
	require.False(t, i.SourcesOf(t, eve.User.ID)[0].First, "a later source of a user without one")
}

func ptr(text string) *string { return &text }

func importCompletesWhoIsProved(t testing.TB, open OpenStores) {
	for n, address := range kindsOf {
		for _, proved := range []struct{ here, there bool }{{}, {here: true}, {there: true}, {true, true}} {
			i := openInstances(t, open)
			done, _ := i.complete(t, address)
			i.SetUser(t, done.User.ID, true, proved.here)
			was := i.userOf(t, address)
			claimer := i.person(70, "", "")
			if n == 0 {
				claimer.Email, claimer.EmailVerified = address, proved.there
			} else {
				claimer.Phone, claimer.PhoneVerified = address, proved.there
			}
			same := proved.here && proved.there
			want := port.ImportedUser{Outcome: port.ImportUnchanged, User: was}
			require.Equal(t, want, i.imports(t, claimer)[0], "there is nothing to withhold")
			for _, add := range []func(){
				func() { claimer.FirstName = "Mallory" },
				func() {
					claimer.Sources = []domain.UserSource{{Source: sourceOf("a.example"), RegisteredAt: claimer.DateJoined}}
				},
			} {
				add()
				told := i.imports(t, claimer)[0]
				require.Equal(t, !same, told.Withheld)
				require.Equal(t, same, told.Outcome == port.ImportCompleted)
			}
			if !same {
				require.Equal(t, was, i.userOf(t, address))
				require.Empty(t, i.SourcesOf(t, was.ID))
			}
		}
	}
}

func importBelievesNoAddress(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	owner, _ := i.complete(t, "+15551234567")
	told := i.imports(t, i.person(70, "eve@example.com", "+15551234567"))
	require.Equal(t, port.ImportAdded, told[0].Outcome)
	require.Equal(t, owner.User.ID, told[0].PhoneOwner)
	require.Equal(t, owner.User, i.userOf(t, "+15551234567"))
	require.Empty(t, i.userOf(t, "eve@example.com").Phone)

	mallory, _ := i.complete(t, "mallory@example.com")
	told = i.imports(t, i.person(71, "mallory@example.com", "+15551234567"))
	require.Equal(t, port.ImportedUser{Outcome: port.ImportUnchanged, User: mallory.User, PhoneOwner: owner.User.ID},
		told[0])

	evil := i.person(73, "mallory@example.com", "+15551234999")
	evil.PhoneVerified = true
	told = i.imports(t, evil)
	require.Equal(t, port.ImportAdded, told[0].Outcome)
	require.Equal(t, mallory.User.ID, told[0].EmailOwner)
	require.Equal(t, mallory.User, i.userOf(t, "mallory@example.com"))
	require.Empty(t, i.userOf(t, "+15551234999").Email)

	same := i.imports(t, i.person(72, "", "+15551234567"))
	require.Equal(t, port.ImportedUser{Outcome: port.ImportUnchanged, User: owner.User}, same[0],
		"a user with the number alone")
}

func importMergesNobody(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	ada, _ := i.complete(t, "ada@example.com")
	eve, _ := i.complete(t, "+15551234567")
	both := i.person(70, "ada@example.com", "+15551234567")
	both.EmailVerified, both.PhoneVerified, both.FirstName = true, true, "Both"
	both.Sources = []domain.UserSource{{Source: sourceOf("a.example"), RegisteredAt: both.DateJoined}}
	later := i.person(71, "ada@example.com", "")
	later.EmailVerified, later.FirstName = true, "Later"
	require.Equal(t, []port.ImportedUser{
		{Outcome: port.ImportSkipped, EmailOwner: ada.User.ID, PhoneOwner: eve.User.ID},
		{Outcome: port.ImportSkipped, EmailOwner: ada.User.ID},
	}, i.imports(t, both, later))
	require.Equal(t, ada.User, i.userOf(t, "ada@example.com"))
	require.Equal(t, eve.User, i.userOf(t, "+15551234567"))
	require.Empty(t, append(i.SourcesOf(t, ada.User.ID), i.SourcesOf(t, eve.User.ID)...))
}

// sharing are users that claim the addresses of the first two.
func (i *instances) sharing() []port.ImportUser {
	people := []port.ImportUser{
		i.person(11, "ada@example.com", "+15551234567"),
		i.person(12, "eve@example.com", ""),
		i.person(13, "ada@example.com", ""),
		i.person(14, "bob@example.com", "+15551234567"),
		i.person(15, "eve@example.com", "+15551234569"),
		i.person(16, "eve@example.com", "+15551234567"),
		i.person(17, "", "+15551234567"),
	}
	for n := range people {
		people[n].EmailVerified, people[n].PhoneVerified = people[n].Email != "", people[n].Phone != ""
		people[n].FirstName = fmt.Sprint("n", n)
		people[n].Sources = []domain.UserSource{{
			Source:       sourceOf(fmt.Sprintf("s%d.example", n)),
			RegisteredAt: people[n].DateJoined,
		}}
	}
	return people
}

func importSharesNoAddress(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	told := i.imports(t, i.sharing()...)
	var fates []string
	for _, u := range told {
		fates = append(fates, fmt.Sprint(u.Outcome, " ", u.User.Email, u.User.Phone, " ", u.EmailOwner, " ", u.PhoneOwner))
	}
	require.Equal(t, []string{
		"added ada@example.com+15551234567 0 0",
		"added eve@example.com 0 0",
		"left_out  11 0",
		"added bob@example.com 0 11",
		"added +15551234569 12 0",
		"left_out  12 11",
		"left_out  0 11",
	}, fates)
	require.Equal(t, "n0", i.userOf(t, "+15551234567").FirstName)
	require.Len(t, i.SourcesOf(t, 11), 1)
	require.Len(t, i.SourcesOf(t, 12), 1)

	i.complete(t, "zoe@example.com")
	zoe, thief := i.person(20, "zoe@example.com", "+15551234777"), i.person(21, "thief@example.com", "+15551234777")
	zoe.EmailVerified, zoe.PhoneVerified = true, true
	told = i.imports(t, zoe, thief, i.person(22, "", "+15551234777"))
	require.Equal(t, []int64{0, told[0].User.ID, told[0].User.ID},
		[]int64{told[0].PhoneOwner, told[1].PhoneOwner, told[2].PhoneOwner})
	i.noUserHas(t, "+15551234777")
}

func importsOnce(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	i.complete(t, "+15551234569")
	people := append(i.sharing(), i.person(18, "zoe@example.com", "+15551234569"))
	first := i.imports(t, people...)
	var before []domain.Account
	for _, u := range first {
		if u.Outcome != port.ImportSkipped {
			before = append(before, i.account(t, port.AccountRef{ID: u.User.ID}))
		}
	}
	i.clock.Advance(time.Hour)
	for n := range people {
		people[n].UUID = i.random.UUID(people[n].DateJoined)
	}
	for n, u := range i.imports(t, people...) {
		want := first[n]
		if want.Outcome != port.ImportSkipped {
			want.Outcome, want.Linked, want.UsernameChanged, want.IDChanged = port.ImportUnchanged, 0, false, false
		}
		require.Equal(t, want, u)
	}
	for _, account := range before {
		require.Equal(t, account, i.account(t, port.AccountRef{ID: account.User.ID}))
	}
	users, err := i.other.Accounts.List(t.Context(), port.AccountQuery{Limit: 100})
	require.NoError(t, err)
	require.Len(t, users, 5)
}

func importReservesNumbers(t testing.TB, open OpenStores) {
	for _, before := range []int{0, 1} {
		i := openInstances(t, open)
		for range before {
			i.complete(t, "first@example.com")
		}
		in, told := i.userImport([]port.ImportUser{
			i.person(5000, "ada@example.com", ""),
			i.person(5000, "eve@example.com", ""),
		})
		in.MaxID = 6000 // of a user that is not in the stream
		require.NoError(t, i.UserImports.Import(t.Context(), in))
		require.Greater(t, (*told)[1].User.ID, int64(6000))
		for n := range 3 {
			done, _ := i.complete(t, fmt.Sprintf("later%d@example.com", n))
			require.Greater(t, done.User.ID, int64(6000))
		}
		i.imports(t, i.person(10, "bob@example.com", ""))
		done, _ := i.complete(t, "last@example.com")
		require.Greater(t, done.User.ID, int64(6000), "after another import with smaller numbers")
	}
}

func importsDry(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	ada, _ := i.complete(t, "+15551234569")
	people := append(i.sharing(), i.person(18, "", "+15551234569"))
	people[len(people)-1].LastName, people[len(people)-1].PhoneVerified = "Lovelace", true
	in, told := i.userImport(people)
	in.DryRun = true
	require.NoError(t, i.UserImports.Import(t.Context(), in))
	i.noUserHas(t, "ada@example.com", "eve@example.com", "bob@example.com", "+15551234567")
	require.Equal(t, ada.User, i.userOf(t, "+15551234569"))
	require.Empty(t, i.SourcesOf(t, ada.User.ID))
	require.Equal(t, *told, i.imports(t, people...))
}

func importStreams(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	const people = 100
	given, heard := 0, 0
	in, _ := i.userImport(nil)
	in.Users = func(yield func(port.ImportUser, error) bool) {
		for n := range people {
			if heard != given {
				yield(port.ImportUser{}, fmt.Errorf("%d were given and %d heard of", given, heard))
				return
			}
			given++
			if !yield(i.person(int64(n+1), fmt.Sprintf("n%d@example.com", n), ""), nil) {
				return
			}
		}
	}
	in.OnImported = func(port.ImportedUser) { heard++ }
	require.NoError(t, i.UserImports.Import(t.Context(), in))
	require.Equal(t, people, heard)
}
