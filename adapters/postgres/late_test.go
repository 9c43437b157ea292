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
