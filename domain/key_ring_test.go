package domain_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

// countingKey is the bytes 0, 1, 2 ... 31.
func countingKey() []byte {
	key := make([]byte, domain.MinSecretKeyBytes)
	for i := range key {
		key[i] = byte(i)
	}
	return key
}

func newKeyRing(t require.TestingT, secretKey, previous []byte) domain.KeyRing {
	ring, err := domain.NewKeyRing(secretKey, previous)
	require.NoError(t, err)
	return ring
}

// knownSecret is a secret with known codes.
func knownSecret(t require.TestingT, digits int) domain.OTPSecret {
	s := domain.OTPSecret{
		OTPKey:      domain.OTPKey{Purpose: domain.PurposeSignIn, Recipient: parse(t, "ada@example.com")},
		ChallengeID: "0190b6c8-7b1a-7cc3-8d2e-5f3a1b2c4d5e",
		Epoch:       domain.Epoch{0x57, 0x53, 0x80, 0x72},
		Digits:      digits,
	}
	for i := range s.Seed {
		s.Seed[i] = byte(0x10 + i)
	}
	return s
}

func code(t require.TestingT, ring domain.KeyRing, s domain.OTPSecret) string {
	c, known := ring.Code(s)
	require.True(t, known, "the epoch %x and %d digits", s.Epoch, s.Digits)
	return c.Reveal()
}

// The expected codes were computed once with Python's hmac and hashlib.
func TestKeyRing_Code_knownAnswers(t *testing.T) {
	t.Parallel()
	ring := newKeyRing(t, countingKey(), nil)
	require.Equal(t, "57538072", fmt.Sprintf("%x", ring.Current()))
	for digits, want := range map[int][2]string{
		6:  {"252427", "767514"},
		7:  {"1138638", "5200421"},
		8:  {"35734341", "49674045"},
		9:  {"923036109", "149601995"},
		10: {"4494664009", "1110305740"},
	} {
		s := knownSecret(t, digits)
		require.Equal(t, want[0], code(t, ring, s), "%d digits", digits)
		s.Purpose, s.Recipient, s.Subject = "change_phone", parse(t, "+15551234567"), "42"
		require.Equal(t, want[1], code(t, ring, s), "%d digits", digits)
	}
}

func TestKeyRing_Code_everyPartCounts(t *testing.T) {
	t.Parallel()
	ring := newKeyRing(t, countingKey(), nil)
	was := code(t, ring, knownSecret(t, 10))
	for name, change := range map[string]func(*domain.OTPSecret){
		"purpose":           func(s *domain.OTPSecret) { s.Purpose = "change_email" },
		"recipient":         func(s *domain.OTPSecret) { s.Recipient = parse(t, "eve@example.com") },
		"kind of recipient": func(s *domain.OTPSecret) { s.Recipient = parse(t, "+15551234567") },
		"subject":           func(s *domain.OTPSecret) { s.Subject = "42" },
		"challenge id":      func(s *domain.OTPSecret) { s.ChallengeID += "0" },
		"seed":              func(s *domain.OTPSecret) { s.Seed[15] ^= 1 },
	} {
		s := knownSecret(t, 10)
		change(&s)
		require.NotEqual(t, was, code(t, ring, s), "another %s", name)
	}
	nine := code(t, ring, knownSecret(t, 9))
	require.NotEqual(t, was[1:], nine, "digits count themselves, not only in the remainder")
}

func TestKeyRing_Code_nothingElseCounts(t *testing.T) {
	t.Parallel()
	ring := newKeyRing(t, countingKey(), nil)
	s := knownSecret(t, 6)
	was := code(t, ring, s)
	s.Channel, s.Attempts, s.MaxAttempts, s.SourceURL, s.Lane = domain.ChannelEmail, 2, 3, "https://example.com", "known"
	require.Equal(t, was, code(t, ring, s), "a resend and a wrong guess keep the code")
}

func TestKeyRing_Code_everyKeyCounts(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range domain.MinSecretKeyBytes {
		key := countingKey()
		key[i] ^= 1
		ring := newKeyRing(t, key, nil)
		s := knownSecret(t, 10)
		s.Epoch = ring.Current()
		seen[code(t, ring, s)] = true
	}
	require.Len(t, seen, domain.MinSecretKeyBytes)
}

// Parts that read the same one after the other are different parts.
func TestKeyRing_Code_partsDoNotRunTogether(t *testing.T) {
	t.Parallel()
	ring := newKeyRing(t, countingKey(), nil)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("0a\x00")), 0, 12, -1).Draw(t, "text")
		split := func(label string) domain.OTPSecret {
			s := knownSecret(t, 10)
			at := rapid.IntRange(0, len(text)).Draw(t, label)
			s.Subject, s.ChallengeID = text[:at], domain.ChallengeID(text[at:])
			return s
		}
		a, b := split("first"), split("second")
		require.Equal(t, a.Subject == b.Subject, code(t, ring, a) == code(t, ring, b), "%q|%q and %q|%q", a.Subject,
			a.ChallengeID, b.Subject, b.ChallengeID)
	})
	a, b := knownSecret(t, 10), knownSecret(t, 10)
	a.Purpose, a.Subject = "sign_in", ""
	b.Purpose, b.Subject = "", "sign_in"
	require.NotEqual(t, code(t, ring, a), code(t, ring, b))
}

