package importing_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/importing"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

// importBundle imports users into a store that adds all, or returns the given results.
type importBundle struct {
	clock   *fake.Clock
	foreign []port.ForeignUser
	fails   error // at the end of the people there
	fate    func(u port.ImportUser) port.ImportedUser

	given   []port.ImportUser
	asked   port.UserImport
	reports []string // in short
	whole   []importing.Report
	steps   []string // of the progress
}

func imports(people ...port.ForeignUser) *importBundle {
	b := &importBundle{clock: fake.NewClock(), foreign: people}
	for n := range b.foreign {
		if b.foreign[n].DateJoined.IsZero() {
			b.foreign[n].DateJoined = joined
		}
	}
	b.fate = func(u port.ImportUser) port.ImportedUser {
		return port.ImportedUser{Outcome: port.ImportAdded, User: u.User, Linked: len(u.Sources)}
	}
	return b
}

var joined = time.Date(2024, 2, 3, 4, 5, 6, 789_012_000, time.UTC)

func (b *importBundle) do(t *testing.T, dry bool) (importing.ImportUsersOut, error) {
	t.Helper()
	foreign, store := mocks.NewForeignUsers(t), mocks.NewUserImports(t)
	foreign.EXPECT().Count(mock.Anything).Return(port.ForeignCount{Users: len(b.foreign), MaxID: 99}, nil)
	foreign.EXPECT().All(mock.Anything).Return(b.people())
	store.EXPECT().Import(mock.Anything, mock.Anything).RunAndReturn(func(_ context.Context, in port.UserImport) error {
		b.asked = in
		for u, err := range in.Users {
			if err != nil {
				return err
			}
			b.given = append(b.given, u)
			in.OnImported(b.fate(u))
		}
		return nil
	})
	phones := mocks.NewPhoneNumbers(t)
	phones.EXPECT().Canonical(mock.Anything).RunAndReturn(func(id domain.Identifier) domain.Identifier {
		if rest, ok := strings.CutPrefix(id.Value(), "+440"); ok {
			id, _ = domain.ParsePhone("+44" + rest)
		}
		return id
	}).Maybe()
	return importing.NewImportUsers(importing.Ports{
		ForeignUsers: foreign, UserImports: store, PhoneNumbers: phones, Clock: b.clock, Random: &fake.Random{},
	}, domain.SourceRules{}).Do(t.Context(), importing.ImportUsersIn{
		DryRun: dry,
		Report: func(r importing.Report) {
			b.whole = append(b.whole, r)
			b.reports = append(b.reports, fmt.Sprintf("%d %s %s %d", r.ForeignID, r.Field, r.Code, r.UserID))
		},
		Progress: func(done, all int) { b.steps = append(b.steps, fmt.Sprintf("%d/%d", done, all)) },
	})
}

func (b *importBundle) people() iter.Seq2[port.ForeignUser, error] {
	return func(yield func(port.ForeignUser, error) bool) {
		for _, u := range b.foreign {
			if !yield(u, nil) {
				return
			}
		}
		if b.fails != nil {
			yield(port.ForeignUser{}, b.fails)
		}
	}
}

