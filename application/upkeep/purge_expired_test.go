package upkeep_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/application/upkeep"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/mocks"
)

const (
	batch    = 500
	interval = time.Minute
	window   = time.Hour
	week     = 7 * 24 * time.Hour
)

var config = upkeep.Config{Holder: "me", Interval: interval}

var policy = domain.SessionPolicy{AccessLifetime: time.Minute, RefreshLifetime: time.Hour, AbsoluteLifetime: week}

// over are the expired sessions.
var over = port.SessionPurge{UsedBefore: policy.IdleCutoff(fake.Noon), MadeBefore: fake.Noon.Add(-week), Limit: batch}

type testBundle struct {
	leases     *mocks.Leases
	secrets    *mocks.OTPSecrets
	deliveries *mocks.Deliveries
	sessions   *mocks.Sessions
	funnel     *mocks.Funnel
	database   *mocks.Database
	clock      *fake.Clock
	status     port.DatabaseStatus
	*upkeep.PurgeExpired
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{
		leases: mocks.NewLeases(t), secrets: mocks.NewOTPSecrets(t), deliveries: mocks.NewDeliveries(t),
		sessions: mocks.NewSessions(t),
		funnel:   mocks.NewFunnel(t), database: mocks.NewDatabase(t), clock: fake.NewClock(),
	}
	b.database.EXPECT().Probe(mock.Anything).RunAndReturn(func(context.Context) (port.DatabaseStatus,
		error,
	) {
		return b.status, nil
	}).Once()
	b.status = port.DatabaseStatus{Now: fake.Noon}
	b.PurgeExpired = upkeep.NewPurgeExpired(
		upkeep.NewCheckReadiness(b.database, b.clock), upkeep.Ports{
			Leases: b.leases, OTPSecrets: b.secrets, Deliveries: b.deliveries, Sessions: b.sessions, Funnel: b.funnel,
			Clock: b.clock,
		},
		upkeep.PurgeConfig{Config: config, Window: window, Sessions: policy},
	)
	return b
}

func (b *testBundle) leads() {
	b.leadsWith(fake.Noon, nil)
}

// leadsWith has the lease, and a funnel that is counted until a time.
func (b *testBundle) leadsWith(counted time.Time, err error) {
	b.funnel.EXPECT().CountedUntil(mock.Anything).Return(counted, err).Once()
	b.leases.EXPECT().Acquire(mock.Anything, port.Lease{
		Name: "purge", Holder: "me", Now: fake.Noon,
		Until: fake.Noon.Add(2 * interval),
	}).Return(true, nil).Once()
}

func TestPurgeExpired_inBatches(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.leads()
	for _, n := range []int{batch, batch, 7} {
		b.secrets.EXPECT().Purge(mock.Anything, fake.Noon.Add(-window), batch).Return(n, nil).Once()
	}
	for _, n := range []int{batch, 0} {
		b.deliveries.EXPECT().Purge(mock.Anything, fake.Noon.Add(-week), batch).Return(n, nil).Once()
	}
	for _, n := range []int{batch, 1} {
		b.sessions.EXPECT().Purge(mock.Anything, over).Return(n, nil).Once()
	}
	out, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
	require.NoError(t, err)
	require.Equal(t, upkeep.PurgeExpiredOut{Secrets: 2*batch + 7, Deliveries: batch, Sessions: batch + 1}, out)
}

// What the funnel has not counted stays, however old it is.
func TestPurgeExpired_onlyWhatIsCounted(t *testing.T) {
	t.Parallel()
	counted := fake.Noon.Add(-2 * week)
	b := setup(t)
	b.leadsWith(counted, nil)
	b.secrets.EXPECT().Purge(mock.Anything, counted.Add(-10*time.Second), batch).Return(0, nil).Once()
	b.deliveries.EXPECT().Purge(mock.Anything, counted.Add(-10*time.Second), batch).Return(0, nil).Once()
	b.sessions.EXPECT().Purge(mock.Anything, over).Return(0, nil).Once()
	_, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
	require.NoError(t, err)
}