// TestKeyRing_Code_isUniform compares the codes of fixed seeds with what chance
// would give. The limits are the 99.9 % quantiles of chi-square.
func TestKeyRing_Code_isUniform(t *testing.T) {
	t.Parallel()
	const codes, groups = 40_000, 1000
	ring := newKeyRing(t, countingKey(), nil)
	for _, digits := range []int{domain.MinCodeDigits, domain.MaxCodeDigits} {
		var first, last [groups]int
		byPlace := make([][10]int, digits)
		s := knownSecret(t, digits)
		for n := range codes {
			binary.BigEndian.PutUint64(s.Seed[8:], uint64(n))
			c, _ := ring.Code(s)
			text := c.Reveal()
			if len(text) != digits {
				t.Fatalf("%d digits of %d", len(text), digits)
			}
			first[number(text[:3])]++
			last[number(text[digits-3:])]++
			for place, digit := range []byte(text) {
				byPlace[place][digit-'0']++
			}
		}
		require.Less(t, chiSquare(first[:]), 1142.8, "the first three of %d digits", digits)
		require.Less(t, chiSquare(last[:]), 1142.8, "the last three of %d digits", digits)
		for place := range byPlace {
			require.Less(t, chiSquare(byPlace[place][:]), 27.9, "digit %d of %d", place+1, digits)
		}
	}
}

func chiSquare(counts []int) (sum float64) {
	total := 0
	for _, n := range counts {
		total += n
	}
	want := float64(total) / float64(len(counts))
	for _, n := range counts {
		sum += (float64(n) - want) * (float64(n) - want) / want
	}
	return sum
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

func TestKeyRing_Code_refusesWhatIsNoCode(t *testing.T) {
	t.Parallel()
	ring := newKeyRing(t, countingKey(), nil)
	for _, digits := range []int{-1, 0, 1, 5, 11, 64, 1 << 40} {
		c, known := ring.Code(knownSecret(t, digits))
		require.False(t, known, "%d digits", digits)
		require.Empty(t, c.Reveal())
	}
	stranger := knownSecret(t, 6)
	stranger.Epoch[0] ^= 1
	c, known := ring.Code(stranger)
	require.False(t, known)
	require.Empty(t, c.Reveal())
}

func TestKeyRing_rotation(t *testing.T) {
	t.Parallel()
	oldKey, newKey := countingKey(), bytes.Repeat([]byte("n"), domain.MinSecretKeyBytes)
	before, between, after := newKeyRing(t, oldKey, nil), newKeyRing(t, newKey, oldKey), newKeyRing(t, newKey, nil)
	s := knownSecret(t, 6)

	require.Equal(t, code(t, before, s), code(t, between, s), "a code of the previous key stays good")
	_, known := after.Code(s)
	require.False(t, known)
	require.Equal(t, after.Current(), between.Current(), "new codes are of the new key")
	require.NotEqual(t, before.Current(), between.Current())
	require.Equal(t, []domain.Epoch{after.Current(), before.Current()}, between.Epochs())
	require.True(t, between.Knows(before.Current()))
	require.True(t, between.Knows(after.Current()))
	require.False(t, after.Knows(before.Current()))
}

func TestNewKeyRing_refusesShortKeys(t *testing.T) {
	t.Parallel()
	short, long := make([]byte, domain.MinSecretKeyBytes-1), countingKey()
	for _, keys := range [][2][]byte{{nil, nil}, {{}, long}, {short, nil}, {long, short}, {short, long}} {
		ring, err := domain.NewKeyRing(keys[0], keys[1])
		require.ErrorContains(t, err, "at least 32 bytes", "keys of %d and %d bytes", len(keys[0]), len(keys[1]))
		require.Empty(t, ring.Epochs())
	}
}

func TestKeyRing_zeroDerivesNothing(t *testing.T) {
	t.Parallel()
	var ring domain.KeyRing
	require.Zero(t, ring.Current())
	require.Empty(t, ring.Epochs())
	require.False(t, ring.Knows(domain.Epoch{}))
	_, known := ring.Code(domain.OTPSecret{Digits: 6})
	require.False(t, known)
}

func TestKeyRing_keysCannotBePrinted(t *testing.T) {
	t.Parallel()
	key := countingKey()
	ring := newKeyRing(t, key, bytes.Repeat([]byte("o"), 32))
	derived, err := hex.DecodeString("07771d7ae94e6156bba2a0509c24448950ca9ab60c226e6de9f71a0640165124") // HKDF of the key
	require.NoError(t, err)
	type useCase struct{ keys domain.KeyRing }
	for _, holder := range []any{ring, &ring, useCase{ring}, &useCase{ring}, []any{ring}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%X", "%d", "%s", "%q"} {
			text := strings.ToLower(fmt.Sprintf(verb, holder))
			for _, secret := range [][]byte{key, derived} {
				require.NotContains(t, text, hex.EncodeToString(secret[:8]), "%s of %T", verb, holder)
				require.NotContains(t, text, strings.Trim(fmt.Sprint(secret[:8]), "[]"), "%s of %T", verb, holder)
				require.NotContains(t, text, strings.Trim(strings.TrimPrefix(fmt.Sprintf("%#v", secret[:8]), "[]byte"), "{}"),
					"%s of %T", verb, holder)
			}
		}
	}
}
