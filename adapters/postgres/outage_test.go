package postgres

import (
	"context"
	"maps"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// patience is the time within which a store operation must return.
const patience = 2 * time.Second

// outage is a server that can be made to fail, and the stores on it.
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

func (o *outage) request(t testing.TB, recipient string) port.IssueRequest {
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

// everything is one call of every method of every store.
func (o *outage) everything(t testing.TB) map[string]func(ctx context.Context) error {
	id, name := o.random.UUID(fake.Noon), "Ada"
	secret := o.request(t, "ada@example.com").Fresh
	actor := domain.Actor{UserUUID: id, SessionID: id}
	all := map[string]func(ctx context.Context) error{
		"Issue": func(ctx context.Context) error {
			_, err := o.OTPSecrets().Issue(ctx, o.request(t, "bob@example.com"))
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
			r := port.Rotation{SessionID: actor.SessionID, UserUUID: actor.UserUUID, Now: fake.Noon}
			_, err := o.Sessions().Rotate(ctx, r)
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

// allWork calls every method n times concurrently and requires success.
func (o *outage) allWork(t *testing.T, n int) {
	t.Helper()
	o.all(t, n, func(t *testing.T, name string, err error) {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
}

// allFail requires every call to fail as unavailable within the timeout.
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

// recovers waits until calls succeed again, and then requires all to.
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
			o.allFail(t, 1) // on new connections
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
	direct := openPlain(t, o.cluster.URL("postgres"))
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
	issued, err := o.OTPSecrets().Issue(t.Context(), o.request(t, "carol@example.com"))
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
	require.True(t, found, "an answered request is lost")
	require.Equal(t, 1, stored.Attempts, "a counted guess is lost")
}

// A server that was restarted has closed the connections of the pool. Later calls must
// succeed.
func TestServer_thatWasRestarted(t *testing.T) {
	t.Parallel()
	o := newOutage(t, pgtest.Options{}, Config{MaxConnections: 8})
	for range 3 {
		o.allWork(t, 4)
		require.NoError(t, o.cluster.Restart())
		o.allWork(t, 4)
	}
}

// The deadline of one operation must not apply to the next on the same connection.
func TestConnection_outlivesItsDeadline(t *testing.T) {
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
	_, err = openPlain(t, url).ExecContext(t.Context(), `SELECT pg_sleep(0.6)`)
	require.NoError(t, err)
	require.NoError(t, db.pool.Close(), "it must be able to close the session after its last deadline")
}

// A statement that reaches a paused server and is executed when it resumes must consume
// nothing after its caller was told that it failed: no send, no code, no refresh token.
func TestServer_thatGoesOnDoesNothingTooLate(t *testing.T) {
	t.Parallel()
	o := newOutage(t, pgtest.Options{}, Config{MaxConnections: 3, Timeout: 500 * time.Millisecond})
	o.allWork(t, 20) // until each connection has prepared each statement
	first, again := o.request(t, "grace@example.com"), o.request(t, "grace@example.com")
	first.Limit = port.SendLimit{Sends: 5, Window: time.Hour}
	again.Limit = first.Limit
	issued, err := o.OTPSecrets().Issue(t.Context(), first)
	require.NoError(t, err)
	other, err := o.OTPSecrets().Issue(t.Context(), o.request(t, "heidi@example.com"))
	require.NoError(t, err)
	in := o.signIn(other.Secret)
	done, err := o.SignIns().Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.Consumed)

	calls := []func() error{
		func() error { _, err := o.OTPSecrets().Issue(t.Context(), again); return err },
		func() error { _, err := o.SignIns().Complete(t.Context(), o.signIn(issued.Secret)); return err },
		func() error {
			_, err := o.Sessions().Rotate(t.Context(), port.Rotation{
				SessionID: in.Session.ID, UserUUID: done.User.UUID, Now: fake.Noon,
				Policy: domain.SessionPolicy{AbsoluteLifetime: time.Hour, Rotates: true},
			})
			return err
		},
	}
	require.NoError(t, o.cluster.Pause())
	paused := time.Now()
	var failed sync.WaitGroup
	for _, call := range calls { // each on a connection of its own
		failed.Go(func() {
			if err := call(); domain.AsError(err) == nil || domain.AsError(err).Kind != domain.Unavailable {
				t.Errorf("while the server is paused: %v", err)
			}
		})
	}
	failed.Wait()
	for time.Since(paused) < o.timeout+clockTolerance+time.Second {
		o.allFail(t, 1)
	}
	require.NoError(t, o.cluster.Resume())
	o.recovers(t, 5*time.Second)

	var sends int
	const sendsOfGrace = `SELECT cardinality(sends) FROM otp_secrets WHERE recipient = 'grace@example.com'`
	require.NoError(t, o.pool.Get(&sends, sendsOfGrace))
	require.Equal(t, 1, sends, "a send was counted after its request failed")
	secret, found, err := o.OTPSecrets().Find(t.Context(), port.OTPQuery{ChallengeID: issued.Secret.ChallengeID})
	require.NoError(t, err)
	require.True(t, found)
	require.Zero(t, secret.UsedAt, "a code was consumed after its sign-in failed")
	session, found, err := o.Sessions().Find(t.Context(), domain.Actor{UserUUID: done.User.UUID, SessionID: in.Session.ID})
	require.NoError(t, err)
	require.True(t, found)
	require.Zero(t, session.Generation, "a refresh token was rotated after its refresh failed")
}

// A server whose clock is ahead by less than the tolerance must not take a statement that
// just arrived for an expired one.
func TestServer_whoseClockIsAhead(t *testing.T) {
	t.Parallel()
	url := migrated(t)
	for _, statement := range []string{
		`CREATE SCHEMA ahead`,
		`CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
		    AS $$ SELECT pg_catalog.clock_timestamp() + interval '1.9 s' $$`,
	} {
		_, err := openPlain(t, url).ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	cfg := Config{URL: url + "&search_path=ahead,pg_catalog,public", MaxConnections: 1}
	db, closeDB, err := Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(closeDB)
	status, err := db.Database().Probe(t.Context())
	require.NoError(t, err)
	require.Greater(t, time.Until(status.Now), time.Second, "the clock of the server is not ahead")

	o := &outage{DB: db}
	issue := func(req port.IssueRequest) domain.OTPSecret {
		t.Helper()
		req.Limit = port.SendLimit{Sends: 5, Window: time.Hour}
		issued, err := o.OTPSecrets().Issue(t.Context(), req)
		require.NoError(t, err)
		require.False(t, issued.RateLimited, "a request was taken for an expired one")
		return issued.Secret
	}
	change := o.request(t, "bob@example.com")
	change.Fresh.Purpose, change.Fresh.Subject = "change_email", "ada"
	issue(change)
	in := o.signIn(issue(o.request(t, "ada@example.com")))
	done, err := o.SignIns().Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.Consumed, "a sign-in was taken for an expired one")
	o.becomes(t, domain.RefreshCurrent, port.Rotation{
		SessionID: in.Session.ID, UserUUID: done.User.UUID, Policy: somePolicy, Now: fake.Noon,
	})
}

// proxy forwards between clients and a server. Once it is cut, the next request still
// arrives, and its answer is lost.
type proxy struct {
	listener net.Listener
	server   string
	cut      atomic.Bool
	cuts     atomic.Int32
}

// newProxy returns a proxy to the server of a URL, and the URL through it.
func newProxy(t *testing.T, address string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	p := &proxy{server: u.Host}
	p.listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.listener.Close() })
	go p.serve()
	u.Host = p.listener.Addr().String()
	return p, u.String()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			return
		}
		var lost atomic.Bool
		go p.pass(client, server, func() { lost.Store(p.cut.Swap(false)) })
		go p.pass(server, client, func() {
			if lost.Load() {
				p.cuts.Add(1)
				_ = client.Close()
			}
		})
	}
}

func (p *proxy) pass(from, to net.Conn, before func()) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		before()
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func TestStatement_whoseAnswerIsLost_isNotSentTwice(t *testing.T) {
	t.Parallel()
	p, address := newProxy(t, migrated(t))
	db, closeDB, err := Open(t.Context(), Config{URL: address, MaxConnections: 1})
	require.NoError(t, err)
	t.Cleanup(closeDB)
	o := &outage{DB: db}
	issued, err := o.OTPSecrets().Issue(t.Context(), o.request(t, "ada@example.com"))
	require.NoError(t, err)
	id := issued.Secret.ChallengeID
	guess := func(id domain.ChallengeID) error {
		_, _, err := o.OTPSecrets().CountWrong(t.Context(), id, fake.Noon)
		return err
	}
	attempts := func() int {
		stored, found, err := o.OTPSecrets().Find(t.Context(), port.OTPQuery{ChallengeID: id})
		require.NoError(t, err)
		require.True(t, found)
		return stored.Attempts
	}
	for n := range 4 {
		unknown := domain.ChallengeID(o.random.UUID(fake.Noon))
		require.NoError(t, guess(unknown), "it prepares the statement")
		p.cut.Store(true)
		require.ErrorIs(t, guess(id), domain.ErrUnavailable)
		require.EqualValues(t, 2*n+1, p.cuts.Load())
		require.Equal(t, 2*n+1, attempts(), "it was sent twice")

		// The lost answer is that of the preparation: nothing was executed, and the pool retries.
		p.cut.Store(true)
		require.NoError(t, guess(id))
		require.EqualValues(t, 2*n+2, p.cuts.Load())
		require.Equal(t, 2*n+2, attempts())
	}
}
