package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

var somePolicy = domain.SessionPolicy{
	AccessLifetime: time.Minute, RefreshLifetime: time.Hour, AbsoluteLifetime: 90 * 24 * time.Hour,
	Grace: 10 * time.Second, Rotates: true,
}

// session opens a session and returns the rotation of its first refresh token.
func (o *outage) session(t testing.TB, recipient string) port.Rotation {
	t.Helper()
	issued, err := o.OTPSecrets().Issue(t.Context(), o.request(t, recipient))
	require.NoError(t, err)
	in := o.signIn(issued.Secret)
	done, err := o.SignIns().Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.Consumed)
	return port.Rotation{SessionID: in.Session.ID, UserUUID: done.User.UUID, Policy: somePolicy, Now: fake.Noon}
}

// becomes rotates a session and requires the verdict.
func (o *outage) becomes(t testing.TB, want domain.RefreshVerdict, r port.Rotation) domain.Session {
	t.Helper()
	rotated, err := o.Sessions().Rotate(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, want, rotated.Verdict)
	return rotated.Session
}

func TestSessions_cost(t *testing.T) {
	t.Parallel()
	o := newMeter(t)
	r := o.session(t, "ada@example.com")
	actor := domain.Actor{UserUUID: r.UserUUID, SessionID: r.SessionID}
	becomes := func(want domain.RefreshVerdict, r port.Rotation) func() error {
		return func() error { o.becomes(t, want, r); return nil }
	}
	o.costs(t, "a refresh", cost{1, 1}, becomes(domain.RefreshCurrent, r))
	o.costs(t, "a refresh whose answer was lost", cost{2, 0}, becomes(domain.RefreshRepeat, r))
	o.costs(t, "finding a session", cost{1, 0}, func() error {
		session, found, err := o.Sessions().Find(t.Context(), actor)
		require.True(t, found)
		require.EqualValues(t, 1, session.Generation)
		return err
	})
	o.costs(t, "listing the sessions", cost{1, 0}, func() error {
		sessions, err := o.Sessions().OfUser(t.Context(), actor)
		require.Len(t, sessions, 1)
		return err
	})
	o.costs(t, "an end", cost{1, 1}, func() error {
		ended, _, err := o.Sessions().End(t.Context(), actor, port.SessionFilter{Only: actor.SessionID})
		require.Equal(t, 1, ended)
		return err
	})
	o.costs(t, "a refresh of an ended session", cost{2, 0}, becomes(domain.RefreshEnded, r))

	r = o.session(t, "ada@example.com")
	o.becomes(t, domain.RefreshCurrent, r)
	r.Now = r.Now.Add(time.Minute)
	o.costs(t, "a refresh by a reused token", cost{3, 1}, becomes(domain.RefreshReused, r))
	o.costs(t, "a purge", cost{2, 0}, func() error {
		_, err := o.Sessions().Purge(t.Context(), port.SessionPurge{UsedBefore: fake.Noon, MadeBefore: fake.Noon, Limit: 10})
		return err
	})
}

// A refresh must be a heap-only update: moving the row would write to four indexes and
// leave dead entries to a vacuum.
func TestRotate_updatesInPlace(t *testing.T) {
	t.Parallel()
	const rotations, others = 50, 300
	for name, c := range map[string]struct {
		many  bool          // sessions, each refreshed once, else one session
		every time.Duration // between two refreshes
		least int           // heap-only updates
	}{
		"one session within a day":   {false, time.Minute, rotations - 1},
		"many sessions within a day": {true, 0, rotations - 3},
		"one session once a day":     {false, 24 * time.Hour, 0},
	} {
		url := migrated(t)
		db, closeDB, err := Open(t.Context(), Config{URL: url, MaxConnections: 1})
		require.NoError(t, err)
		t.Cleanup(closeDB)
		o := &outage{DB: db}
		r := o.session(t, "ada@example.com")
		direct := openPlain(t, url)                                    // without the timeouts of the pool
		_, err = direct.ExecContext(t.Context(), copySessions, others) // fills the pages up to their fillfactor
		require.NoError(t, err)
		sessions, err := db.Sessions().OfUser(t.Context(), domain.Actor{UserUUID: r.UserUUID, SessionID: r.SessionID})
		require.NoError(t, err)
		for n := range rotations {
			r.Now = fake.Noon.Add(time.Duration(n+1) * c.every)
			r.SessionID, r.Generation = sessions[0].ID, int64(n)
			if c.many {
				r.SessionID, r.Generation = sessions[n].ID, 0
			}
			o.becomes(t, domain.RefreshCurrent, r)
		}
		closeDB() // and its connection reports its statistics

		var all, inPlace int
		require.Eventually(t, func() bool {
			err := direct.QueryRowContext(t.Context(), `
				SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'`).Scan(&all, &inPlace)
			return err == nil && all == rotations
		}, 20*time.Second, 10*time.Millisecond)
		t.Logf("%s: %d of %d in place", name, inPlace, all)
		require.GreaterOrEqual(t, inPlace, c.least, name)
		if c.least == 0 {
			require.Zero(t, inPlace, "the column of the day has an index")
		}
	}
}