func TestImportUsers(t *testing.T) {
	t.Parallel()
	person := port.ForeignUser{
		ID: 7, Username: "coolada", Email: " Ada@EXAMPLE.com", EmailVerified: true, Phone: "+1 (555) 123-4567",
		PhoneVerified: true,
		Profile:       domain.Profile{FirstName: " Ada ", LastName: "Lovelace", Company: "Co", Position: "Countess"},
		IsActive:      true, IsStaff: true, IsSuperuser: true, LastLogin: joined.Add(time.Hour),
	}
	b := imports(person)
	out, err := b.do(t, true)
	require.NoError(t, err)
	require.Equal(t, importing.ImportUsersOut{Foreign: 1, Added: 1}, out)
	require.Empty(t, b.reports)
	require.Equal(t, []string{"1/1"}, b.steps)
	require.True(t, b.asked.DryRun)
	require.Equal(t, int64(99), b.asked.MaxID)
	got := b.given[0].User
	require.True(t, strings.HasPrefix(got.UUID, "018d6d24-3865-7"), "a UUID of %s: %s", joined, got.UUID)
	got.UUID = ""
	require.Equal(t, domain.User{
		ID: 7, Email: "ada@example.com", EmailVerified: true, Phone: "+15551234567", PhoneVerified: true, Username: "coolada",
		Profile:  domain.Profile{FirstName: "Ada", LastName: "Lovelace", Company: "Co", Position: "Countess"},
		IsActive: true, IsStaff: true, IsSuperuser: true, DateJoined: joined, LastLogin: joined.Add(time.Hour),
	}, got)
	email, err := domain.ParseEmail("ada@example.com")
	require.NoError(t, err)
	require.Regexp(t, `^ada-[a-z2-7]{6}$`, b.asked.Username(email))
}

// addressCases are the addresses of a foreign user, those that are imported, and the reports.
var addressCases = map[string]struct {
	there        port.ForeignUser
	email, phone string
	reports      []string
}{
	"placeholder": {port.ForeignUser{
		Email: "phone_15551234567@myapp.com", Phone: "+15551234567",
		EmailVerified: true,
	}, "", "+15551234567", nil},
	"placeholder, other host": {
		port.ForeignUser{Email: "PHONE_15551234567@x.example", Phone: "+1 555 123 4567"},
		"",
		"+15551234567", nil,
	},
	"placeholder and trunk prefix": {
		port.ForeignUser{Email: "phone_4407400123456@x.example", Phone: "+44 (0)7400 123456"},
		"",
		"+447400123456", nil,
	},
	"placeholder of another": {
		port.ForeignUser{Email: "phone_15551234568@myapp.com", Phone: "+15551234567"},
		"",
		"+15551234567",
		[]string{"email odd_placeholder"},
	},
	"placeholder alone": {
		port.ForeignUser{Email: "phone_15551234568@myapp.com"},
		"", "",
		[]string{"email odd_placeholder", " no_address"},
	},
	"no placeholder": {port.ForeignUser{Email: "phone_home@myapp.com"}, "phone_home@myapp.com", "", nil},
	"no address": {
		port.ForeignUser{Email: "not an address"},
		"", "",
		[]string{"email invalid_email", " no_address"},
	},
	"no number": {
		port.ForeignUser{Email: "a@example.com", Phone: "07900 900123", PhoneVerified: true},
		"a@example.com", "",
		[]string{"phone invalid_phone"},
	},
	"nothing": {port.ForeignUser{Email: " ", Phone: "\t"}, "", "", []string{" no_address"}},
	"number for contact": {
		port.ForeignUser{Email: "a@example.com", Phone: "+15551234567"},
		"a@example.com", "",
		[]string{"phone phone_for_contact"},
	},
	"number beside a proof": {
		port.ForeignUser{Email: "a@example.com", EmailVerified: true, Phone: "+15551234567"},
		"a@example.com", "",
		[]string{"phone phone_for_contact"},
	},
	"address beside a proof": {
		port.ForeignUser{Email: "a@example.com", Phone: "+15551234567", PhoneVerified: true},
		"", "+15551234567",
		[]string{"email email_unproved"},
	},
	"two proved": {port.ForeignUser{
		Email: "a@example.com", EmailVerified: true, Phone: "+15551234567",
		PhoneVerified: true,
	}, "a@example.com", "+15551234567", nil},
	"proof of no address": {
		port.ForeignUser{Email: "not an address", EmailVerified: true, Phone: "+15551234567"},
		"", "+15551234567",
		[]string{"email invalid_email"},
	},
	"proof of no number": {
		port.ForeignUser{Email: "a@example.com", Phone: "5551234567", PhoneVerified: true},
		"a@example.com", "",
		[]string{"phone invalid_phone"},
	},
	"number alone": {port.ForeignUser{Phone: "+15551234567"}, "", "+15551234567", nil},
}

