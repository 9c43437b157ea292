// The life of a challenge: what asking again, guessing and waiting do to it.
package acceptance_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// withChallenge runs a test on both stores, at a time that stands still, with a
// challenge of ada@example.com.
func withChallenge(t *testing.T, test func(t *testing.T, s *kit.Service, clock *fake.Clock, id, code string)) {
	t.Helper()
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		s := kit.Start(t, db, kit.Options{Clock: clock})
		asked := s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		test(t, s, clock, asked.Text("challenge_id"), s.Code(t, "ada@example.com"))
	})
}

func requireRefused(t *testing.T, a kit.Answer, attemptsLeft int) {
	t.Helper()
	a.Refused(t, http.StatusBadRequest, "invalid_otp")
	require.Equal(t, "Invalid or expired OTP", a.Text("error"))
	require.Equal(t, attemptsLeft, a.Number("attempts_left"), a)
}

func TestChallenge_askingAgain(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, clock *fake.Clock, id, code string) {
		requireRefused(t, s.VerifyChallenge(t, id, kit.WrongCodes(code, 1)[0]), 2)
		clock.Advance(2 * time.Minute)
		again := s.Request(t, "ADA@example.com").Want(t, http.StatusOK)
		require.Equal(t, id, again.Text("challenge_id"))
		require.Equal(t, at.Add(5*time.Minute).Format(time.RFC3339), again.Text("expires_at"), "asking again extends a code")
		require.Equal(t, 180, again.Number("expires_in"))
		require.Equal(t, 2, again.Number("attempts"), "asking again gives guesses back")
		require.Equal(t, code, s.Code(t, "ada@example.com"))
		s.VerifyChallenge(t, id, code).Want(t, http.StatusOK)
	})
}

func TestChallenge_askingAgainOnAnotherChannel(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		var ids, codes []string
		for _, channel := range []string{"sms", "voice", "whatsapp"} {
			asked := s.Post(t, kit.RequestPath, kit.JSON{"identifier": "+15551234567", "channel": channel}).
				Want(t, http.StatusOK)
			require.Equal(t, channel, asked.Text("channel"))
			ids, codes = append(ids, asked.Text("challenge_id")), append(codes, s.Code(t, "+15551234567"))
		}
		require.Equal(t, []string{ids[0], ids[0], ids[0]}, ids)
		require.Equal(t, []string{codes[0], codes[0], codes[0]}, codes)
		session := s.VerifyChallenge(t, ids[0], codes[0]).Session(t)
		require.ElementsMatch(t, []any{"otp", "sms", "voice", "whatsapp"}, claims(t, session.Access)["amr"],
			"how the code went is not told")
	})
}

// claims are the claims of a token, unverified.
func claims(t *testing.T, token string) (said map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &said))
	return said
}

func TestChallenge_theLastGuessMayBeRight(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, _ *fake.Clock, id, code string) {
		for i, wrong := range kit.WrongCodes(code, 2) {
			requireRefused(t, s.VerifyChallenge(t, id, wrong), 2-i)
		}
		s.VerifyChallenge(t, id, code).Want(t, http.StatusOK)
	})
}

func TestChallenge_exhausted(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, _ *fake.Clock, id, code string) {
		for i, wrong := range kit.WrongCodes(code, 3) {
			requireRefused(t, s.VerifyChallenge(t, id, wrong), 2-i)
		}
		requireRefused(t, s.VerifyChallenge(t, id, code), 0)
		requireRefused(t, s.Verify(t, "ada@example.com", code), -1)
		next := s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		require.NotEqual(t, id, next.Text("challenge_id"))
		require.Equal(t, 3, next.Number("attempts"))
		fresh := s.Code(t, "ada@example.com")
		if fresh != code { // one in a million is the same
			requireRefused(t, s.VerifyChallenge(t, next.Text("challenge_id"), code), 2)
		}
		requireRefused(t, s.VerifyChallenge(t, id, fresh), 0)
		s.Verify(t, "ada@example.com", fresh).Want(t, http.StatusOK)
	})
}

func TestChallenge_expires(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, clock *fake.Clock, id, code string) {
		clock.Advance(5 * time.Minute)
		requireRefused(t, s.VerifyChallenge(t, id, code), 0)
		requireRefused(t, s.Verify(t, "ada@example.com", code), -1)
		require.NotEqual(t, id, s.Request(t, "ada@example.com").Want(t, http.StatusOK).Text("challenge_id"))
	})
}

func TestChallenge_isGoodToTheEnd(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, clock *fake.Clock, id, code string) {
		clock.Advance(5*time.Minute - time.Microsecond)
		s.VerifyChallenge(t, id, code).Want(t, http.StatusOK)
	})
}

func TestChallenge_isGoodOnce(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, _ *fake.Clock, id, code string) {
		s.Verify(t, "ada@example.com", code).Want(t, http.StatusOK)
		requireRefused(t, s.VerifyChallenge(t, id, code), 0)
		requireRefused(t, s.Verify(t, "ada@example.com", code), -1)
		next := s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		require.NotEqual(t, id, next.Text("challenge_id"))
		require.Equal(t, 3, next.Number("attempts"))
	})
}