// By a wrong clock every code is expired and every window over.
func TestPurgeExpired_removesNothingByAWrongClock(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{time.Hour, -time.Hour, 3 * time.Second} {
		b := setup(t)
		b.status.Now = fake.Noon.Add(wrong)
		out, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.ErrorContains(t, err, "synchronise both")
		require.Zero(t, out)
	}
}

func TestPurgeExpired_elsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.leases.EXPECT().Acquire(mock.Anything, mock.Anything).Return(false, nil).Once()
	out, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
	require.NoError(t, err)
	require.Equal(t, upkeep.PurgeExpiredOut{Elsewhere: true}, out)
}

func TestPurgeExpired_stopsAtTheFirstFault(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	t.Run("of the lease", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.leases.EXPECT().Acquire(mock.Anything, mock.Anything).Return(false, refused).Once()
		out, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
		require.ErrorIs(t, err, refused)
		require.Zero(t, out, "it is unknown where it runs")
	})
	t.Run("of the funnel", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.leadsWith(time.Time{}, refused)
		out, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
		require.ErrorIs(t, err, refused)
		require.Zero(t, out)
	})
	t.Run("of the secrets", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.leads()
		b.secrets.EXPECT().Purge(mock.Anything, mock.Anything, batch).Return(batch, nil).Once()
		b.secrets.EXPECT().Purge(mock.Anything, mock.Anything, batch).Return(0, refused).Once()
		out, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
		require.ErrorIs(t, err, refused)
		require.Equal(t, upkeep.PurgeExpiredOut{Secrets: batch}, out)
	})
	t.Run("of the deliveries", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.leads()
		b.secrets.EXPECT().Purge(mock.Anything, mock.Anything, batch).Return(1, nil).Once()
		b.deliveries.EXPECT().Purge(mock.Anything, mock.Anything, batch).Return(0, refused).Once()
		out, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
		require.ErrorIs(t, err, refused)
		require.Equal(t, upkeep.PurgeExpiredOut{Secrets: 1}, out)
	})
	t.Run("of the sessions", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.leads()
		b.secrets.EXPECT().Purge(mock.Anything, mock.Anything, batch).Return(1, nil).Once()
		b.deliveries.EXPECT().Purge(mock.Anything, mock.Anything, batch).Return(2, nil).Once()
		b.sessions.EXPECT().Purge(mock.Anything, mock.Anything).Return(batch, nil).Once()
		b.sessions.EXPECT().Purge(mock.Anything, mock.Anything).Return(0, refused).Once()
		out, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
		require.ErrorIs(t, err, refused)
		require.Equal(t, upkeep.PurgeExpiredOut{Secrets: 1, Deliveries: 2, Sessions: batch}, out)
	})
}

// However much there is, a run ends before its lease does.
func TestPurgeExpired_endsWhenTheNextRunIsDue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.leads()
	full := func(context.Context, time.Time, int) (int, error) {
		b.clock.Advance(interval / 4)
		return batch, nil
	}
	b.secrets.EXPECT().Purge(mock.Anything, fake.Noon.Add(-window), batch).RunAndReturn(full).Times(4)
	b.deliveries.EXPECT().Purge(mock.Anything, fake.Noon.Add(-week), batch).RunAndReturn(full).Once()
	b.sessions.EXPECT().Purge(mock.Anything, over).
		RunAndReturn(func(ctx context.Context, p port.SessionPurge) (int, error) {
			return full(ctx, p.UsedBefore, p.Limit)
		}).Once()
	out, err := b.Do(t.Context(), upkeep.PurgeExpiredIn{})
	require.NoError(t, err)
	require.Equal(t, upkeep.PurgeExpiredOut{Secrets: 4 * batch, Deliveries: batch, Sessions: batch}, out)
	require.Less(t, b.clock.Now().Sub(fake.Noon), 2*interval)
}

func TestPurgeExpired_endsWithTheProcess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.leads()
	ctx, stop := context.WithCancel(t.Context())
	b.secrets.EXPECT().Purge(mock.Anything, mock.Anything, batch).
		RunAndReturn(func(context.Context, time.Time, int) (int, error) {
			stop()
			return batch, nil
		}).Once()
	out, err := b.Do(ctx, upkeep.PurgeExpiredIn{})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, upkeep.PurgeExpiredOut{Secrets: batch}, out)
}
