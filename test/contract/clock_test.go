package contract

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
)

type clockFunc func() time.Time

func (f clockFunc) Now() time.Time { return f() }

func TestClock_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	for name, clock := range map[string]clockFunc{
		"local":       func() time.Time { return time.Now().In(time.FixedZone("UTC", 0)).Truncate(time.Microsecond) },
		"nanoseconds": func() time.Time { return time.Now().UTC().Round(0) },
		"monotonic":   func() time.Time { return time.Now().UTC() },
	} {
		require.Len(t, broken[port.Clock](clock, clockPromises()), 1, name)
	}
	require.Empty(t, broken[port.Clock](clockFunc(func() time.Time { return someTime }), clockPromises()))
}