// An identifier with the challenge of another user matches nothing: not even an attempt is counted.
func TestChallenge_ofSomebodyElse(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, _ *fake.Clock, id, code string) {
		s.Request(t, "eve@example.com").Want(t, http.StatusOK)
		eves := s.Code(t, "eve@example.com")
		for _, guess := range []string{code, eves, kit.WrongCodes(code, 1)[0]} {
			both := kit.JSON{"identifier": "eve@example.com", "challenge_id": id, "otp_code": guess}
			s.Post(t, kit.VerifyPath, both).Refused(t, http.StatusBadRequest, "invalid_otp")
		}
		for who, right := range map[string]string{"ada@example.com": code, "eve@example.com": eves} {
			require.Equal(t, 3, s.Request(t, who).Number("attempts"), "%s has lost a guess", who)
			s.Verify(t, who, right).Want(t, http.StatusOK)
		}
	})
}

func TestChallenge_togetherWithItsIdentifier(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, _ *fake.Clock, id, code string) {
		both := kit.JSON{"identifier": "Ada@Example.com", "challenge_id": id, "otp_code": code}
		s.Post(t, kit.VerifyPath, both).Want(t, http.StatusOK)
	})
}

// What cannot be a code is refused, and is no guess.
func TestChallenge_whatIsNoGuess(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, _ *fake.Clock, id, code string) {
		for _, guess := range []string{
			"", code[:5], code + "0", "+" + code, "+" + code[1:], code + ".", "G-" + code, "12345a", "１２３４５", "0x1234", "1e5000",
		} {
			requireRefused(t, s.VerifyChallenge(t, id, guess), 3)
		}
		for _, guess := range []any{123456, 1e5, true, []string{code}, kit.JSON{"code": code}, nil} {
			s.Post(t, kit.VerifyPath, kit.JSON{"challenge_id": id, "otp_code": guess}).
				Refused(t, http.StatusBadRequest, "invalid_request")
		}
		two := kit.JSON{"challenge_id": id, "otp_code": code, "code": kit.WrongCodes(code, 1)[0]}
		s.Post(t, kit.VerifyPath, two).Refused(t, http.StatusBadRequest, "invalid_request")
		require.Equal(t, 3, s.Request(t, "ada@example.com").Number("attempts"))
		s.Post(t, kit.VerifyPath, kit.JSON{"challenge_id": id, "otp_code": code, "code": code}).Want(t, http.StatusOK)
	})
}

// A code with what people type or paste around it is the code, and a wrong one is a guess.
func TestChallenge_decoratedGuesses(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, _ *fake.Clock, id, code string) {
		wrong := kit.WrongCodes(code, 1)[0]
		requireRefused(t, s.VerifyChallenge(t, id, wrong[:3]+" "+wrong[3:]), 2)
		requireRefused(t, s.VerifyChallenge(t, id, "\u200e"+wrong+"\n"), 1)
		two := kit.JSON{"challenge_id": id, "otp_code": code[:3] + "\u2011" + code[3:], "code": " " + code}
		s.Post(t, kit.VerifyPath, two).Want(t, http.StatusOK)
	})
}

// Wrong, expired, used, exhausted and unknown are one answer, byte for byte.
func TestChallenge_everyRefusalIsOne(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, clock *fake.Clock, _, code string) {
		ask := func(who string) string {
			s.Request(t, who).Want(t, http.StatusOK)
			return s.Code(t, who)
		}
		expired := ask("expired@example.com")
		clock.Advance(5 * time.Minute)
		wrong := kit.WrongCodes(ask("wrong@example.com"), 1)[0]
		used := ask("used@example.com")
		s.Verify(t, "used@example.com", used).Want(t, http.StatusOK)
		exhausted := ask("exhausted@example.com")
		for _, guess := range kit.WrongCodes(exhausted, 3) {
			s.Verify(t, "exhausted@example.com", guess)
		}
		named := kit.Header{Name: "X-Request-Id", Value: "the-same"}
		want := s.Verify(t, "unknown@example.com", code, named)
		requireRefused(t, want, -1)
		for who, guess := range map[string]string{
			"expired@example.com": expired, "wrong@example.com": wrong, "used@example.com": used,
			"exhausted@example.com": exhausted,
			"wrong@example.com ":    "12345",
		} {
			requireSame(t, want, s.Verify(t, who, guess, named), who)
		}
	})
}

// requireSame compares what two people are answered, but for the time of day.
func requireSame(t *testing.T, want, got kit.Answer, who string) {
	t.Helper()
	require.Equal(t, want.Status, got.Status, who)
	require.Equal(t, string(want.Body), string(got.Body), who)
	wantHeader, gotHeader := want.Header.Clone(), got.Header.Clone()
	wantHeader.Del("Date")
	gotHeader.Del("Date")
	require.Equal(t, wantHeader, gotHeader, who)
}

// Any string is a challenge id; one that names nothing has no guesses left.
func TestChallenge_idsThatNameNothing(t *testing.T) {
	withChallenge(t, func(t *testing.T, s *kit.Service, _ *fake.Clock, id, code string) {
		for _, other := range []string{
			"", " ", "1", "null", "%", "' OR ''='", "019cec37-b600-7000-8000-000000000000", fmt.Sprintf("{%s}", id), id + " ",
			"urn:uuid:" + id, id[:35], "ffffffff-ffff-ffff-ffff-ffffffffffff", "\u0301", "🔑",
		} {
			requireRefused(t, s.VerifyChallenge(t, other, code), 0)
			both := kit.JSON{"identifier": "ada@example.com", "challenge_id": other, "otp_code": code}
			requireRefused(t, s.Post(t, kit.VerifyPath, both), 0)
		}
		s.VerifyChallenge(t, id, code).Want(t, http.StatusOK)
	})
}