// What of each address is taken over, and what is told.
func TestImportUsers_addresses(t *testing.T) {
	t.Parallel()
	for name, c := range addressCases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := imports(c.there)
			out, err := b.do(t, false)
			require.NoError(t, err)
			var want []string
			for _, r := range c.reports {
				want = append(want, "0 "+r+" 0")
			}
			require.Equal(t, want, b.reports)
			if c.email+c.phone == "" {
				require.Empty(t, b.given)
				require.Equal(t, 1, out.LeftOut)
				return
			}
			got := b.given[0]
			require.Equal(t, []string{c.email, c.phone}, []string{got.Email, got.Phone})
			require.Equal(t, c.there.EmailVerified && c.email != "", got.EmailVerified)
			require.Equal(t, c.there.PhoneVerified && c.phone != "", got.PhoneVerified)
		})
	}
}

// Users with a verified address come before all others; an invalid address is not
// verified, and neither is a placeholder.
func TestImportUsers_order(t *testing.T) {
	t.Parallel()
	b := imports(
		port.ForeignUser{ID: 1, Email: "victim@example.com"},
		port.ForeignUser{ID: 2, Email: "not an address", EmailVerified: true, Phone: "+15551234567"},
		port.ForeignUser{ID: 3, Email: "phone_15551234567@myapp.com", EmailVerified: true, Phone: "+15551234567"},
		port.ForeignUser{ID: 4, Email: "VICTIM@example.com", EmailVerified: true},
		port.ForeignUser{ID: 5, Email: "gone@example.com", EmailVerified: true, Deleted: true},
		port.ForeignUser{ID: 6, Email: "victim@EXAMPLE.com", Phone: "+15551234567", PhoneVerified: true},
		port.ForeignUser{ID: 7},
	)
	out, err := b.do(t, false)
	require.NoError(t, err)
	var order []int64
	for _, u := range b.given {
		order = append(order, u.ID)
	}
	require.Equal(t, []int64{4, 6, 1, 2, 3}, order)
	require.Equal(t, []string{"6 email email_unproved 0", "2 email invalid_email 0", "7  no_address 0"}, b.reports)
	require.Equal(t, importing.ImportUsersOut{Foreign: 7, Added: 5, LeftOut: 1, Deleted: 1, Reports: 3}, out)
	require.Equal(t, "7/7", b.steps[6])
}

// Ids out of range are not kept.
func TestImportUsers_numbers(t *testing.T) {
	t.Parallel()
	for id, want := range map[int64]int64{
		1: 1, port.MaxUserID: port.MaxUserID, port.MaxUserID + 1: 0, 1<<63 - 1: 0,
		0: 0, -5: 0,
	} {
		b := imports(port.ForeignUser{ID: id, Email: "a@example.com"})
		_, err := b.do(t, false)
		require.NoError(t, err)
		require.Equal(t, want, b.given[0].ID)
	}
}

func TestImportUsers_deleted(t *testing.T) {
	t.Parallel()
	b := imports(port.ForeignUser{ID: 1, Email: "deleted__1__a@example.com", Deleted: true})
	out, err := b.do(t, false)
	require.NoError(t, err)
	require.Equal(t, importing.ImportUsersOut{Foreign: 1, Deleted: 1}, out)
	require.Empty(t, b.reports)
	require.Empty(t, b.given)
}

func TestImportUsers_texts(t *testing.T) {
	t.Parallel()
	b := imports(
		port.ForeignUser{
			ID: 1, Email: "a@example.com", Username: "a\x00b",
			Profile: domain.Profile{FirstName: "A\u202eda", Company: strings.Repeat("x", 151)},
		},
		port.ForeignUser{ID: 2, Email: "b@example.com", Username: strings.Repeat("x", 151)},
	)
	_, err := b.do(t, false)
	require.NoError(t, err)
	require.Equal(t, []string{"1 first_name invalid_text 0", "1 company invalid_text 0"}, b.reports)
	for _, u := range b.given {
		require.Empty(t, u.Username, "the store makes one")
		require.Zero(t, u.Profile)
	}
}

