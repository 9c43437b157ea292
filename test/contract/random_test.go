package contract

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
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

	good := newGoodRandom()
	for name, spoil := range map[string]func(*goodRandom){
		"a seed that counts": func(r *goodRandom) {
			r.seed = func() (s domain.Seed) {
				binary.BigEndian.PutUint64(s[:], r.count.Add(1))
				return s
			}
		},
		"a seed that comes again": func(r *goodRandom) { s := good.seed(); r.seed = func() domain.Seed { return s } },
		"a UUID of another version": func(r *goodRandom) {
			r.uuid = func(at time.Time) string { return strings.Replace(good.uuid(at), "-7", "-4", 1) }
		},
		"a UUID in upper case":    func(r *goodRandom) { r.uuid = func(at time.Time) string { return "A" + good.uuid(at)[1:] } },
		"a UUID of another time":  func(r *goodRandom) { r.uuid = func(at time.Time) string { return good.uuid(at.Add(time.Second)) } },
		"a UUID that comes again": func(r *goodRandom) { r.uuid = func(at time.Time) string { return good.uuid(at)[:24] + "000000000000" } },
		"a suffix of digits":      func(r *goodRandom) { r.suffix = func(n int) string { return strings.Repeat("0", n) } },
		"a suffix that favours": func(r *goodRandom) {
			r.suffix = func(n int) string { return strings.ReplaceAll(good.suffix(n), "7", "a") }
		},
		"a suffix that is short": func(r *goodRandom) { r.suffix = func(n int) string { return good.suffix(n / 2) } },
	} {
		bad := newGoodRandom()
		spoil(&bad)
		require.NotEmpty(t, broken[port.Random](bad, randomPromises()), name)
	}
}
