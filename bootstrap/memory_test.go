package bootstrap_test

import (
	"io"
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

// Not parallel: how garbage is collected is a matter of the whole process.
func TestServe_collectsGarbageLessOften(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	serve := func() uint64 {
		c := &bootstrap.Command{Flags: map[string]string{"otp.length": "5"}, Stderr: io.Discard}
		require.ErrorContains(t, c.Serve(t.Context()), "otp.length")
		sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	t.Setenv("GOGC", "100")
	require.EqualValues(t, 100, serve(), "the operator has said so")
	t.Setenv("GOGC", "")
	require.EqualValues(t, 150, serve())
}
