package contract

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// goodRandom keeps every promise; the tests break one at a time.
type goodRandom struct {
	count  *atomic.Uint64
	seed   func() domain.Seed
	uuid   func(at time.Time) string
	suffix func(n int) string
}

func (r goodRandom) Seed() domain.Seed        { return r.seed() }
func (r goodRandom) UUID(at time.Time) string { return r.uuid(at) }
func (r goodRandom) Suffix(n int) string      { return r.suffix(n) }

func newGoodRandom() goodRandom {
	count := &atomic.Uint64{}
	return goodRandom{
		count: count,
		seed: func() (s domain.Seed) {
			_, _ = rand.Read(s[:])
			return s
		},
		uuid: func(at time.Time) string {
			ms := hexMillis(at)
			return fmt.Sprintf("%s-%s-7000-8000-%012x", ms[:8], ms[8:], count.Add(1))
		},
		suffix: func(n int) string {
			text := strings.ToLower(rand.Text() + rand.Text())
			return text[:n]
		},
	}
}

func TestRandom_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	require.Empty(t, broken[port.Random](newGoodRandom(), randomPromises()))
	for name, row := range badRandoms(newGoodRandom()) {
		bad := newGoodRandom()
		row.spoil(&bad)
		require.Contains(t, broken[port.Random](bad, only(t, row.breaks, randomPromises())), row.breaks, name)
	}
}

const (
	saysParallel = "It must be safe for concurrent use."
	saysSeeds    = "Seed must never repeat, and each of its bits must be uniform."
	saysSorted   = "UUID must be a version 7 UUID of the given time in lower case, " +
		"so that those of later milliseconds sort later."
	saysOnce     = "It must never repeat, also for the same time."
	saysSuffixes = "Suffix must be n uniform characters of a-z and 2-7."
)

// badRandom is a way to break one promise.
type badRandom struct {
	breaks string
	spoil  func(*goodRandom)
}

func badRandoms(good goodRandom) map[string]badRandom {
	return map[string]badRandom{
		"a seed that counts": {saysSeeds, func(r *goodRandom) {
			r.seed = func() (s domain.Seed) {
				binary.BigEndian.PutUint64(s[:], r.count.Add(1))
				return s
			}
		}},
		"a seed that comes again": {saysSeeds, func(r *goodRandom) {
			s := good.seed()
			r.seed = func() domain.Seed { return s }
		}},
		"a UUID of another version": {saysSorted, func(r *goodRandom) {
			r.uuid = func(at time.Time) string { return strings.Replace(good.uuid(at), "-7", "-4", 1) }
		}},
		"a UUID in upper case": {saysSorted, func(r *goodRandom) {
			r.uuid = func(at time.Time) string { return "A" + good.uuid(at)[1:] }
		}},
		"a UUID of another time": {saysSorted, func(r *goodRandom) {
			r.uuid = func(at time.Time) string { return good.uuid(at.Add(time.Second)) }
		}},
		"a UUID that comes again": {saysOnce, func(r *goodRandom) {
			r.uuid = func(at time.Time) string { return good.uuid(at)[:24] + "000000000000" }
		}},
		"a suffix of digits": {saysSuffixes, func(r *goodRandom) {
			r.suffix = func(n int) string { return strings.Repeat("0", n) }
		}},
		"a suffix that favours": {saysSuffixes, func(r *goodRandom) {
			r.suffix = func(n int) string { return strings.ReplaceAll(good.suffix(n), "7", "a") }
		}},
		"a suffix that is short": {saysSuffixes, func(r *goodRandom) {
			r.suffix = func(n int) string { return good.suffix(n / 2) }
		}},
		"a count in two steps": {saysParallel, func(r *goodRandom) {
			r.suffix = func(int) string {
				n := r.count.Load()
				runtime.Gosched() // others read the same
				r.count.Store(n + 1)
				return strconv.FormatUint(n, 10)
			}
		}},
	}
}
