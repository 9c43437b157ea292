package postgres

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// patience is how long a store may keep anybody waiting.
const patience = 2 * time.Second

// outage is a server of its own, which can fail, and the stores on it.
type outage struct {
	*DB
	cluster *pgtest.Cluster
	random  fake.Random
}

func newOutage(t *testing.T, options pgtest.Options, cfg Config) *outage {
	t.Helper()
	cluster := pgtest.OwnCluster(t, options)
	cfg.URL = cluster.URL("postgres")
	_, _, err := Migrate(t.Context(), cfg.URL)
	require.NoError(t, err)
	db, closeDB, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(closeDB)
	return &outage{DB: db, cluster: cluster}
}

func (o *outage) ask(t testing.TB, recipient string) port.IssueRequest {
	t.Helper()
	id, err := domain.ParseEmail(recipient)
	require.NoError(t, err)
	return port.IssueRequest{
		Fresh: domain.OTPSecret{
			OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: id},
			ChallengeID: domain.ChallengeID(o.random.UUID(fake.Noon)), Digits: 6, MaxAttempts: 10,
			CreatedAt: fake.Noon, ExpiresAt: fake.Noon.Add(time.Minute), Channel: domain.ChannelEmail,
		},
		Epochs:   []domain.Epoch{{}},
		Delivery: domain.Delivery{ID: o.random.UUID(fake.Noon), Channel: domain.ChannelEmail},
		Now:      fake.Noon,
	}
}

func (o *outage) signIn(secret domain.OTPSecret) port.SignIn {
	return port.SignIn{
		Proof: secret.ProveByCode(), Now: fake.Noon,
		NewUser: port.NewUser{UUID: o.random.UUID(fake.Noon), Username: o.random.Suffix(12)},
		Session: domain.Session{ID: o.random.UUID(fake.Noon)},
	}
}

// everything calls every method of every store once.
func (o *outage) everything(t testing.TB) map[string]func(ctx context.Context) error {
	id, name := o.random.UUID(fake.Noon), "Ada"
	secret := o.ask(t, "ada@example.com").Fresh
	actor := domain.Actor{UserUUID: id, SessionID: id}
	all := map[string]func(ctx context.Context) error{
		"Issue": func(ctx context.Context) error {
			_, err := o.OTPSecrets().Issue(ctx, o.ask(t, "bob@example.com"))
			return err
		},
		"Find": func(ctx context.Context) error {
			_, _, err := o.OTPSecrets().Find(ctx, port.OTPQuery{ChallengeID: secret.ChallengeID})
			return err
		},
		"CountWrong": func(ctx context.Context) error {
			_, _, err := o.OTPSecrets().CountWrong(ctx, secret.ChallengeID, fake.Noon)
			return err
		},
		"RefundSend": func(ctx context.Context) error {
			return o.OTPSecrets().RefundSend(ctx, secret.OTPKey, fake.Noon)
		},
		"OTPSecrets.Purge": func(ctx context.Context) error {
			_, err := o.OTPSecrets().Purge(ctx, fake.Noon.Add(-time.Hour), 10)
			return err
		},
		"Complete": func(ctx context.Context) error {
			_, err := o.SignIns().Complete(ctx, o.signIn(secret))
			return err
		},
		"WhoAmI": func(ctx context.Context) error {
			_, _, err := o.Users().WhoAmI(ctx, actor)
			return err
		},
		"ChangeProfile": func(ctx context.Context) error {
			_, _, err := o.Users().ChangeProfile(ctx, actor, domain.ProfileChange{FirstName: &name})
			return err
		},
		"Record": func(ctx context.Context) error {
			return o.Deliveries().Record(ctx, []domain.Delivery{{ChallengeID: secret.ChallengeID, ID: id}})
		},
		"OfChallenge": func(ctx context.Context) error {
			_, err := o.Deliveries().OfChallenge(ctx, secret.ChallengeID)
			return err
		},
		"Deliveries.Purge": func(ctx context.Context) error {
			_, err := o.Deliveries().Purge(ctx, fake.Noon.Add(-time.Hour), 10)
			return err
		},
		"Acquire": func(ctx context.Context) error {
			_, err := o.Leases().Acquire(ctx, port.Lease{Name: "x", Holder: "y", Now: fake.Noon, Until: fake.Noon})
			return err
		},
		"Probe": func(ctx context.Context) error {
			_, err := o.Database().Probe(ctx)
			return err
		},
	}
	maps.Copy(all, o.everySessionMethod(actor))
	return all
}

func (o *outage) everySessionMethod(actor domain.Actor) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Rotate": func(ctx context.Context) error {
			_, err := o.Sessions().Rotate(ctx, port.Rotation{SessionID: actor.SessionID, UserUUID: actor.UserUUID, Now: fake.Noon})
			return err
		},
		"Sessions.Find": func(ctx context.Context) error {
			_, _, err := o.Sessions().Find(ctx, actor)
			return err
		},
		"OfUser": func(ctx context.Context) error {
			_, err := o.Sessions().OfUser(ctx, actor)
			return err
		},
		"End": func(ctx context.Context) error {
			_, _, err := o.Sessions().End(ctx, actor, port.SessionFilter{})
			return err
		},
		"Sessions.Purge": func(ctx context.Context) error {
			_, err := o.Sessions().Purge(ctx, port.SessionPurge{UsedBefore: fake.Noon, MadeBefore: fake.Noon, Limit: 10})
			return err
		},
	}
}