func TestImportUsers_dates(t *testing.T) {
	t.Parallel()
	now := fake.NewClock().Now()
	early, late := time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC), now.Add(time.Second)
	linked := func(at time.Time) []port.ForeignLink {
		return []port.ForeignLink{{URL: "https://a.example/", RegisteredAt: at}}
	}
	for _, at := range []time.Time{
		early, late, time.Date(-43, 3, 15, 0, 0, 0, 0, time.UTC),
		time.Date(200_000, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		b := imports(
			port.ForeignUser{ID: 1, Email: "a@example.com", DateJoined: at},
			port.ForeignUser{ID: 2, Email: "b@example.com", LastLogin: at, Links: linked(at)},
		)
		_, err := b.do(t, false)
		require.NoError(t, err)
		require.Equal(t, []string{"1 date_joined odd_date 0", "2 last_login odd_date 0", "2 source odd_date 0"}, b.reports)
		require.Equal(t, now, b.given[0].DateJoined)
		require.Zero(t, b.given[1].LastLogin)
		require.Equal(t, joined, b.given[1].Sources[0].RegisteredAt)
	}
	b := imports(port.ForeignUser{
		ID: 1, Email: "a@example.com", DateJoined: time.Unix(0, 0), LastLogin: now,
		Links: linked(now),
	})
	_, err := b.do(t, false)
	require.NoError(t, err)
	require.Empty(t, b.reports)
}

// Sources are classified, each is there once, and one is the first at most: it counts
// from when the user joined.
func TestImportUsers_sources(t *testing.T) {
	t.Parallel()
	link := func(url string, first bool, hours int) port.ForeignLink {
		return port.ForeignLink{URL: url, First: first, RegisteredAt: joined.Add(time.Duration(hours) * time.Hour)}
	}
	b := imports(
		port.ForeignUser{ID: 1, Email: "a@example.com", Links: []port.ForeignLink{
			link("https://dashboard.myapp.com", false, 1),
			link("https://myapp.com/?utm_source=facebook&gclid=1", true, 2),
			link("https://myapp.com/?utm_source=facebook&gclid=2", false, 3),
			link("javascript:alert(1)", true, 4),
			link("https://other.example/", true, 5),
		}},
		port.ForeignUser{ID: 2, Email: "b@example.com", Links: []port.ForeignLink{
			link("https://dashboard.myapp.com", false, 0), link("http://www.dashboard.myapp.com/", true, 24*365*100),
			{URL: "https://x.example"},
		}},
		port.ForeignUser{
			ID: 3, Email: "c@example.com",
			Links: []port.ForeignLink{link("https://dashboard.myapp.com", false, 7)},
		},
	)
	out, err := b.do(t, false)
	require.NoError(t, err)
	require.Equal(t, 6, out.Linked)
	require.Equal(t, []string{
		"1 source invalid_source_url 0", "1 source several_first 0", "2 source odd_date 0",
	}, b.reports)
	var got []string
	for _, u := range b.given {
		for _, s := range u.Sources {
			got = append(got, fmt.Sprintf("%d %s %t +%s", u.ID, s.Source.DisplayName, s.First, s.RegisteredAt.Sub(joined)))
		}
	}
	require.Equal(t, []string{
		"1 Dashboard false +1h0m0s", "1 Facebook true +0s", "1 other.example false +5h0m0s",
		"2 Dashboard true +0s", "2 x.example false +0s",
		"3 Dashboard false +7h0m0s",
	}, got)
}

