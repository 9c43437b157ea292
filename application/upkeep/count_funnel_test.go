package upkeep_test

import (
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

type countBundle struct {
	leases *mocks.Leases
	funnel *mocks.Funnel
	*upkeep.CountFunnel
}

// setupCount makes the use case with a database with a clock ahead.
func setupCount(t *testing.T, ahead time.Duration) *countBundle {
	t.Helper()
	b := &countBundle{leases: mocks.NewLeases(t), funnel: mocks.NewFunnel(t)}
	clock, database := fake.NewClock(), mocks.NewDatabase(t)
	database.EXPECT().Probe(mock.Anything).Return(port.DatabaseStatus{Now: fake.Noon.Add(ahead)}, nil).Once()
	b.CountFunnel = upkeep.NewCountFunnel(upkeep.NewCheckReadiness(database, clock), upkeep.Ports{
		Leases: b.leases, Funnel: b.funnel, Clock: clock,
	}, config)
	return b
}

func TestCountFunnel(t *testing.T) {
	t.Parallel()
	b := setupCount(t, 0)
	lease := port.Lease{Name: "funnel", Holder: "me", Now: fake.Noon, Until: fake.Noon.Add(2 * interval)}
	b.leases.EXPECT().Acquire(mock.Anything, lease).Return(true, nil).Once()
	b.funnel.EXPECT().Count(mock.Anything, fake.Noon).Return(7, nil).Once()
	out, err := b.Do(t.Context(), upkeep.CountFunnelIn{})
	require.NoError(t, err)
	require.Equal(t, upkeep.CountFunnelOut{Challenges: 7}, out)
}

func TestCountFunnel_elsewhere(t *testing.T) {
	t.Parallel()
	b := setupCount(t, 0)
	b.leases.EXPECT().Acquire(mock.Anything, mock.Anything).Return(false, nil).Once()
	out, err := b.Do(t.Context(), upkeep.CountFunnelIn{})
	require.NoError(t, err)
	require.True(t, out.Elsewhere)
}

func TestCountFunnel_faults(t *testing.T) {
	t.Parallel()
	_, err := setupCount(t, time.Hour).Do(t.Context(), upkeep.CountFunnelIn{})
	require.ErrorIs(t, err, domain.ErrUnavailable, "by a wrong clock nothing is counted")

	refused := errors.New("connection refused")
	b := setupCount(t, 0)
	b.leases.EXPECT().Acquire(mock.Anything, mock.Anything).Return(false, refused).Once()
	out, err := b.Do(t.Context(), upkeep.CountFunnelIn{})
	require.ErrorIs(t, err, refused)
	require.Zero(t, out)
}