// allWork calls everything, in parallel and n times each, and wants no error.
func (o *outage) allWork(t *testing.T, n int) {
	t.Helper()
	o.all(t, n, func(t *testing.T, name string, err error) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
}

// allFail wants every call to fail with unavailable, in time.
func (o *outage) allFail(t *testing.T, n int) {
	t.Helper()
	begun := time.Now()
	o.all(t, n, func(t *testing.T, name string, err error) {
		fault := domain.AsError(err)
		if fault == nil || fault.Kind != domain.Unavailable {
			t.Errorf("%s: got %v, want an unavailable fault", name, err)
		}
		if took, most := time.Since(begun), patience-defaultTimeout+o.timeout; took > most {
			t.Errorf("%s took %s, at most %s are allowed", name, took, most)
		}
	})
}

func (o *outage) all(t *testing.T, n int, check func(t *testing.T, name string, err error)) {
	t.Helper()
	var calls sync.WaitGroup
	for name, call := range o.everything(t) {
		for range n {
			calls.Go(func() { check(t, name, call(t.Context())) })
		}
	}
	calls.Wait()
}

// recovers waits until calls succeed again, and then wants all of them to.
func (o *outage) recovers(t *testing.T, within time.Duration) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := o.Database().Probe(t.Context())
		return err == nil
	}, within, 10*time.Millisecond)
	o.allWork(t, 2)
}

func TestServer_thatFallsSilent(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"with connections for all":      {},
		"with connections for very few": {MaxConnections: 2, Timeout: 700 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOutage(t, pgtest.Options{}, cfg)
			o.allWork(t, 2)
			require.NoError(t, o.cluster.Pause())
			o.allFail(t, 2)
			o.allFail(t, 1) // over connections that are still to be made
			require.NoError(t, o.cluster.Resume())
			o.recovers(t, 5*time.Second)
		})
	}
}

// A connection that has been idle for longer than the timeout has the expired socket
// deadline of its last statement. One without rows must set its own.
func TestServer_thatFallsSilentAfterIdling(t *testing.T) {
	t.Parallel()
	o := newOutage(t, pgtest.Options{}, Config{MaxConnections: 1, Timeout: 300 * time.Millisecond})
	direct := connect(t, o.cluster.URL("postgres"))
	idle := func() {
		t.Helper()
		_, err := direct.ExecContext(t.Context(), `SELECT pg_sleep($1)`, 2*o.timeout.Seconds())
		require.NoError(t, err)
	}
	all := o.everything(t)
	for _, name := range []string{"Record", "RefundSend"} {
		require.NoError(t, all[name](t.Context()), "%s, which prepares its statement", name)
		idle()
		require.NoError(t, all[name](t.Context()), "%s on an idle connection", name)
		idle()
		require.NoError(t, o.cluster.Pause())
		done := make(chan error, 1)
		go func() { done <- all[name](t.Context()) }()
		watchdog := time.NewTimer(20 * time.Second)
		select {
		case err := <-done:
			require.ErrorIs(t, err, domain.ErrUnavailable, name)
		case <-watchdog.C:
			t.Errorf("%s waits for a silent server without a deadline", name)
		}
		watchdog.Stop()
		require.NoError(t, o.cluster.Resume())
		o.recovers(t, 5*time.Second)
	}
}

func TestServer_thatIsGone(t *testing.T) {
	t.Parallel()
	o := newOutage(t, pgtest.Options{Fsync: true}, Config{MaxConnections: 4})
	o.allWork(t, 4)
	issued, err := o.OTPSecrets().Issue(t.Context(), o.ask(t, "carol@example.com"))
	require.NoError(t, err)
	_, counted, err := o.OTPSecrets().CountWrong(t.Context(), issued.Secret.ChallengeID, fake.Noon)
	require.NoError(t, err)
	require.True(t, counted)

	require.NoError(t, o.cluster.Kill())
	o.allFail(t, 2)
	require.NoError(t, o.cluster.Restart())
	o.recovers(t, 5*time.Second)
	stored, found, err := o.OTPSecrets().Find(t.Context(), port.OTPQuery{ChallengeID: issued.Secret.ChallengeID})
	require.NoError(t, err)
	require.True(t, found, "what was answered is lost")
	require.Equal(t, 1, stored.Attempts, "what was counted is lost")
}

// A server that was restarted has closed the connections of the pool. Nobody is
// to notice who comes after it is back.
func TestServer_thatWasRestarted(t *testing.T) {
	t.Parallel()
	o := newOutage(t, pgtest.Options{}, Config{MaxConnections: 8})
	for range 3 {
		o.allWork(t, 4)
		require.NoError(t, o.cluster.Restart())
		o.allWork(t, 4)
	}
}

// The deadline of one act must not be that of the next on the same connection.
func TestConnection_outlivesItsActs(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	db, closeDB, err := Open(t.Context(), Config{URL: url, MaxConnections: 1, Timeout: time.Second})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	connections := map[int]bool{}
	for range 3 {
		require.NoError(t, db.Read(t.Context(), func(ctx context.Context, q sqlstore.Queryer) error {
			var pid int
			err := q.QueryRowxContext(ctx, `SELECT pg_backend_pid() FROM pg_sleep(0.5)`).Scan(&pid)
			connections[pid] = true
			return err
		}))
	}
	require.Len(t, connections, 1)
	_, err = connect(t, url).ExecContext(t.Context(), `SELECT pg_sleep(0.6)`)
	require.NoError(t, err)
	require.NoError(t, db.pool.Close(), "it must be able to say farewell after the deadline of its last act")
}
