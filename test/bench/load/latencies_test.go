package load

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQuantile(t *testing.T) {
	t.Parallel()
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration((i*37)%100+1)) // 1 to 100 in disorder
	}
	l := Sorted(hundred)
	require.Equal(t, time.Duration(1), l.Quantile(0))
	require.Equal(t, time.Duration(50), l.Quantile(0.50))
	require.Equal(t, time.Duration(95), l.Quantile(0.95))
	require.Equal(t, time.Duration(99), l.Quantile(0.99))
	require.Equal(t, time.Duration(100), l.Quantile(0.991))
	require.Equal(t, time.Duration(100), l.Quantile(1))

	require.Equal(t, time.Duration(7), Sorted([]time.Duration{7}).Quantile(0.5))
	require.Equal(t, time.Duration(3), Sorted([]time.Duration{9, 3, 5, 2}).Quantile(0.5))
	require.Zero(t, Latencies(nil).Quantile(0.99))
}

func TestMedian(t *testing.T) {
	t.Parallel()
	figures := []float64{30, 10, 20}
	require.InDelta(t, 20.0, Median(figures), 0)
	require.Equal(t, []float64{30, 10, 20}, figures, "the figures stay as they are")
	require.InDelta(t, 2.5, Median([]float64{4, 1, 3, 2}), 0)
	require.InDelta(t, 1.0, Median([]float64{1}), 0)
	require.True(t, math.IsNaN(Median(nil)))
}

func TestFailures(t *testing.T) {
	t.Parallel()
	var f Failures
	require.Zero(t, f.Total())
	require.Empty(t, f.String())

	f.Add("status 503", "first")
	f.Add("status 503", "second")
	var more Failures
	more.Add("no answer", "closed")
	more.Add("status 503", "third")
	more.Add("status 503", "fourth")
	f.Merge(more)
	require.Equal(t, 5, f.Total())
	require.Equal(t, "1 times no answer, first: closed\n4 times status 503, first: first\n", f.String())
}
