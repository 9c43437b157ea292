package fake

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Random gives the same seeds, ids and suffixes in every run, and none of them
// twice. It is safe for concurrent use; which caller gets which is then open. The
// zero Random is ready.
type Random struct {
	count atomic.Uint64
}

// Seed is a seed that no call has given before.
func (r *Random) Seed() domain.Seed {
	block := r.block()
	return domain.Seed(block[:len(domain.Seed{})])
}

// UUID is a version 7 UUID of the given time that ends with its number, so that
// a person can tell the ids of a test apart: "019cec37-b600-7000-8000-000000000001".
func (r *Random) UUID(at time.Time) string {
	ms := uint64(at.UnixMilli()) & (1<<48 - 1)
	return fmt.Sprintf("%08x-%04x-7000-8000-%012x", ms>>16, ms&0xffff, r.count.Add(1))
}

// Suffix is n characters, at most 51, that no call has given before as long as n
// is long enough for chance.
func (r *Random) Suffix(n int) string {
	block := r.block()
	return strings.ToLower(base32.StdEncoding.EncodeToString(block[:]))[:n]
}

// block is a fresh block of bytes: the hash of the next number.
func (r *Random) block() [sha256.Size]byte {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, r.count.Add(1)))
}
