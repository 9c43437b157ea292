package domain_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestCleanUserAgent(t *testing.T) {
	t.Parallel()
	const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
	for text, want := range map[string]string{
		"":                              "",
		safari:                          safari,
		"Dörte/1.0":                     "Dörte/1.0",
		"a\xffb":                        "ab",
		"a\x00b\nc\x1b[31m\u0085d":      "abc[31md",
		strings.Repeat("a", 513):        strings.Repeat("a", 512),
		strings.Repeat("a", 511) + "ü!": strings.Repeat("a", 511), // cut in the middle of a letter
	} {
		require.Equal(t, want, domain.CleanUserAgent(text), "%q", text)
	}
	rapid.Check(t, func(t *rapid.T) {
		clean := domain.CleanUserAgent(string(rapid.SliceOf(rapid.Byte()).Draw(t, "header")))
		require.True(t, utf8.ValidString(clean))
		require.LessOrEqual(t, len(clean), domain.MaxUserAgent)
		require.Equal(t, clean, domain.CleanUserAgent(clean))
	})
}

func TestAccessClaims_Actor(t *testing.T) {
	t.Parallel()
	claims := domain.AccessClaims{
		ID: "jti", UserID: 7, UserUUID: "uuid", SessionID: "sid", AMR: []string{"otp"},
		AuthTime: asked,
	}
	require.Equal(t, domain.Actor{UserID: 7, UserUUID: "uuid", SessionID: "sid"}, claims.Actor())
}

var policy = domain.SessionPolicy{
	AccessLifetime: time.Hour, RefreshLifetime: 24 * time.Hour, AbsoluteLifetime: 90 * 24 * time.Hour,
	Grace: 10 * time.Second, Rotates: true,
}

func TestSessionPolicy_Judge(t *testing.T) {
	t.Parallel()
	older := policy
	older.AcceptsOlder = true
	fixed := policy
	fixed.Rotates = false
	strict := policy
	strict.Grace = 0
	used := asked.Add(24 * time.Hour)
	session := domain.Session{CreatedAt: asked, LastUsedAt: used, Generation: 5}
	for _, test := range []struct {
		name       string
		policy     domain.SessionPolicy
		generation int64
		after      time.Duration // the last use
		want       domain.RefreshVerdict
	}{
		{"the one that is good", policy, 5, time.Hour, domain.RefreshCurrent},
		{"its predecessor, at once", policy, 4, 0, domain.RefreshRepeat},
		{"its predecessor, at the end of the grace", policy, 4, 10*time.Second - time.Microsecond, domain.RefreshRepeat},
		{"its predecessor, after the grace", policy, 4, 10 * time.Second, domain.RefreshReused},
		{"its predecessor, without grace", strict, 4, 0, domain.RefreshReused},
		{"an ancestor, at once", policy, 3, 0, domain.RefreshReused},
		{"the first of all", policy, 0, time.Hour, domain.RefreshReused},
		{"one to come", policy, 6, time.Hour, domain.RefreshEnded},
		{"an ancestor, where they stay good", older, 0, time.Hour, domain.RefreshCurrent},
		{"one to come, where ancestors stay good", older, 6, time.Hour, domain.RefreshEnded},
		{"by a clock that is behind", policy, 4, -time.Minute, domain.RefreshRepeat},
		{"without grace, by a clock that is behind", strict, 4, -time.Minute, domain.RefreshReused},
		{"the one that is good, where nothing rotates any more", fixed, 5, time.Hour, domain.RefreshCurrent},
		{"its predecessor, where nothing rotates any more", fixed, 4, 0, domain.RefreshReused},
		{"just before the end", policy, 5, 89*24*time.Hour - time.Microsecond, domain.RefreshCurrent},
		{"at the end", policy, 5, 89 * 24 * time.Hour, domain.RefreshEnded},
		{"an ancestor, at the end", policy, 1, 89 * 24 * time.Hour, domain.RefreshEnded},
	} {
		require.Equal(t, test.want, test.policy.Judge(session, test.generation, used.Add(test.after)), test.name)
	}
}

