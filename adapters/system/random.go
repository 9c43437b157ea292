package system

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/google/uuid"

	"github.com/doorcode-auth/doorcode/domain"
)

// Random is the cryptographic random generator of this machine. It never fails: without
// randomness crypto/rand ends the program.
type Random struct{}

// Seed is 16 random bytes.
func (Random) Seed() domain.Seed {
	var seed domain.Seed
	rand.Read(seed[:])
	return seed
}

// UUID is a version 7 UUID (RFC 9562) of the given time in milliseconds. Its other bits
// are from google/uuid: 62 random bits and a sequence that keeps the UUIDs of one
// millisecond in the order of the calls.
func (Random) UUID(at time.Time) string {
	id, _ := uuid.NewV7() // fails only if crypto/rand does
	low := binary.BigEndian.Uint16(id[6:])
	binary.BigEndian.PutUint64(id[:], uint64(at.UnixMilli())<<16|uint64(low))
	return id.String()
}

const suffixAlphabet = "abcdefghijklmnopqrstuvwxyz234567"

// Suffix is n random characters of the alphabet of base32 (RFC 4648) in lower
// case: 5 bits each.
func (Random) Suffix(n int) string {
	text := make([]byte, n)
	rand.Read(text)
	for i, b := range text {
		text[i] = suffixAlphabet[b%byte(len(suffixAlphabet))]
	}
	return string(text)
}
