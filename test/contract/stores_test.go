package contract

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/sqlite"
	"github.com/doorcode-auth/doorcode/domain"
)

// goodStores opens real stores, on SQLite.
func goodStores(t testing.TB) func(t testing.TB) Stores {
	path := filepath.Join(t.TempDir(), "doorcode.db")
	return func(t testing.TB) Stores {
		db, closeDB, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
		require.NoError(t, err)
		t.Cleanup(closeDB)
		direct, err := sql.Open("sqlite", path)
		require.NoError(t, err)
		t.Cleanup(func() { _ = direct.Close() })
		return Stores{
			OTPSecrets: db.OTPSecrets(), SignIns: db.SignIns(), Sessions: db.Sessions(), Users: db.Users(),
			Deliveries: db.Deliveries(), Leases: db.Leases(), Database: db.Database(), Accounts: db.Accounts(),
			Analytics: db.Analytics(), UserImports: db.UserImports(),
			RegistrationSources: db.RegistrationSources(), Funnel: db.Funnel(),
			SetUser: func(t testing.TB, userID int64, active, verified bool) {
				_, err := direct.Exec(setUser, userID, active, verified)
				require.NoError(t, err)
			},
			SourcesOf: func(t testing.TB, userID int64) []LinkedSource { return sourcesIn(t, direct, userID) },
			FunnelOf:  func(t testing.TB) map[FunnelGroup]domain.Funnel { return funnelIn(t, direct) },
			Silence:   func(testing.TB) { closeDB() },
		}
	}
}

const setUser = `
UPDATE users
   SET is_active = $2, email_verified = $3 AND email IS NOT NULL, phone_verified = $3 AND phone IS NOT NULL
 WHERE id = $1`

func sourcesIn(t testing.TB, db *sql.DB, userID int64) (linked []LinkedSource) {
	rows, err := db.Query(`
		SELECT id, host, origin, category, channel, display_name, utm_source, utm_medium, utm_campaign, utm_term, utm_content,
		       url, first_registration, registered_at
		  FROM user_registration_sources JOIN registration_sources ON id = source_id
		 WHERE user_id = $1
		 ORDER BY first_registration DESC, registered_at, id`, userID)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var l LinkedSource
		var at int64
		c := &l.Campaign
		require.NoError(t, rows.Scan(&l.ID, &l.Host, &l.Origin, &l.Category, &l.Channel, &l.DisplayName,
			&c.Source, &c.Medium, &c.Name, &c.Term, &c.Content, &l.URL, &l.First, &at))
		l.RegisteredAt = time.UnixMicro(at).UTC()
		linked = append(linked, l)
	}
	require.NoError(t, rows.Err())
	return linked
}

func funnelIn(t testing.TB, db *sql.DB) map[FunnelGroup]domain.Funnel {
	rows, err := db.Query(`
		SELECT day, source_id, category, channel, country, requested, sent, delivered, verified, registered
		  FROM funnel`)
	require.NoError(t, err)
	defer rows.Close()
	counted := map[FunnelGroup]domain.Funnel{}
	for rows.Next() {
		var g FunnelGroup
		var f domain.Funnel
		require.NoError(t, rows.Scan(&g.Day, &g.SourceID, &g.Category, &g.Channel, &g.Country,
			&f.Requested, &f.Sent, &f.Delivered, &f.Verified, &f.Registered))
		counted[g] = f
	}
	require.NoError(t, rows.Err())
	return counted
}

// breaker breaks the stores as they are opened.
type breaker func(s *Stores)

func (b breaker) open(t testing.TB) func(t testing.TB) Stores {
	open := goodStores(t)
	return func(t testing.TB) Stores {
		s := open(t)
		b(&s)
		return s
	}
}

// seesBreakers wants every promise to be seen broken by the stores that break it,
// and a breaker for every promise.
func seesBreakers(t *testing.T, promises []promise[OpenStores], breakers map[string]breaker) {
	t.Helper()
	seen := 0
	for _, p := range promises {
		for begin, b := range breakers {
			if !strings.HasPrefix(p.says, begin) {
				continue
			}
			seen++
			if len(broken[OpenStores](b.open, []promise[OpenStores]{p})) == 0 {
				t.Errorf("no proof sees that this is broken: %s", p.says)
			}
		}
	}
	require.Equal(t, len(promises), seen, "promises that are broken")
	require.Len(t, breakers, seen)
}

// quickly keeps rapid from looking long for the least example, and from writing
// it down, where failing is wanted. No other test may run meanwhile.
func quickly(t *testing.T) {
	t.Helper()
	for name, value := range map[string]string{"rapid.shrinktime": "1ms", "rapid.nofailfile": "true"} {
		before := flag.Lookup(name).Value.String()
		require.NoError(t, flag.Set(name, value))
		t.Cleanup(func() { _ = flag.Set(name, before) })
	}
}

// hangsUp makes a method depend on ctx.
func hangsUp(ctx context.Context) error { return ctx.Err() }

var errBroken = errors.New("broken")
