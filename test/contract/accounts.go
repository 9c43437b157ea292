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

// Accounts proves the contract of port.Accounts.
func Accounts(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, append(accountPromises(), accountEndPromises()...))
}

func accountPromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{"The effect of each method must be durable when it returns, even if ctx is cancelled.", accountsAreDurable},
		{
			"Find must return the one user that the ref names, with all sessions and sources, disabled or not.",
			findsWhoIsNamed,
		},
		{
			"The sessions must be in order, the newest first; the source of the registration must come first, then " +
				"the oldest link.",
			accountIsInOrder,
		},
		{"List must return the users that match the query, by their ids, at most q.Limit.", listsWhoIsAskedFor},
		{
			"Promote must make the user of an identifier staff and superuser, and active, and change nothing else of " +
				"an existing user.",
			promotesWhoExists,
		},
		{"Without such a user it must create one with the identifier unverified.", promotesSomebodyNew},
		{
			"An unverified identifier beside another one must not promote its user: it must be reported as " +
				"ErrUnverified, with nothing changed.",
			promotesNobodyUnproved,
		},
		{"It must be one transaction, whatever runs in parallel.", promotesAtOnce},
		{"A taken username must be reported as ErrUsernameTaken, with nothing changed.", promotesUnderAnotherName},
	}
}

// named is the name by an identifier.
func named(t testing.TB, recipient string) port.AccountRef {
	t.Helper()
	id, err := domain.ParseIdentifier(recipient)
	require.NoError(t, err)
	return port.AccountRef{Identifier: id}
}

// account is one that is there.
func (i *instances) account(t testing.TB, name port.AccountRef) domain.Account {
	t.Helper()
	account, found, err := i.other.Accounts.Find(t.Context(), name)
	require.NoError(t, err)
	require.True(t, found)
	return account
}

func (i *instances) noAccount(t testing.TB, name port.AccountRef) {
	t.Helper()
	account, found, err := i.other.Accounts.Find(t.Context(), name)
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, account)
}

// setActive enables or disables an existing user.
func (i *instances) setActive(t testing.TB, name port.AccountRef, active bool) (user domain.User, changed bool) {
	t.Helper()
	user, changed, found, err := i.Accounts.SetActive(t.Context(), name, active)
	require.NoError(t, err)
	require.True(t, found)
	return user, changed
}

// promotion makes the user of an identifier a superuser, now.
func (i *instances) promotion(t testing.TB, recipient string) port.Promotion {
	t.Helper()
	now := i.clock.Now()
	return port.Promotion{
		Identifier: named(t, recipient).Identifier, Now: now,
		NewUser: port.NewUser{UUID: i.random.UUID(now), Username: "root-" + i.random.Suffix(12)},
	}
}

// missingRefs are refs without a user, while ada@example.com and +15551234567 have one.
func (i *instances) missingRefs(t testing.TB) []port.AccountRef {
	t.Helper()
	return []port.AccountRef{
		{},
		{ID: -1},
		{ID: 1 << 62},
		{ID: 1 << 62, Identifier: named(t, "ada@example.com").Identifier},
		named(t, "eve@example.com"), named(t, "ada@example.com.example"), named(t, "+15551234568"),
	}
}

func accountsAreDurable(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	ctx, hangUp := context.WithCancel(t.Context())
	hangUp()
	promotion := i.promotion(t, "ada@example.com")
	user, _, err := i.Accounts.Promote(ctx, promotion)
	require.NoError(t, err)
	i.other = i.reopen(t)
	name := port.AccountRef{ID: user.ID}
	require.Equal(t, domain.Account{User: user}, i.account(t, name))
	user, changed, _, err := i.Accounts.SetActive(ctx, name, false)
	require.NoError(t, err)
	require.True(t, changed)
	i.other = i.reopen(t)
	require.Equal(t, user, i.account(t, name).User)
	found, err := i.Accounts.Delete(ctx, name)
	require.NoError(t, err)
	require.True(t, found)
	i.other = i.reopen(t)
	i.noAccount(t, name)
}

