package contract

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Clock proves the contract of port.Clock.
func Clock(t *testing.T, clock port.Clock) {
	t.Helper()
	prove(t, clock, clockPromises())
}

func clockPromises() []promise[port.Clock] {
	return []promise[port.Clock]{
		{"Now must be in UTC and cut to microseconds, so that it survives a database.", nowSurvives},
	}
}

// nowSurvives looks often: one reading in a thousand is whole by chance.
func nowSurvives(t testing.TB, clock port.Clock) {
	for range 1000 {
		now := clock.Now()
		text, err := now.MarshalText()
		require.NoError(t, err)
		var back time.Time
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, time.UTC, now.Location())
		require.Equal(t, now.Truncate(time.Microsecond), now, "it has nanoseconds or a monotonic part")
		require.True(t, now == back, "%s came back as %s", now, back)
	}
}
