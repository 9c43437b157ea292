package contract

import (
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Random proves the contract of port.Random, as far as looking at numbers can
// prove it: that they come from a cryptographic generator is to be read in the
// adapter.
func Random(t *testing.T, random port.Random) {
	t.Helper()
	prove(t, random, randomPromises())
}

func randomPromises() []promise[port.Random] {
	return []promise[port.Random]{
		{"It must be safe for concurrent use.", randomInParallel},
		{"Seed must never repeat, and each of its bits must be uniform.", seedsAreUniform},
		{
			"UUID must be a version 7 UUID of the given time in lower case, so that those of later milliseconds sort later.",
			uuidsSortByTime,
		},
		{"It must never repeat, also for the same time.", uuidsDiffer},
		{"Suffix must be n uniform characters of a-z and 2-7.", suffixesAreUniform},
	}
}

var someTime = time.Date(2026, 3, 14, 15, 9, 26, 535_897_000, time.UTC)

func randomInParallel(t testing.TB, random port.Random) {
	const workers, each = 16, 500
	var (
		mu   sync.Mutex
		seen = map[string]bool{}
		all  sync.WaitGroup
	)
	for range workers {
		all.Go(func() {
			for range each {
				seed := random.Seed()
				id, suffix := random.UUID(someTime), random.Suffix(26)
				mu.Lock()
				seen[string(seed[:])], seen[id], seen[suffix] = true, true, true
				mu.Unlock()
			}
		})
	}
	all.Wait()
	require.Len(t, seen, 3*workers*each, "parallel calls got the same")
}

// seedsAreUniform is wrong about a good generator less than once in 10^15 runs.
func seedsAreUniform(t testing.TB, random port.Random) {
	const n = 4_000
	seen := map[domain.Seed]bool{}
	set := [8 * len(domain.Seed{})]int{}
	for range n {
		seed := random.Seed()
		seen[seed] = true
		for bit := range set {
			set[bit] += int(seed[bit/8] >> (bit % 8) & 1)
		}
	}
	require.Len(t, seen, n, "seeds came twice")
	for bit, count := range set {
		require.InDelta(t, n/2, count, 290, "bit %d was set in %d of %d seeds", bit, count, n)
	}
}

func uuidsSortByTime(t testing.TB, random port.Random) {
	form := regexp.MustCompile(`^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	for _, at := range []time.Time{
		time.UnixMilli(0), time.UnixMilli(1), someTime,
		time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		before := ""
		for range 100 {
			id := random.UUID(at)
			parts := form.FindStringSubmatch(id)
			require.NotNil(t, parts, "%q is no version 7 UUID in lower case", id)
			require.Equal(t, hexMillis(at), parts[1]+parts[2], "the time in %q", id)
			require.Less(t, before, id, "the later id must sort later")
			before, at = id, at.Add(time.Millisecond)
		}
	}
}

func uuidsDiffer(t testing.TB, random port.Random) {
	const n = 10_000
	seen := map[string]bool{}
	for range n {
		seen[random.UUID(someTime)] = true
	}
	require.Len(t, seen, n, "ids came twice")
}

// suffixesAreUniform is wrong about a good generator less than once in 10^15 runs.
func suffixesAreUniform(t testing.TB, random port.Random) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	for _, n := range []int{0, 1, 6, 26} {
		require.Len(t, random.Suffix(n), n)
	}
	const suffixes, each = 4_000, 8
	count := map[rune]int{}
	for range suffixes {
		for _, c := range random.Suffix(each) {
			count[c]++
		}
	}
	require.Len(t, count, len(alphabet), "the characters of suffixes: %v", count)
	for _, c := range alphabet {
		require.InDelta(t, suffixes*each/len(alphabet), count[c], 300, "%q came %d times", c, count[c])
	}
}

// hexMillis spells the first 48 bits of a UUID of a time (RFC 9562, 5.7).
func hexMillis(at time.Time) string {
	const digits = "0123456789abcdef"
	text := make([]byte, 12)
	for i, ms := 11, at.UnixMilli(); i >= 0; i, ms = i-1, ms>>4 {
		text[i] = digits[ms&15]
	}
	return string(text)
}
