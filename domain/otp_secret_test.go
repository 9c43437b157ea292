package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

var (
	asked   = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	expires = asked.Add(domain.DefaultOTPLifetime)
)

// secretIn makes a secret of three guesses that has had some, and perhaps the
// right one at a time.
func secretIn(attempts int, usedAt time.Time) domain.OTPSecret {
	return domain.OTPSecret{
		Digits: 6, MaxAttempts: 3, Attempts: attempts, CreatedAt: asked, ExpiresAt: expires,
		UsedAt: usedAt,
	}
}

// The life of a secret: every place it can be in, every guess that can come.
func TestOTPSecret_everyStateAndEvent(t *testing.T) {
	t.Parallel()
	code := domain.NewCode("012345")
	early, late := asked.Add(time.Minute), expires.Add(time.Minute)
	var unused time.Time
	for name, tt := range map[string]struct {
		secret       domain.OTPSecret
		now          time.Time
		state        domain.OTPState
		left         int
		right, wrong domain.Verdict
	}{
		"at the very start": {secretIn(0, unused), asked, domain.OTPActive, 3, domain.Right, domain.Wrong},
		"fresh":             {secretIn(0, unused), early, domain.OTPActive, 3, domain.Right, domain.Wrong},
		"one guess wrong":   {secretIn(1, unused), early, domain.OTPActive, 2, domain.Right, domain.Wrong},
		"one guess left":    {secretIn(2, unused), early, domain.OTPActive, 1, domain.Right, domain.Wrong},
		"in its last microsecond": {
			secretIn(2, unused), expires.Add(-time.Microsecond), domain.OTPActive, 1,
			domain.Right, domain.Wrong,
		},
		"at its expiry": {secretIn(0, unused), expires, domain.OTPExpired, 0, domain.Expired, domain.Expired},
		"expired":       {secretIn(1, unused), late, domain.OTPExpired, 0, domain.Expired, domain.Expired},
		"exhausted": {
			secretIn(3, unused), early, domain.OTPExhausted, 0, domain.Exhausted,
			domain.Exhausted,
		},
		"guessed at too often": {
			secretIn(4, unused), early, domain.OTPExhausted, 0, domain.Exhausted,
			domain.Exhausted,
		},
		"exhausted, then expired": {
			secretIn(3, unused), late, domain.OTPExhausted, 0, domain.Exhausted,
			domain.Exhausted,
		},
		"used":                         {secretIn(0, early), early, domain.OTPUsed, 0, domain.Used, domain.Used},
		"used by its last guess":       {secretIn(2, early), early, domain.OTPUsed, 0, domain.Used, domain.Used},
		"used, then expired":           {secretIn(0, early), late, domain.OTPUsed, 0, domain.Used, domain.Used},
		"used and exhausted":           {secretIn(3, early), early, domain.OTPUsed, 0, domain.Used, domain.Used},
		"used, exhausted and expired":  {secretIn(3, early), late, domain.OTPUsed, 0, domain.Used, domain.Used},
		"used at a time still to come": {secretIn(0, late), early, domain.OTPUsed, 0, domain.Used, domain.Used},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := tt.secret
			require.Equal(t, tt.state, tt.secret.State(tt.now))
			require.Equal(t, tt.left, tt.secret.AttemptsLeft(tt.now))
			require.Equal(t, tt.right, tt.secret.Judge(code, "012345", tt.now), "the right code")
			require.Equal(t, tt.wrong, tt.secret.Judge(code, "012346", tt.now), "a wrong code")
			require.Equal(t, tt.wrong, tt.secret.Judge(domain.Code{}, "012345", tt.now), "a code that could not be derived")
			for _, typed := range []string{
				"", "1", "12345", "0123456", "00012345", "01234a", "01234 ", " 12345", "-12345", "012-34", "012345.",
				"G-012345", "+12345", "1e5000", "0x1234",
				"①②③④⑤⑥", "٠١٢٣٤", "01234\x00", "01234\xff", "\u0661\u0662\u0663",
			} {
				require.Equal(t, domain.Malformed, tt.secret.Judge(code, typed, tt.now), "typed %q", typed)
			}
			for _, typed := range []string{"012 345", "012-345\n", "\u202a٠١٢٣٤٥\u202c", "01234５", "    012345"} {
				require.Equal(t, tt.right, tt.secret.Judge(code, typed, tt.now), "typed %q", typed)
			}
			require.Equal(t, before, tt.secret, "judging changes nothing")
		})
	}
}

