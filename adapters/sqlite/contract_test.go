package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

func TestOTPSecrets_contract(t *testing.T)      { onEach(t, contract.OTPSecrets) }
func TestSignIns_contract(t *testing.T)         { onEach(t, contract.SignIns) }
func TestSessions_contract(t *testing.T)        { onEach(t, contract.Sessions) }
func TestUsers_contract(t *testing.T)           { onEach(t, contract.Users) }
func TestDeliveries_contract(t *testing.T)      { onEach(t, contract.Deliveries) }
func TestFunnel_contract(t *testing.T)          { onEach(t, contract.Funnel) }
func TestUserImports_contract(t *testing.T)     { onEach(t, contract.UserImports) }
func TestAccounts_contract(t *testing.T)        { onEach(t, contract.Accounts) }
func TestUserIdentifiers_contract(t *testing.T) { onEach(t, contract.UserIdentifiers) }
func TestLeases_contract(t *testing.T)          { onEach(t, contract.Leases) }

func TestAnalytics_contract(t *testing.T) { t.Parallel(); contract.Analytics(t, newFile) }
func TestDatabase_contract(t *testing.T)  { t.Parallel(); contract.Database(t, newFile) }
func TestRegistrationSources_contract(t *testing.T) {
	t.Parallel()
	contract.RegistrationSources(t, newFile)
}

// onEach runs a suite on a file and in memory, in a short run on the file only.
func onEach(t *testing.T, suite func(*testing.T, contract.OpenStores)) {
	t.Parallel()
	t.Run("file", func(t *testing.T) { t.Parallel(); suite(t, newFile) })
	if !testing.Short() {
		t.Run("memory", func(t *testing.T) { t.Parallel(); suite(t, newMemory) })
	}
}

func newFile(t testing.TB) func(t testing.TB) contract.Stores {
	path := filepath.Join(t.TempDir(), "doorcode.db")
	return func(t testing.TB) contract.Stores { return storesOf(openTest(t, Config{Path: path})) }
}

// newMemory shares one database: each Open in memory makes another.
func newMemory(t testing.TB) func(t testing.TB) contract.Stores {
	stores := storesOf(openTest(t, Config{Path: Memory}))
	return func(testing.TB) contract.Stores { return stores }
}

func openTest(t testing.TB, cfg Config) (*DB, func()) {
	t.Helper()
	db, closeDB, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(closeDB)
	return db, closeDB
}

func storesOf(db *DB, closeDB func()) contract.Stores {
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
			require.NoError(t, db.exec(t, setUser, userID, active, verified))
		},
		SourcesOf: func(t testing.TB, userID int64) []contract.LinkedSource { return sourcesOf(t, db, userID) },
		FunnelOf:  func(t testing.TB) map[contract.FunnelGroup]domain.Funnel { return funnelOf(t, db) },
		Silence:   func(testing.TB) { closeDB() },
	}
}

const setUser = `
UPDATE users
   SET is_active = $2, email_verified = $3 AND email IS NOT NULL, phone_verified = $3 AND phone IS NOT NULL
 WHERE id = $1`

// exec runs a statement of a test.
func (db *DB) exec(t testing.TB, statement string, args ...any) error {
	return db.Write(t.Context(), func(ctx context.Context, q sqlstore.Queryer) error {
		_, err := q.ExecContext(ctx, statement, args...)
		return err
	})
}

func sourcesOf(t testing.TB, db *DB, userID int64) (linked []contract.LinkedSource) {
	rows, err := sqlstore.ReadRows[sqlstore.UserSource](t.Context(), db, "list sources", sqlstore.SourcesOfUser, userID)
	require.NoError(t, err)
	for _, row := range rows {
		l := row.ToDomain()
		linked = append(linked, contract.LinkedSource{
			RegistrationSource: l.Source, First: l.First, RegisteredAt: l.RegisteredAt,
		})
	}
	return linked
}

func funnelOf(t testing.TB, db *DB) map[contract.FunnelGroup]domain.Funnel {
	counted := map[contract.FunnelGroup]domain.Funnel{}
	require.NoError(t, db.Read(t.Context(), func(ctx context.Context, q sqlstore.Queryer) error {
		rows, err := q.QueryContext(ctx, `SELECT `+sqlstore.FunnelColumns+` FROM funnel`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var g contract.FunnelGroup
			var f domain.Funnel
			err := rows.Scan(&g.Day, &g.SourceID, &g.Category, &g.Channel, &g.Country,
				&f.Requested, &f.Sent, &f.Delivered, &f.Verified, &f.Registered)
			if err != nil {
				return err
			}
			counted[g] = f
		}
		return rows.Err()
	}))
	return counted
}
