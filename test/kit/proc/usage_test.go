package proc

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	cpu, err := parseStat([]byte("42 (a (strange) name) S 1 42 42 0 -1 4194560 900 0 0 0 123 45 0 0 20 0 7 0 99 1 2\n"))
	require.NoError(t, err)
	require.Equal(t, 1680*time.Millisecond, cpu)

	for _, bad := range []string{"", "42 (name) S 1 2 3", "42 (name) S 1 42 42 0 -1 4194560 900 0 0 0 x 45 0 0"} {
		_, err := parseStat([]byte(bad))
		require.Error(t, err, "%q", bad)
	}
}

func TestParseStatus(t *testing.T) {
	t.Parallel()
	status := []byte("Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\nRssAnon:\t 1 kB\n")
	rss, err := parseStatus(status, "VmRSS")
	require.NoError(t, err)
	require.EqualValues(t, 10<<20, rss)
	peak, err := parseStatus(status, "VmHWM")
	require.NoError(t, err)
	require.EqualValues(t, 20<<20, peak)

	_, err = parseStatus(status, "VmSwap")
	require.ErrorContains(t, err, "VmSwap")
	_, err = parseStatus([]byte("VmRSS: many\n"), "VmRSS")
	require.Error(t, err)
}