func findsWhoIsNamed(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	want := map[string]domain.User{}
	for n, recipient := range kindsOf {
		i.clock.Advance(time.Hour)
		done, actor := i.complete(t, recipient, from(t, "source-"+strconv.Itoa(n)+".example"))
		i.complete(t, recipient)
		want[recipient] = done.User
		_, err := i.Sessions.Rotate(t.Context(), i.rotation(actor, 0))
		require.NoError(t, err)
	}
	for n, recipient := range kindsOf {
		byID, byIdentifier := port.AccountRef{ID: want[recipient].ID}, named(t, recipient)
		account := i.account(t, byID)
		require.Equal(t, account, i.account(t, byIdentifier))
		require.Equal(t, want[recipient], account.User)
		require.Len(t, account.Sessions, 2)
		for _, s := range account.Sessions {
			actor := domain.Actor{UserUUID: account.User.UUID, SessionID: s.ID}
			require.Equal(t, i.session(t, actor), s)
		}
		require.Len(t, account.Sources, 1)
		require.True(t, account.Sources[0].First)
		require.Equal(t, "source-"+strconv.Itoa(n)+".example", account.Sources[0].Source.Host)
		require.Equal(t, want[recipient].DateJoined, account.Sources[0].RegisteredAt)
		linked := i.SourcesOf(t, account.User.ID)
		require.Equal(t, linked[0].RegistrationSource, account.Sources[0].Source)

		i.SetUser(t, account.User.ID, false, true)
		account.User.IsActive = false
		require.Equal(t, account, i.account(t, byID), "disabled")
		require.Equal(t, account, i.account(t, byIdentifier), "disabled")
	}
	for _, name := range i.missingRefs(t) {
		i.noAccount(t, name)
	}
}

func accountIsInOrder(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	var made []string
	for n := range 4 {
		i.clock.Advance(time.Hour)
		_, actor := i.complete(t, "ada@example.com", from(t, "source-"+strconv.Itoa(9-n)+".example"))
		made = append([]string{actor.SessionID}, made...)
	}
	account := i.account(t, named(t, "ada@example.com"))
	var sessions []string
	for _, s := range account.Sessions {
		sessions = append(sessions, s.ID)
	}
	require.Equal(t, made, sessions)
	for n, s := range account.Sources {
		require.Equal(t, n == 0, s.First)
		require.Equal(t, "source-"+strconv.Itoa(9-n)+".example", s.Source.Host)
	}
	require.Len(t, account.Sources, len(i.SourcesOf(t, account.User.ID)))
}

// listed are the names that match a query, page by page.
func (i *instances) listed(t testing.TB, q port.AccountQuery) (names []string) {
	t.Helper()
	for {
		page, err := i.other.Accounts.List(t.Context(), q)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), q.Limit)
		for _, user := range page {
			require.Greater(t, user.ID, q.AfterID)
			q.AfterID = user.ID
			require.Equal(t, user, i.account(t, port.AccountRef{ID: user.ID}).User)
			names = append(names, user.Identifier().Value())
		}
		if len(page) < q.Limit {
			return names
		}
	}
}

