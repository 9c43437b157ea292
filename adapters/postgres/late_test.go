package postgres

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// What a server that stood still is sent and finds when it goes on must take
// nothing from people who were told that it failed: no send, no code, no refresh
// token.
func TestServer_thatGoesOnDoesNothingTooLate(t *testing.T) {
	t.Parallel()
	o := newOutage(t, pgtest.Options{}, Config{MaxConnections: 3, Timeout: 500 * time.Millisecond})
	o.allWork(t, 20) // until each connection knows each statement
	first, again := o.ask(t, "grace@example.com"), o.ask(t, "grace@example.com")
	first.Limit = port.SendLimit{Sends: 5, Window: time.Hour}
	again.Limit = first.Limit
	issued, err := o.OTPSecrets().Issue(t.Context(), first)
	require.NoError(t, err)
	other, err := o.OTPSecrets().Issue(t.Context(), o.ask(t, "heidi@example.com"))
	require.NoError(t, err)
	in := o.signIn(other.Secret)
	done, err := o.SignIns().Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.Consumed)

	waiting := []func() error{
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
	var calls sync.WaitGroup
	for _, call := range waiting { // each over a connection of its own
		calls.Go(func() {
			if err := call(); domain.AsError(err) == nil || domain.AsError(err).Kind != domain.Unavailable {
				t.Errorf("while the server stands still: %v", err)
			}
		})
	}
	calls.Wait()
	for time.Since(paused) < o.timeout+clockTolerance+time.Second {
		o.allFail(t, 1)
	}
	require.NoError(t, o.cluster.Resume())
	o.recovers(t, 5*time.Second)

	var sends int
	require.NoError(t, o.pool.Get(&sends, `SELECT cardinality(sends) FROM otp_secrets WHERE recipient = 'grace@example.com'`))
	require.Equal(t, 1, sends, "a send was counted that nobody was answered")
	secret, found, err := o.OTPSecrets().Find(t.Context(), port.OTPQuery{ChallengeID: issued.Secret.ChallengeID})
	require.NoError(t, err)
	require.True(t, found)
	require.Zero(t, secret.UsedAt, "a code was used up that nobody was answered")
	session, found, err := o.Sessions().Find(t.Context(), domain.Actor{UserUUID: done.User.UUID, SessionID: in.Session.ID})
	require.NoError(t, err)
	require.True(t, found)
	require.Zero(t, session.Generation, "a refresh token was replaced that nobody was given the next of")
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
		_, err := connect(t, url).ExecContext(t.Context(), statement)
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
	change := o.ask(t, "bob@example.com")
	change.Fresh.Purpose, change.Fresh.Subject = "change_email", "ada"
	issue(change)
	in := o.signIn(issue(o.ask(t, "ada@example.com")))
	done, err := o.SignIns().Complete(t.Context(), in)
	require.NoError(t, err)
	require.True(t, done.Consumed, "a sign-in was taken for an expired one")
	o.becomes(t, domain.RefreshCurrent, port.Rotation{
		SessionID: in.Session.ID, UserUUID: done.User.UUID, Policy: somePolicy, Now: fake.Noon,
	})
}