// What the store tells becomes counts and reports.
func TestImportUsers_fates(t *testing.T) {
	t.Parallel()
	there := domain.User{ID: 5, Email: "ada@example.com", Phone: "+15551234567", IsActive: true}
	for name, c := range map[string]struct {
		fate    port.ImportedUser
		want    importing.ImportUsersOut
		reports []string
	}{
		"unchanged": {
			port.ImportedUser{Outcome: port.ImportUnchanged, User: there},
			importing.ImportUsersOut{Unchanged: 1},
			nil,
		},
		"completed": {
			port.ImportedUser{Outcome: port.ImportCompleted, User: there, Linked: 2},
			importing.ImportUsersOut{Completed: 1, Linked: 2},
			nil,
		},
		"new number": {
			port.ImportedUser{Outcome: port.ImportAdded, User: there, IDChanged: true, UsernameChanged: true},
			importing.ImportUsersOut{Added: 1, Reports: 2},
			[]string{"id new_number 5", "username new_username 5"},
		},
		"taken": {
			port.ImportedUser{Outcome: port.ImportAdded, User: there, EmailOwner: 6, PhoneOwner: 7},
			importing.ImportUsersOut{Added: 1, Reports: 2},
			[]string{"email email_taken 6", "phone phone_taken 7"},
		},
		"all taken": {
			port.ImportedUser{Outcome: port.ImportSkipped, PhoneOwner: 7},
			importing.ImportUsersOut{LeftOut: 1, Reports: 1},
			[]string{" all_taken 7"},
		},
		"one has all": {
			port.ImportedUser{Outcome: port.ImportSkipped, EmailOwner: 7, PhoneOwner: 7},
			importing.ImportUsersOut{LeftOut: 1, Reports: 1},
			[]string{" all_taken 7"},
		},
		"two users": {
			port.ImportedUser{Outcome: port.ImportSkipped, EmailOwner: 6, PhoneOwner: 7},
			importing.ImportUsersOut{LeftOut: 1, Reports: 1},
			[]string{" two_users 6"},
		},
		"withheld": {
			port.ImportedUser{Outcome: port.ImportUnchanged, User: there, Withheld: true},
			importing.ImportUsersOut{Unchanged: 1, Reports: 1},
			[]string{" not_completed 5"},
		},
		"kept otherwise": {
			port.ImportedUser{Outcome: port.ImportUnchanged, User: domain.User{ID: 5, IsStaff: true}},
			importing.ImportUsersOut{Unchanged: 1, Reports: 3},
			[]string{"email email_not_added 5", "phone phone_not_added 5", " other_rights 5"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := imports(port.ForeignUser{
				ID: 3, Email: "ada@example.com", EmailVerified: true, Phone: "+15551234567", PhoneVerified: true, IsActive: true,
			})
			b.fate = func(port.ImportUser) port.ImportedUser { return c.fate }
			out, err := b.do(t, false)
			require.NoError(t, err)
			c.want.Foreign = 1
			require.Equal(t, c.want, out)
			var want []string
			for _, r := range c.reports {
				want = append(want, "3 "+r)
			}
			require.Equal(t, want, b.reports)
			for _, r := range b.whole {
				require.NotEmpty(t, r.Done, r.Code)
			}
		})
	}
}

func TestImportUsers_fails(t *testing.T) {
	t.Parallel()
	b := imports(port.ForeignUser{ID: 3, Email: "ada@example.com"})
	b.fails = errors.New("gone")
	out, err := b.do(t, false)
	require.ErrorIs(t, err, b.fails)
	require.Zero(t, out)

	foreign := mocks.NewForeignUsers(t)
	foreign.EXPECT().Count(mock.Anything).Return(port.ForeignCount{}, b.fails)
	_, err = importing.NewImportUsers(importing.Ports{ForeignUsers: foreign, Clock: b.clock}, domain.SourceRules{}).
		Do(t.Context(), importing.ImportUsersIn{})
	require.ErrorIs(t, err, b.fails)
}