func listsWhoIsAskedFor(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	const ada, bob, carl, dora = "ada@example.com", "bob_b@example.org", "+15551234567", "+15557654321"
	require.Empty(t, i.listed(t, port.AccountQuery{Limit: 5}))
	for _, user := range []struct{ recipient, first, last string }{
		{ada, "Ändra", "O'Neil [x]*?"}, {bob, "Bob", "100%_\\d"}, {carl, "ΣΊΣΥΦΟΣ", ""}, {dora, "", "Straße"},
	} {
		_, actor := i.complete(t, user.recipient,
			func(in *port.SignIn) { in.NewUser.Username = "name" + in.NewUser.Username })
		_, _, err := i.Users.ChangeProfile(t.Context(), actor,
			domain.ProfileChange{FirstName: &user.first, LastName: &user.last})
		require.NoError(t, err)
	}
	i.setActive(t, named(t, bob), false)
	i.setActive(t, named(t, dora), false)
	for _, staff := range []string{ada, bob} {
		_, _, err := i.Accounts.Promote(t.Context(), i.promotion(t, staff))
		require.NoError(t, err)
	}
	i.setActive(t, named(t, bob), false)
	yes, no := true, false
	for name, c := range map[string]struct {
		q    port.AccountQuery
		want []string
	}{
		"all":                        {port.AccountQuery{}, []string{ada, bob, carl, dora}},
		"active":                     {port.AccountQuery{Active: &yes}, []string{ada, carl}},
		"inactive":                   {port.AccountQuery{Active: &no}, []string{bob, dora}},
		"staff":                      {port.AccountQuery{Staff: &yes}, []string{ada, bob}},
		"no staff":                   {port.AccountQuery{Staff: &no}, []string{carl, dora}},
		"inactive staff":             {port.AccountQuery{Active: &no, Staff: &yes}, []string{bob}},
		"part of an address":         {port.AccountQuery{Search: "@EXAMPLE."}, []string{ada, bob}},
		"an underscore for itself":   {port.AccountQuery{Search: "b_B@"}, []string{bob}},
		"an underscore for nothing":  {port.AccountQuery{Search: "bob_@"}, nil},
		"a dot for itself":           {port.AccountQuery{Search: "exampl."}, nil},
		"part of a number":           {port.AccountQuery{Search: "+1555"}, []string{carl, dora}},
		"part of a username":         {port.AccountQuery{Search: "NAMEada-"}, []string{ada, bob, carl, dora}},
		"a first name in other case": {port.AccountQuery{Search: "äNDRA"}, []string{ada}},
		"a full name":                {port.AccountQuery{Search: "ändra o'n"}, []string{ada}},
		"Greek":                      {port.AccountQuery{Search: "σίσυφος"}, []string{carl}},
		"what means something":       {port.AccountQuery{Search: "[X]*?"}, []string{ada}},
		"more that means something":  {port.AccountQuery{Search: `%_\D`}, []string{bob}},
		"any digit":                  {port.AccountQuery{Search: `\d\d`}, nil},
		"anything":                   {port.AccountQuery{Search: "%"}, []string{bob}},
		"everything":                 {port.AccountQuery{Search: "*"}, []string{ada}},
		"a pattern":                  {port.AccountQuery{Search: ".*"}, nil},
		"a directive":                {port.AccountQuery{Search: "***=a"}, nil},
		"an injection":               {port.AccountQuery{Search: "' OR 1=1 --"}, nil},
		"no text":                    {port.AccountQuery{Search: "\xff"}, nil},
		"the end of a text":          {port.AccountQuery{Search: "ada\x00"}, nil},
		"across two names":           {port.AccountQuery{Search: "com+1555"}, nil},
		"inactive, by a name":        {port.AccountQuery{Active: &no, Search: "straße"}, []string{dora}},
	} {
		for _, limit := range []int{1, 2, 3, 100} {
			c.q.Limit = limit
			require.Equal(t, c.want, i.listed(t, c.q), "%s, %d at a time", name, limit)
		}
	}
}

func promotesWhoExists(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for n, recipient := range kindsOf {
		_, actor := i.complete(t, recipient, from(t, "first.example"))
		name := "Ada"
		_, _, err := i.Users.ChangeProfile(t.Context(), actor, domain.ProfileChange{FirstName: &name})
		require.NoError(t, err)
		want := i.account(t, named(t, recipient))
		if n == 0 {
			i.SetUser(t, want.User.ID, false, true)
		}
		i.clock.Advance(time.Hour)
		for range 2 {
			want.User.IsStaff, want.User.IsSuperuser = true, true
			user, isNew, err := i.Accounts.Promote(t.Context(), i.promotion(t, recipient))
			require.NoError(t, err)
			require.False(t, isNew)
			require.Equal(t, want.User, user)
			require.Equal(t, want, i.account(t, named(t, recipient)))
		}
	}
	other, _ := i.complete(t, "bob@example.com")
	require.False(t, other.User.IsStaff || other.User.IsSuperuser)
}

func promotesSomebodyNew(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	for _, recipient := range kindsOf {
		p := i.promotion(t, recipient)
		user, isNew, err := i.Accounts.Promote(t.Context(), p)
		require.NoError(t, err)
		require.True(t, isNew)
		require.Positive(t, user.ID)
		want := domain.User{
			ID: user.ID, UUID: p.NewUser.UUID, Username: p.NewUser.Username,
			IsActive: true, IsStaff: true, IsSuperuser: true, DateJoined: p.Now,
		}
		if recipient == kindsOf[0] {
			want.Email = recipient
		} else {
			want.Phone = recipient
		}
		require.Equal(t, want, user)
		require.Equal(t, domain.Account{User: want}, i.account(t, named(t, recipient)))

		i.clock.Advance(time.Hour)
		done, _ := i.complete(t, recipient, from(t, "first.example"))
		want.LastLogin = i.clock.Now()
		want.EmailVerified, want.PhoneVerified = want.Email != "", want.Phone != ""
		require.False(t, done.IsNew)
		require.Equal(t, want, done.User, "signed in")
	}
}