func TestSessionPolicy_claims(t *testing.T) {
	t.Parallel()
	used := asked.Add(time.Hour)
	session := domain.Session{
		ID: "sid", UserID: 7, AMR: []string{"otp", "sms"}, CreatedAt: asked, LastUsedAt: used,
		Generation: 5,
	}
	now := used.Add(time.Minute)
	require.Equal(t, domain.AccessClaims{
		UserID: 7, UserUUID: "uuid", SessionID: "sid", AMR: []string{"otp", "sms"}, AuthTime: asked, IssuedAt: now,
		ExpiresAt: now.Add(time.Hour),
	}, policy.AccessClaims(session, "uuid", now))
	refresh := policy.RefreshClaims(session, "uuid")
	require.Equal(t, domain.RefreshClaims{
		UserUUID: "uuid", SessionID: "sid", Generation: 5, IssuedAt: used, ExpiresAt: used.Add(24 * time.Hour),
	}, refresh)
	require.Equal(t, domain.Actor{UserUUID: "uuid", SessionID: "sid"}, refresh.Actor())
}

// However a session is refreshed, no token outlives the session, and none is of a
// time before it.
func TestSessionPolicy_noTokenOutlivesItsSession(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hours := func(name string) time.Duration {
			return time.Duration(rapid.Int64Range(1, 9000).Draw(t, name)) * time.Hour
		}
		p := domain.SessionPolicy{
			AccessLifetime: hours("access"), RefreshLifetime: hours("refresh"),
			AbsoluteLifetime: hours("absolute"), Rotates: true,
		}
		s := domain.Session{CreatedAt: asked, LastUsedAt: asked}
		for now := asked; p.Judge(s, s.Generation, now) == domain.RefreshCurrent; now = now.Add(hours("until the next")) {
			s.LastUsedAt, s.Generation = now, s.Generation+1
			access, refresh := p.AccessClaims(s, "uuid", now), p.RefreshClaims(s, "uuid")
			end := asked.Add(p.AbsoluteLifetime)
			for _, expires := range []time.Time{access.ExpiresAt, refresh.ExpiresAt} {
				if expires.After(end) || !expires.After(now) {
					t.Fatalf("a token of %s ends at %s, the session at %s", now, expires, end)
				}
			}
			if over := refresh.ExpiresAt; p.IsExpired(s, over.Add(-time.Microsecond)) {
				t.Fatal("a session is over before its refresh token")
			}
		}
	})
}

// A session that is refreshed in its last second gets tokens that are good until
// that is over, for tokens tell their times in whole seconds.
func TestSessionPolicy_claimsOfTheLastSecond(t *testing.T) {
	t.Parallel()
	start := asked.Add(700 * time.Millisecond)
	end := start.Add(policy.AbsoluteLifetime)
	for _, left := range []time.Duration{time.Microsecond, 300 * time.Millisecond, 999 * time.Millisecond} {
		now := end.Add(-left)
		s := domain.Session{ID: "sid", CreatedAt: start, LastUsedAt: now}
		access, refresh := policy.AccessClaims(s, "uuid", now), policy.RefreshClaims(s, "uuid")
		for _, expires := range []time.Time{access.ExpiresAt, refresh.ExpiresAt} {
			require.Greater(t, expires.Unix(), now.Unix(), "%s before the end", left)
			require.Less(t, expires.Sub(end), time.Second)
		}
	}
}

func TestSessionPolicy_IsExpired(t *testing.T) {
	t.Parallel()
	s := domain.Session{CreatedAt: asked, LastUsedAt: asked.Add(time.Hour)}
	last := s.LastUsedAt.Add(24*time.Hour + 5*time.Minute) // with the greatest leeway
	require.False(t, policy.IsExpired(s, last))
	require.True(t, policy.IsExpired(s, last.Add(time.Microsecond)))
	s.LastUsedAt = asked.Add(90*24*time.Hour - time.Minute)
	require.False(t, policy.IsExpired(s, asked.Add(90*24*time.Hour-time.Microsecond)))
	require.True(t, policy.IsExpired(s, asked.Add(90*24*time.Hour)))
}
