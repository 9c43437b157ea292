package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseProcessorTimes(t *testing.T) {
	t.Parallel()
	busy, total, ok := parseProcessorTimes("cpu  10 20 30 1000 40 1 2 3 99 99\ncpu0 1 2 3\n")
	require.True(t, ok)
	require.EqualValues(t, 10+20+30+1+2+3, busy)
	require.EqualValues(t, 10+20+30+1000+40+1+2+3, total)
	for _, bad := range []string{"", "cpu 1 2 3", "cpux 1 2 3 4 5 6 7 8", "cpu 1 2 3 4 5 6 7 x"} {
		_, _, ok := parseProcessorTimes(bad)
		require.False(t, ok, bad)
	}
}

func TestStrangersNote(t *testing.T) {
	t.Parallel()
	s := strangers{shares: []float64{0.5, 0.1, 0.2}}
	require.Contains(t, s.note(), "other processes took 20 % of them.")
	s.shares = nil
	s.look(t.Context())
	require.Len(t, s.shares, 1)
	require.GreaterOrEqual(t, s.shares[0], 0.0)
	require.LessOrEqual(t, s.shares[0], 1.0)
}