// copySessions makes $1 copies of each session.
const copySessions = `
INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at, last_used_at)
SELECT gen_random_uuid(), user_id, channel, amr, user_agent, address, created_at, last_used_at
  FROM sessions, generate_series(1, $1::int)`

// Concurrent calls that end the same sessions must not deadlock. The second session in the
// table has the first id.
func TestEnd_locksInTheOrderOfIDs(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	db, closeDB, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	r := o.session(t, "ada@example.com")
	const firstID = "00000000-0000-7000-8000-000000000001"
	direct := openPlain(t, url)
	_, err = direct.ExecContext(t.Context(), `
		INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at, last_used_at)
		SELECT $1, user_id, channel, amr, user_agent, address, created_at, last_used_at FROM sessions`, firstID)
	require.NoError(t, err)
	tx, err := direct.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), lockSession, firstID)
	require.NoError(t, err)

	done := make(chan error, 1)
	go func() {
		actor := domain.Actor{UserUUID: r.UserUUID, SessionID: r.SessionID}
		ended, _, err := db.Sessions().End(context.Background(), actor, port.SessionFilter{})
		if err == nil && ended != 2 {
			err = fmt.Errorf("%d sessions have ended", ended)
		}
		done <- err
	}()
	require.Eventually(t, func() bool {
		var waiting bool
		err := direct.QueryRowContext(t.Context(), `SELECT EXISTS (
			SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waiting)
		return err == nil && waiting
	}, patience, time.Millisecond)
	_, err = tx.ExecContext(t.Context(), lockSession+" NOWAIT", r.SessionID)
	require.NoError(t, err, "the call that waits for the first session has locked the second one")
	require.NoError(t, tx.Commit())
	require.NoError(t, <-done)
}

const lockSession = `SELECT FROM sessions WHERE id = $1 FOR UPDATE`

// Permanent contention on a session fails the call, and no verdict is returned that was not
// applied.
func TestRotate_givesUp(t *testing.T) {
	t.Parallel()
	db, closeDB, err := Open(t.Context(), Config{URL: migrated(t)})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	r := o.session(t, "ada@example.com")
	o.becomes(t, domain.RefreshCurrent, r)
	for _, statement := range []string{
		`CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
		`CREATE TRIGGER nothing BEFORE UPDATE OR DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION nothing()`,
	} {
		_, err = db.pool.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	current, reused := r, r
	current.Generation = 1
	reused.Now = r.Now.Add(time.Hour)
	for _, r := range []port.Rotation{current, reused} {
		rotated, err := o.Sessions().Rotate(t.Context(), r)
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.ErrorIs(t, err, errContention)
		require.Zero(t, rotated)
	}
	_, err = db.pool.ExecContext(t.Context(), `DROP TRIGGER nothing ON sessions`)
	require.NoError(t, err)
	o.becomes(t, domain.RefreshCurrent, current)
}

// A purge without due sessions must not scan the table.
func TestSessionsPurge_goesByIndexes(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	db, closeDB, err := Open(t.Context(), Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	o.session(t, "ada@example.com")
	direct := openPlain(t, url) // without the timeouts of the pool
	_, err = direct.ExecContext(t.Context(), copySessions, 20_000)
	require.NoError(t, err)
	_, err = direct.ExecContext(t.Context(), `ANALYZE sessions`)
	require.NoError(t, err)
	recorded := &recorder{}
	_, err = sqlstore.NewSessions(recorded, purgeSessions).Purge(t.Context(), port.SessionPurge{Limit: 500})
	require.NoError(t, err)
	require.Len(t, recorded.statements, 2)
	conn, err := direct.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	_, err = conn.ExecContext(t.Context(), `SET plan_cache_mode = force_generic_plan`)
	require.NoError(t, err)
	for n, index := range []string{"sessions_used_on_idx", "sessions_pkey"} {
		name, values := "idle", `(500, 1)`
		if n == 1 {
			name, values = "old", `(500, '00000000-0000-7000-8000-000000000000', '2026-01-01')`
		}
		_, err = conn.ExecContext(t.Context(), `PREPARE `+name+` AS `+recorded.statements[n])
		require.NoError(t, err)
		plan := planOf(t, conn, `EXPLAIN EXECUTE `+name+values)
		require.Contains(t, plan, "using "+index)
		require.NotContains(t, plan, "Seq Scan on sessions")
	}
}

// recorder is a database that records statements without running them.
type recorder struct {
	sqlstore.DB
	sqlstore.Queryer
	statements []string
}

func (d *recorder) Write(ctx context.Context, f sqlstore.TxFunc) error { return f(ctx, d) }

func (d *recorder) ExecContext(_ context.Context, statement string, _ ...any) (sql.Result, error) {
	d.statements = append(d.statements, statement)
	return nothing{}, nil
}

type nothing struct{}

func (nothing) LastInsertId() (int64, error) { return 0, errors.New("no id") }
func (nothing) RowsAffected() (int64, error) { return 0, nil }

func planOf(t *testing.T, conn interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, statement string,
) string {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), statement)
	require.NoError(t, err)
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		lines = append(lines, line)
	}
	require.NoError(t, rows.Err())
	return strings.Join(lines, "\n")
}
