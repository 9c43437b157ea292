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

// checks probes a database that takes its time and then answers.
func checks(
	t *testing.T, takes time.Duration, status port.DatabaseStatus, fault error,
) (upkeep.CheckReadinessOut, error) {
	t.Helper()
	clock, database := fake.NewClock(), mocks.NewDatabase(t)
	database.EXPECT().Probe(mock.Anything).RunAndReturn(func(context.Context) (port.DatabaseStatus, error) {
		clock.Advance(takes)
		return status, fault
	}).Once()
	return upkeep.NewCheckReadiness(database, clock).Do(t.Context(), upkeep.CheckReadinessIn{})
}

func TestCheckReadiness_clocks(t *testing.T) {
	t.Parallel()
	const takes = time.Second
	for there, want := range map[time.Duration]struct {
		skew  time.Duration
		ready bool
	}{
		0:                                 {0, true},
		takes / 2:                         {0, true},
		takes:                             {0, true},
		-time.Microsecond:                 {time.Microsecond, true},
		-2 * time.Second:                  {2 * time.Second, true},
		-2*time.Second - time.Microsecond: {2*time.Second + time.Microsecond, false},
		takes + 2*time.Second:             {2 * time.Second, true},
		takes + 2*time.Second + 1000:      {2*time.Second + 1000, false},
		-time.Hour:                        {time.Hour, false},
		365 * 24 * time.Hour:              {365*24*time.Hour - takes, false},
	} {
		out, err := checks(t, takes, port.DatabaseStatus{Now: fake.Noon.Add(there), SchemaVersion: 3, WantVersion: 3}, nil)
		require.Equal(t, upkeep.CheckReadinessOut{SchemaVersion: 3, ClockSkew: want.skew}, out, "the database is %s on",
			there)
		if want.ready {
			require.NoError(t, err, "the database is %s on", there)
			continue
		}
		require.ErrorIs(t, err, domain.ErrUnavailable, "the database is %s on", there)
		require.ErrorContains(t, err, "synchronise both")
	}
}

// Clock returns the result of the last check, without I/O.
func TestCheckReadiness_Clock(t *testing.T) {
	t.Parallel()
	clock, database := fake.NewClock(), mocks.NewDatabase(t)
	status := port.DatabaseStatus{Now: fake.Noon}
	database.EXPECT().Probe(mock.Anything).RunAndReturn(func(context.Context) (port.DatabaseStatus,
		error,
	) {
		return status, nil
	})
	readiness := upkeep.NewCheckReadiness(database, clock)
	require.NoError(t, readiness.Clock(), "nothing is known yet")
	for _, step := range []struct {
		there time.Duration
		fault bool
	}{{time.Second, false}, {-time.Minute, true}, {time.Minute, true}, {0, false}} {
		status.Now = fake.Noon.Add(step.there)
		_, _ = readiness.Do(t.Context(), upkeep.CheckReadinessIn{})
		require.Equal(t, step.fault, readiness.Clock() != nil, "the database is %s on", step.there)
	}
	require.NoError(t, readiness.Clock())
}

func TestCheckReadiness_schema(t *testing.T) {
	t.Parallel()
	for version, ready := range map[int64]bool{0: false, 2: false, 3: true, 4: true} {
		out, err := checks(t, 0, port.DatabaseStatus{Now: fake.Noon, SchemaVersion: version, WantVersion: 3}, nil)
		require.Equal(t, version, out.SchemaVersion)
		if ready {
			require.NoError(t, err, "version %d", version)
			continue
		}
		require.ErrorIs(t, err, domain.ErrUnavailable)
		require.ErrorContains(t, err, "migrate up", "the operator learns the cure")
	}
}

func TestCheckReadiness_aDatabaseThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	refused := errors.New("connection refused")
	out, err := checks(t, time.Second, port.DatabaseStatus{Now: fake.Noon, SchemaVersion: 3, WantVersion: 3}, refused)
	require.ErrorIs(t, err, domain.ErrUnavailable)
	require.ErrorIs(t, err, refused)
	require.Zero(t, out)
	known := domain.ErrUnavailable.Because(refused)
	_, err = checks(t, time.Second, port.DatabaseStatus{}, known)
	require.EqualError(t, err, "unavailable: connection refused", "it is said once")
}