func TestOTPSecret_Judge_allLengths(t *testing.T) {
	t.Parallel()
	const longest = "0123456789"
	for digits := domain.MinCodeDigits; digits <= domain.MaxCodeDigits; digits++ {
		s := secretIn(0, time.Time{})
		s.Digits = digits
		for typed := 0; typed <= len(longest); typed++ {
			want := domain.Malformed
			if typed == digits {
				want = domain.Right
			}
			require.Equal(t, want, s.Judge(domain.NewCode(longest[:digits]), longest[:typed], asked), "%d digits for %d",
				typed, digits)
		}
	}
}

// Whatever is guessed and however often, a secret takes no more guesses than it
// allows, and once closed it never opens again.
func TestOTPSecret_neverOpensAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := domain.OTPSecret{
			Digits: 6, MaxAttempts: rapid.IntRange(1, domain.MaxOTPAttempts).Draw(t, "max"),
			CreatedAt: asked, ExpiresAt: expires,
		}
		code := domain.NewCode("012345")
		now, closed, compared, rightOnes := asked, false, 0, 0
		for range rapid.IntRange(0, 30).Draw(t, "guesses") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "seconds")) * time.Second)
			typed := rapid.SampledFrom([]string{"012345", "999999", "999998", "12345"}).Draw(t, "typed")
			verdict := s.Judge(code, typed, now)
			switch verdict {
			case domain.Right: // as a store commits it
				s.UsedAt = now
				compared++
				rightOnes++
			case domain.Wrong:
				s.Attempts++
				compared++
			}
			require.False(t, closed && (verdict == domain.Right || verdict == domain.Wrong), "%s after it was closed", verdict)
			closed = closed || s.State(now) != domain.OTPActive
			require.Equal(t, s.State(now) == domain.OTPActive, s.AttemptsLeft(now) > 0)
		}
		require.LessOrEqual(t, compared, s.MaxAttempts)
		require.LessOrEqual(t, rightOnes, 1)
	})
}

func TestOTPSecret_proofs(t *testing.T) {
	t.Parallel()
	s := knownSecret(t, 6)
	require.Equal(t, domain.Proof{ChallengeID: s.ChallengeID, Recipient: s.Recipient, Method: domain.ProvedByCode},
		s.ProveByCode())
	require.Equal(t, domain.Proof{ChallengeID: s.ChallengeID, Recipient: s.Recipient, Method: domain.ProvedByProvider},
		s.ProveByProvider())
	require.NotEqual(t, domain.ProvedByCode, domain.ProvedByProvider)
}

func TestOTP_limits(t *testing.T) {
	t.Parallel()
	require.Equal(t, 5*time.Minute, domain.DefaultOTPLifetime)
	require.Equal(t, 10*time.Minute, domain.MaxOTPLifetime)
	require.Equal(t, 10, domain.MaxOTPAttempts)
	require.Equal(t, 6, domain.MinCodeDigits)
	require.Equal(t, 10, domain.MaxCodeDigits)
	require.Equal(t, 32, domain.MinSecretKeyBytes)
}

func TestVerdicts_areTold(t *testing.T) {
	t.Parallel()
	told := map[domain.Verdict]string{
		domain.Right: "right", domain.Wrong: "wrong", domain.Expired: "expired", domain.Exhausted: "exhausted",
		domain.Used: "used", domain.Missing: "missing", domain.Malformed: "malformed",
	}
	require.Len(t, told, 7, "each verdict is another")
	for verdict, name := range told {
		require.Equal(t, name, string(verdict))
	}
}