func promotesNobodyUnproved(t testing.TB, open OpenStores) {
	for n, unproved := range kindsOf {
		i := openInstances(t, open)
		both := i.person(7, kindsOf[0], kindsOf[1])
		both.EmailVerified, both.PhoneVerified = n != 0, n != 1
		i.imports(t, both)
		_, _, err := i.Accounts.Promote(t.Context(), i.promotion(t, unproved))
		require.ErrorIs(t, err, port.ErrUnverified)
		require.Equal(t, domain.Account{User: both.User}, i.account(t, named(t, unproved)))
		i.setActive(t, named(t, unproved), false)
		_, _, err = i.Accounts.Promote(t.Context(), i.promotion(t, unproved))
		require.ErrorIs(t, err, port.ErrUnverified)
		require.False(t, i.account(t, named(t, unproved)).User.IsActive)

		i.SetUser(t, both.ID, true, true)
		user, isNew, err := i.Accounts.Promote(t.Context(), i.promotion(t, unproved))
		require.NoError(t, err)
		require.False(t, isNew)
		require.True(t, user.IsStaff && user.IsSuperuser)
	}
}

func promotesAtOnce(t testing.TB, open OpenStores) {
	const acts = 60
	for _, recipient := range kindsOf {
		i := openInstances(t, open)
		var promotions [acts]port.Promotion
		var signIns [acts]port.SignIn
		for n := range acts {
			promotions[n] = i.promotion(t, recipient)
			req := i.request(t, recipient)
			req.Fresh.Lane, req.Limit = strconv.Itoa(n), noLimit
			signIns[n] = i.signIn(i.issue(t, req).Secret)
		}
		var isNew [acts]bool
		inParallel(acts, func(n int) {
			var err error
			if n%3 == 0 {
				var done port.SignInResult
				done, err = i.either(n/3).SignIns.Complete(context.Background(), signIns[n])
				isNew[n] = done.IsNew
			} else {
				var user domain.User
				user, isNew[n], err = i.either(n/3).Accounts.Promote(context.Background(), promotions[n])
				if !user.IsStaff || !user.IsSuperuser {
					t.Errorf("promoted, and no superuser: %+v", user)
				}
			}
			if err != nil {
				t.Errorf("act %d: %v", n, err)
			}
		})
		newcomers := 0
		for _, is := range isNew {
			if is {
				newcomers++
			}
		}
		require.Equal(t, 1, newcomers)
		require.Equal(t, []string{recipient}, i.listed(t, port.AccountQuery{Limit: acts}))
		require.True(t, i.account(t, named(t, recipient)).User.IsSuperuser)
	}
}

func promotesUnderAnotherName(t testing.TB, open OpenStores) {
	i := openInstances(t, open)
	ada, _ := i.complete(t, "ada@example.com")
	for _, recipient := range []string{"bob@example.com", "+15551234567"} {
		p := i.promotion(t, recipient)
		free := p.NewUser.Username
		p.NewUser.Username = ada.User.Username
		_, _, err := i.Accounts.Promote(t.Context(), p)
		require.ErrorIs(t, err, port.ErrUsernameTaken)
		i.noAccount(t, named(t, recipient))
		require.Equal(t, ada.User, i.account(t, named(t, "ada@example.com")).User)
		p.NewUser.Username = free
		user, isNew, err := i.Accounts.Promote(t.Context(), p)
		require.NoError(t, err)
		require.True(t, isNew)
		require.Equal(t, free, user.Username)

		p.NewUser.Username = ada.User.Username
		again, _, err := i.Accounts.Promote(t.Context(), p)
		require.NoError(t, err, "a user with a name needs none")
		require.Equal(t, user, again)
	}
}
