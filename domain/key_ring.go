package domain

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
)

// Epoch is the fingerprint of the key that a code was derived with.
type Epoch [4]byte

// Seed is the random part of a secret. It is stored: neither the seed nor the key alone
// yields a code.
type Seed [16]byte

// KeyRing derives codes from secrets, with the current key or, during a rotation, the
// previous one. Like the digits of a Code its keys cannot be printed. The zero KeyRing
// derives nothing.
type KeyRing struct {
	keys []epochKey // the current one first
}

type epochKey struct {
	epoch Epoch
	mac   func(parts ...string) [sha256.Size]byte // captures the key
}

// MinSecretKeyBytes is the minimum length of the server's secret key.
const MinSecretKeyBytes = 32

// NewKeyRing derives the keys of codes from the server's secret key and, unless empty,
// the previous one (HKDF-SHA256, RFC 5869).
func NewKeyRing(secretKey, previous []byte) (KeyRing, error) {
	var ring KeyRing
	for i, secret := range [][]byte{secretKey, previous} {
		if i > 0 && len(secret) == 0 {
			continue
		}
		if len(secret) < MinSecretKeyBytes {
			return KeyRing{}, errors.New("a secret key must have at least 32 bytes")
		}
		key, err := hkdf.Key(sha256.New, secret, nil, "doorcode otp", sha256.Size)
		if err != nil {
			return KeyRing{}, err
		}
		epoch, err := hkdf.Key(sha256.New, secret, nil, "epoch", len(Epoch{}))
		if err != nil {
			return KeyRing{}, err
		}
		ring.keys = append(ring.keys, epochKey{epoch: Epoch(epoch), mac: macWith(key)})
	}
	return ring, nil
}

// Current is the epoch of new secrets.
func (r KeyRing) Current() Epoch {
	if len(r.keys) == 0 {
		return Epoch{}
	}
	return r.keys[0].epoch
}

// Epochs are the epochs with a key, so that their codes can be derived, the current first.
func (r KeyRing) Epochs() []Epoch {
	epochs := make([]Epoch, len(r.keys))
	for i, k := range r.keys {
		epochs[i] = k.epoch
	}
	return epochs
}

// Knows reports whether codes of that epoch can be derived.
func (r KeyRing) Knows(epoch Epoch) bool { return slices.Contains(r.Epochs(), epoch) }

// Code derives the code of a secret: the first 16 bytes of an HMAC-SHA256 over all that
// the code is bound to, mod 10^digits. It reports false when the secret's epoch is
// unknown or its number of digits is not allowed.
func (r KeyRing) Code(s OTPSecret) (Code, bool) {
	if s.Digits < MinCodeDigits || s.Digits > MaxCodeDigits {
		return Code{}, false
	}
	for _, k := range r.keys {
		if k.epoch == s.Epoch {
			sum := k.mac(
				string(s.Purpose), string(s.Recipient.Kind()), s.Recipient.Value(),
				s.Subject, string(s.ChallengeID), strconv.Itoa(s.Digits), string(s.Seed[:]),
			)
			return codeFrom(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]), s.Digits), true
		}
	}
	return Code{}, false
}

// macWith makes the HMAC-SHA256 under a key over length-prefixed parts, so that no two
// lists of parts are the same bytes.
func macWith(key []byte) func(parts ...string) [sha256.Size]byte {
	return func(parts ...string) [sha256.Size]byte {
		mac := hmac.New(sha256.New, key)
		for _, part := range parts {
			mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
			mac.Write([]byte(part))
		}
		return [sha256.Size]byte(mac.Sum(nil))
	}
}
