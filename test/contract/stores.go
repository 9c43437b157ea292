package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// Stores are the stores of one opened database.
type Stores struct {
	OTPSecrets port.OTPSecrets
	SignIns    port.SignIns
	Sessions   port.Sessions
	Users      port.Users
	Deliveries port.Deliveries
	Leases     port.Leases
	Database   port.Database

	RegistrationSources port.RegistrationSources
	Analytics           port.Analytics
	Funnel              port.Funnel
	Accounts            port.Accounts
	UserImports         port.UserImports
	UserIdentifiers     port.UserIdentifiers

	// What no port does yet, and the suites have to.

	// SetUser makes a user active or not, and their identifiers verified or not.
	SetUser func(t testing.TB, userID int64, active, verified bool)
	// SourcesOf lists the sources that are linked to a user, the first registration
	// first, then by the time.
	SourcesOf func(t testing.TB, userID int64) []LinkedSource
	// FunnelOf is what has been counted so far.
	FunnelOf func(t testing.TB) map[FunnelGroup]domain.Funnel
	// Silence keeps the database from answering until the test ends.
	Silence func(t testing.TB)
}

// LinkedSource is a source as it is linked to a user.
type LinkedSource struct {
	domain.RegistrationSource
	First        bool
	RegisteredAt time.Time
}

// FunnelGroup is what challenges are counted together by: those of a day (UTC, such
// as 2026-11-22) and a cohort.
type FunnelGroup struct {
	Day string
	domain.Cohort
}

// OpenStores makes a new database and returns a function that opens it: each
// call is one more instance with connections of its own, until the test ends. A
// database that can be opened only once is shared by its instances.
type OpenStores func(t testing.TB) (open func(t testing.TB) Stores)

// instances are two instances on one new database.
type instances struct {
	Stores // the first
	other  Stores
	reopen func(t testing.TB) Stores
	clock  *fake.Clock
	random *fake.Random
}

func openInstances(t testing.TB, open OpenStores) *instances {
	reopen := open(t)
	return &instances{Stores: reopen(t), other: reopen(t), reopen: reopen, clock: fake.NewClock(), random: &fake.Random{}}
}

// either is one instance and the other in turn.
func (i *instances) either(n int) Stores {
	if n%2 == 0 {
		return i.Stores
	}
	return i.other
}

// The limits and times of the suites.
var (
	someEpoch = domain.Epoch{1, 2, 3, 4}
	oldEpoch  = domain.Epoch{4, 3, 2, 1}
	someLimit = port.SendLimit{Sends: 3, Window: time.Hour}
	noLimit   = port.SendLimit{Window: time.Hour}
)

const someLifetime = 5 * time.Minute

// request is an issue request to sign in, as of now.
func (i *instances) request(t testing.TB, recipient string) port.IssueRequest {
	t.Helper()
	id, err := domain.ParseIdentifier(recipient)
	require.NoError(t, err)
	now := i.clock.Now()
	return port.IssueRequest{
		Fresh: domain.OTPSecret{
			OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: id},
			ChallengeID: domain.ChallengeID(i.random.UUID(now)),
			Epoch:       someEpoch,
			Seed:        i.random.Seed(),
			Digits:      6,
			MaxAttempts: 3,
			CreatedAt:   now,
			ExpiresAt:   now.Add(someLifetime),
			Channel:     domain.ChannelEmail,
			SourceURL:   "https://example.com/?utm_source=a%00b",
		},
		Epochs: []domain.Epoch{someEpoch, oldEpoch},
		Limit:  someLimit,
		Delivery: domain.Delivery{
			ID: i.random.UUID(now), Channel: domain.ChannelEmail, Provider: "smtp", Recipient: id.Masked(),
			Status: domain.DeliveryQueued, CreatedAt: now, UpdatedAt: now,
		},
		Now: now,
	}
}

// issue issues a code for a request within the limit.
func (i *instances) issue(t testing.TB, req port.IssueRequest) port.IssueResult {
	t.Helper()
	issued, err := i.OTPSecrets.Issue(t.Context(), req)
	require.NoError(t, err)
	require.False(t, issued.RateLimited, "refused for %s", issued.RetryAfter)
	return issued
}

// found is the secret as it is stored.
func (i *instances) found(t testing.TB, q port.OTPQuery) domain.OTPSecret {
	t.Helper()
	secret, found, err := i.OTPSecrets.Find(t.Context(), q)
	require.NoError(t, err)
	require.True(t, found, "%+v is not there", q)
	secret.SentOn = nil // is not stored with it
	return secret
}

// signIn is the sign-in with a secret, as of now, of a new or existing user.
func (i *instances) signIn(secret domain.OTPSecret) port.SignIn {
	now := i.clock.Now()
	return port.SignIn{
		Proof:   secret.ProveByCode(),
		Now:     now,
		NewUser: port.NewUser{UUID: i.random.UUID(now), Username: "ada-" + i.random.Suffix(12)},
		Session: domain.Session{
			ID: i.random.UUID(now), Channel: secret.Channel, AMR: []string{"otp", string(secret.Channel)},
			UserAgent: domain.CleanUserAgent("Mozilla/5.0 ('ü' \xff\x00;)"), Address: "192.0.2.1", CreatedAt: now,
		},
	}
}

// complete signs in with the code of a new challenge.
func (i *instances) complete(
	t testing.TB, recipient string, with ...func(*port.SignIn),
) (port.SignInResult, domain.Actor) {
	t.Helper()
	req := i.request(t, recipient)
	req.Limit = noLimit
	in := i.signIn(i.issue(t, req).Secret)
	for _, change := range with {
		change(&in)
	}
	done, err := i.SignIns.Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.Consumed)
	return done, domain.Actor{UserUUID: done.User.UUID, SessionID: in.Session.ID}
}

// sourceOf is a source with a host of its own.
func sourceOf(host string) domain.RegistrationSource {
	sum := sha256.Sum256([]byte(host))
	return domain.RegistrationSource{
		ID: hex.EncodeToString(sum[:16]), Host: host, Origin: host + ":8080", Category: domain.CategoryCampaign,
		Channel: domain.SourcePaidSocial,
		Campaign: domain.Campaign{
			Source: "news 'ü'", Medium: "cpc", Name: "spring; --", Term: "shoes",
			Content: "\U0001f45f \\ {\"a\",b}",
		},
		DisplayName: "News - " + host, URL: "https://" + host + ":8080/?utm_source=news&gclid=1",
	}
}

// from is a sign-in that came from a page of a host.
func from(t testing.TB, host string) func(*port.SignIn) {
	t.Helper()
	return func(in *port.SignIn) { in.Source = sourceOf(host) }
}

// inParallel calls do n times at once and waits for all.
func inParallel(n int, do func(n int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for k := range n {
		all.Go(func() {
			<-start
			do(k)
		})
	}
	close(start)
	all.Wait()
}

// noIDs are texts that are no id of ours; some resemble one.
func noIDs(id string) []string {
	return []string{
		" ", "0", "x", "null", "\x00", id + "\x00", id + " ", " " + id, id[1:], "{" + id + "}", strings.ToUpper(id) + "g",
		strings.ReplaceAll(id, "-", ""), strings.Replace(id, "-", "+", 1), "ü" + id[2:], "' OR 1=1 --",
		strings.Repeat("a", 36), strings.Repeat("-", 36), strings.Repeat("0", 100_000), fmt.Sprintf("%36s", "1"),
	}
}
