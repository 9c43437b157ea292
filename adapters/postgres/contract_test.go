package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

func TestOTPSecrets_contract(t *testing.T)      { onEach(t, contract.OTPSecrets) }
func TestSignIns_contract(t *testing.T)         { onEach(t, contract.SignIns) }
func TestSessions_contract(t *testing.T)        { onEach(t, contract.Sessions) }
func TestDeliveries_contract(t *testing.T)      { onEach(t, contract.Deliveries) }
func TestUserImports_contract(t *testing.T)     { onEach(t, contract.UserImports) }
func TestAccounts_contract(t *testing.T)        { onEach(t, contract.Accounts) }
func TestUserIdentifiers_contract(t *testing.T) { onEach(t, contract.UserIdentifiers) }

func TestUsers_contract(t *testing.T)     { t.Parallel(); contract.Users(t, newDatabase) }
func TestLeases_contract(t *testing.T)    { t.Parallel(); contract.Leases(t, newDatabase) }
func TestFunnel_contract(t *testing.T)    { t.Parallel(); contract.Funnel(t, newDatabase) }
func TestAnalytics_contract(t *testing.T) { t.Parallel(); contract.Analytics(t, newDatabase) }
func TestDatabase_contract(t *testing.T)  { t.Parallel(); contract.Database(t, newDatabaseToSilence) }

func TestRegistrationSources_contract(t *testing.T) {
	t.Parallel()
	contract.RegistrationSources(t, newDatabase)
}

// onEach runs a suite on the server itself, with prepared statements, and behind a pooler, where
// there are none; in a short run on the server only.
func onEach(t *testing.T, suite func(*testing.T, contract.OpenStores)) {
	t.Parallel()
	t.Run("prepared", func(t *testing.T) { t.Parallel(); suite(t, newDatabase) })
	if !testing.Short() {
		t.Run("pooled", func(t *testing.T) { t.Parallel(); suite(t, behindPooler) })
	}
}

// migrated is the URL of a new database with the schema of this binary, a copy of a template
// whose name is the hash of the migrations.
func migrated(t testing.TB) string {
	t.Helper()
	names, err := fs.Glob(files, "migrations/*.sql")
	require.NoError(t, err)
	hash := sha256.New()
	for _, name := range names {
		content, err := files.ReadFile(name)
		require.NoError(t, err)
		hash.Write(content)
	}
	return pgtest.MigratedDatabase(t, "stores_"+hex.EncodeToString(hash.Sum(nil)[:8]), func(url string) error {
		_, _, err := Migrate(t.Context(), url)
		return err
	})
}

func newDatabase(t testing.TB) func(t testing.TB) contract.Stores {
	return opener(migrated(t), nil)
}

func newDatabaseToSilence(t testing.TB) func(t testing.TB) contract.Stores {
	cluster := pgtest.OwnCluster(t, pgtest.Options{})
	url := cluster.URL("postgres")
	_, _, err := Migrate(t.Context(), url)
	require.NoError(t, err)
	return opener(url, func(t testing.TB) {
		require.NoError(t, cluster.Pause())
		t.Cleanup(func() { require.NoError(t, cluster.Resume()) })
	})
}

// opener opens the stores of a database for the suites.
func opener(url string, silence func(t testing.TB)) func(t testing.TB) contract.Stores {
	return func(t testing.TB) contract.Stores {
		t.Helper()
		db, closeDB, err := Open(t.Context(), Config{URL: url})
		require.NoError(t, err)
		t.Cleanup(closeDB)
		return storesOf(db, silence)
	}
}

func storesOf(db *DB, silence func(t testing.TB)) contract.Stores {
	return contract.Stores{
		OTPSecrets:  db.OTPSecrets(),
		SignIns:     db.SignIns(),
		Sessions:    db.Sessions(),
		Users:       db.Users(),
		Deliveries:  db.Deliveries(),
		Leases:      db.Leases(),
		Database:    db.Database(),
		Accounts:    db.Accounts(),
		Analytics:   db.Analytics(),
		UserImports: db.UserImports(),

		UserIdentifiers:     db.Accounts(),
		RegistrationSources: db.RegistrationSources(),
		Funnel:              db.Funnel(),

		SetUser: func(t testing.TB, userID int64, active, verified bool) {
			_, err := db.pool.ExecContext(t.Context(), setUser, userID, active, verified)
			require.NoError(t, err)
		},
		SourcesOf: func(t testing.TB, userID int64) []contract.LinkedSource { return sourcesOf(t, db.pool, userID) },
		FunnelOf:  func(t testing.TB) map[contract.FunnelGroup]domain.Funnel { return funnelOf(t, db.pool) },
		Silence:   silence,
	}
}

const setUser = `
UPDATE users
   SET is_active = $2, email_verified = $3 AND email IS NOT NULL, phone_verified = $3 AND phone IS NOT NULL
 WHERE id = $1`

func sourcesOf(t testing.TB, pool *sqlx.DB, userID int64) (linked []contract.LinkedSource) {
	rows, err := sqlstore.QueryRows[sqlstore.UserSource](t.Context(), pool, sqlstore.SourcesOfUser, userID)
	require.NoError(t, err)
	for _, row := range rows {
		l := row.ToDomain()
		linked = append(linked, contract.LinkedSource{
			RegistrationSource: l.Source, First: l.First, RegisteredAt: l.RegisteredAt,
		})
	}
	return linked
}

func funnelOf(t testing.TB, pool *sqlx.DB) map[contract.FunnelGroup]domain.Funnel {
	rows, err := pool.QueryContext(t.Context(), `
		SELECT to_char(day, 'YYYY-MM-DD'), source_id, category, channel, country,
		       requested, sent, delivered, verified, registered
		  FROM funnel`)
	require.NoError(t, err)
	defer rows.Close()
	counted := map[contract.FunnelGroup]domain.Funnel{}
	for rows.Next() {
		var g contract.FunnelGroup
		var f domain.Funnel
		require.NoError(t, rows.Scan(&g.Day, &g.SourceID, &g.Category, &g.Channel, &g.Country,
			&f.Requested, &f.Sent, &f.Delivered, &f.Verified, &f.Registered))
		counted[g] = f
	}
	require.NoError(t, rows.Err())
	return counted
}
