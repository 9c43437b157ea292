// Silence: an answer does not reveal whether a user exists.
package acceptance_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// Known, unknown and disabled people get the same answers and the same headers,
// to the byte, whatever they do before their proof.
func TestSilence_aboutWhoIsKnown(t *testing.T) {
	t.Parallel()
	const known, disabled, unknown = "ad1@example.com", "ad2@example.com", "ad3@example.com"
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		s := kit.Start(t, db, kit.Options{Clock: clock})
		s.SignIn(t, known)
		s.SignIn(t, disabled)
		db.Exec(t, "UPDATE users SET is_active = $1 WHERE email = $2", false, disabled)
		clock.Advance(2 * time.Hour) // all three have all their sends again

		want := encounter(t, s, unknown)
		for _, who := range []string{known, disabled} {
			for i, got := range encounter(t, s, who) {
				requireSame(t, want[i], got, who)
			}
		}
	})
}

// encounter is every request about a user that needs no proof. The
// ids of challenges, which differ, are taken out.
func encounter(t *testing.T, s *kit.Service, who string) (answers []kit.Answer) {
	t.Helper()
	named := kit.Header{Name: "X-Request-Id", Value: "the-same"}
	ask := func() {
		asked := s.Request(t, who, named)
		asked.Body = []byte(strings.ReplaceAll(string(asked.Body), asked.Text("challenge_id"), "ID"))
		answers = append(answers, asked)
	}
	guess := func(code string) { answers = append(answers, s.Verify(t, who, code, named)) }
	guess("123456")
	ask()
	wrong := kit.WrongCodes(s.Code(t, who), 4)
	guess(wrong[0])
	guess("12345")
	ask()
	for _, code := range wrong[1:] {
		guess(code)
	}
	ask()
	ask()
	require.Equal(t, http.StatusOK, answers[1].Status)
	require.Equal(t, http.StatusTooManyRequests, answers[len(answers)-1].Status)
	return answers
}

// A request reads no table but those of secrets and deliveries: with the others
// out of the way it works all the same.
func TestSilence_requestsDoNotReadUsers(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		s.SignIn(t, "ada@example.com")
		tables := []string{"users", "sessions", "registration_sources", "user_registration_sources"}
		for _, table := range tables {
			db.Exec(t, "ALTER TABLE "+table+" RENAME TO hidden_"+table)
		}
		for _, who := range []string{"ada@example.com", "unknown@example.com", "+15551234567"} {
			s.Request(t, who, referer("https://example.org/")).Want(t, http.StatusOK)
			s.Verify(t, who, kit.WrongCodes(s.Code(t, who), 1)[0]).Refused(t, http.StatusBadRequest, "invalid_otp")
		}
		s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		code := s.Code(t, "ada@example.com")
		require.GreaterOrEqual(t, s.Verify(t, "ada@example.com", code).Status, http.StatusInternalServerError)
		for _, table := range tables {
			db.Exec(t, "ALTER TABLE hidden_"+table+" RENAME TO "+table)
		}
		require.False(t, s.Verify(t, "ada@example.com", code).Session(t).IsNew, "what failed has consumed nothing")
	})
}
