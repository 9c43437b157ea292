package domain

import (
	"crypto/subtle"
	"fmt"
	"math/bits"
)

// The allowed lengths of a code, in decimal digits.
const (
	MinCodeDigits = 6
	MaxCodeDigits = 10
)

// Code is a one-time code: decimal digits that cannot be printed by accident. They are
// captured by a closure, which no fmt verb, log handler or encoder can look into; only
// Reveal returns them. The zero Code has no digits and equals nothing.
type Code struct {
	reveal func() string
}

// NewCode hides the digits of a code that was not derived here, such as a test's.
func NewCode(digits string) Code {
	return Code{reveal: func() string { return digits }}
}

// codeFrom maps 128 uniform bits to n digits: hi and lo as one big-endian number, mod
// 10^n, with leading zeros. The bias is below 2^-94 for 10 digits.
func codeFrom(hi, lo uint64, n int) Code {
	mod := uint64(1)
	for range n {
		mod *= 10
	}
	rest := bits.Rem64(hi, lo, mod)
	return NewCode(fmt.Sprintf("%0*d", n, rest))
}

// Reveal returns the digits, for the sender of the code.
func (c Code) Reveal() string {
	if c.reveal == nil {
		return ""
	}
	return c.reveal()
}

// Equal compares in constant time. Nothing equals the zero Code.
func (c Code) Equal(typed string) bool {
	digits := c.Reveal()
	return digits != "" && subtle.ConstantTimeCompare([]byte(digits), []byte(typed)) == 1
}

// String hides the digits.
func (c Code) String() string { return "[code]" }

// GoString is String.
func (c Code) GoString() string { return "[code]" }

// MarshalText is String, for encoders.
func (c Code) MarshalText() ([]byte, error) { return []byte("[code]"), nil }
