package command

import (
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"github.com/stretchr/testify/require"
)

// Not parallel: how garbage is collected is a matter of the whole process.
func TestServe_collectsGarbageLessOften(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	serve := func() uint64 {
		_, errs, code := inProcess(t, &program{}, map[string]string{"otp.length": "5"}, "serve")
		require.Equal(t, 2, code)
		require.Contains(t, errs, "otp.length")
		sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	t.Setenv("GOGC", "100")
	require.EqualValues(t, 100, serve(), "the operator has said so")
	t.Setenv("GOGC", "")
	require.EqualValues(t, 150, serve())
}
