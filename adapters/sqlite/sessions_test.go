package sqlite

import (
	"context"
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// Sessions of the first version were never refreshed.
func TestMigrate_ofAFileWithSessions(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	random := &fake.Random{}
	user, id := random.UUID(fake.Noon), random.UUID(fake.Noon)
	require.NoError(t, withConnection(Config{Path: path}.source(busyTimeout, "journal_mode(WAL)"), func(db *sql.DB) error {
		content, err := fs.Sub(files, "migrations")
		require.NoError(t, err)
		provider, err := goose.NewProvider(goose.DialectSQLite3, db, content, goose.WithDisableGlobalRegistry(true))
		require.NoError(t, err)
		_, err = provider.UpTo(t.Context(), 1)
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), `INSERT INTO users (uuid, email, username, date_joined) VALUES ($1, 'ada@example.com', 'ada', $2)`, user, fake.Noon)
		require.NoError(t, err)
		_, err = db.ExecContext(t.Context(), `
			INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at)
			SELECT $1, id, 'email', 'otp email', 'Mozilla/5.0', '192.0.2.1', $2 FROM users`, id, fake.Noon)
		return err
	}))
	db, _ := openTest(t, Config{Path: path})
	session, found, err := db.Sessions().Find(t.Context(), domain.Actor{UserUUID: user, SessionID: id})
	require.NoError(t, err)
	require.True(t, found)
	want := domain.Session{
		ID: id, UserID: session.UserID, Channel: domain.ChannelEmail, AMR: []string{"otp", "email"},
		UserAgent: "Mozilla/5.0", Address: "192.0.2.1", CreatedAt: fake.Noon, LastUsedAt: fake.Noon,
	}
	require.Equal(t, want, session)
	now := fake.Noon.Add(time.Hour)
	rotated, err := db.Sessions().Rotate(t.Context(), port.Rotation{
		SessionID: id, UserUUID: user, Policy: domain.SessionPolicy{AbsoluteLifetime: 24 * time.Hour, Rotates: true}, Now: now,
	})
	require.NoError(t, err)
	want.Generation, want.LastUsedAt = 1, now
	require.Equal(t, port.RotationResult{Verdict: domain.RefreshCurrent, Session: want}, rotated)
}

// A purge that finds nothing to do must not read the whole table to see it.
func TestSessionsPurge_goesByIndexes(t *testing.T) {
	t.Parallel()
	db, _ := newTestFile(t)
	p := &planner{db: db}
	_, err := sqlstore.NewSessions(p, purgeSessions).Purge(t.Context(), port.SessionPurge{Limit: 500})
	require.NoError(t, err)
	require.Contains(t, p.plans, "SEARCH sessions USING INDEX sessions_used_on_idx (used_on<?)")
	require.Contains(t, p.plans, "SEARCH sessions USING PRIMARY KEY (id<?)")
	require.NotContains(t, p.plans, "SCAN sessions")
}

// planner is a database that only plans what is to be written.
type planner struct {
	sqlstore.DB
	sqlstore.Queryer
	db    *DB
	plans string
}

func (p *planner) Write(ctx context.Context, act sqlstore.TxFunc) error { return act(ctx, p) }

func (p *planner) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	return plannedResult{}, p.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		rows, err := q.QueryContext(ctx, "EXPLAIN QUERY PLAN "+statement, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				return err
			}
			p.plans += detail + "\n"
		}
		return rows.Err()
	})
}

// plannedResult is that of what was not done.
type plannedResult struct{ sql.Result }

func (plannedResult) RowsAffected() (int64, error) { return 0, nil }
