package load

import (
	"math"
	"slices"
	"time"
)

// Latencies are times of acts, the shortest first.
type Latencies []time.Duration

// Sorted makes Latencies of times in any order, which it puts in order in place.
func Sorted(times []time.Duration) Latencies {
	slices.Sort(times)
	return times
}

// Quantile is the least time that the share q of all acts did not exceed, by
// nearest rank: one of the times, never something between two. It is 0 of none.
func (l Latencies) Quantile(q float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(len(l))))
	return l[min(max(rank, 1), len(l))-1]
}

// Median is the middle of some figures, between the two middle ones of an even
// number. It is NaN of none.
func Median(figures []float64) float64 {
	if len(figures) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
