package fake_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestClock_contract(t *testing.T) {
	t.Parallel()
	contract.Clock(t, fake.NewClock())
}

func TestClock_moves(t *testing.T) {
	t.Parallel()
	clock := fake.NewClock()
	clock.Advance(-time.Nanosecond)
	require.Equal(t, fake.Noon.Add(-time.Microsecond), clock.Now(), "cut to microseconds")
	clock.Set(time.Date(2026, 1, 1, 1, 0, 0, 1, time.FixedZone("CET", 3600)))
	require.Equal(t, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), clock.Now(), "in UTC")
	clock.Advance(time.Hour)
	require.Equal(t, time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC), clock.Now())
}

func TestRandom_contract(t *testing.T) {
	t.Parallel()
	contract.Random(t, &fake.Random{})
}
