// Refunded sends, seen from outside: they must not buy an attacker a guess.
package acceptance_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// The limits of a service that is not told any.
const (
	requestsAllowed = 3
	guessesAllowed  = 3
)

// refuse makes the provider refuse every message for a reason of ours, so that the
// send is given back.
func refuse(inbox *fake.Inbox) {
	inbox.Answer(port.SendOutcome{Result: domain.SendAuthenticationFailed, Err: errors.New("the account is suspended")})
}

// newestCode is what the provider was handed last, whatever it answered.
func newestCode(inbox *fake.Inbox) string {
	letters := inbox.Letters()
	return letters[len(letters)-1].Code
}

// guessAt tries a challenge until its guesses are used up, and reports how many
// were counted.
func guessAt(t *testing.T, s *kit.Service, db kit.Database, who, right string) int {
	t.Helper()
	const sum = "SELECT coalesce(sum(attempts), 0) FROM otp_secrets"
	before := db.Count(t, sum)
	for _, code := range kit.WrongCodes(right, guessesAllowed) {
		s.Verify(t, who, code).Refused(t, http.StatusBadRequest, "invalid_otp")
	}
	return db.Count(t, sum) - before
}

// A code whose send is given back is good for nothing: neither is it right, nor
// does a guess at it get an answer that depends on it.
func TestRefund_closesTheCode(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		refuse(s.Inbox)
		const victim = "victim@example.com"
		for range 10 * requestsAllowed {
			s.Request(t, victim).Refused(t, http.StatusServiceUnavailable, "email_send_failed")
			code := newestCode(s.Inbox)
			require.Zero(t, guessAt(t, s, db, victim, code), "guesses counted at a code that nobody was sent")
			s.Verify(t, victim, code).Refused(t, http.StatusBadRequest, "invalid_otp")
		}
		s.Inbox.AnswerWith(nil)
		for range requestsAllowed - 1 {
			s.Request(t, victim).Want(t, http.StatusOK)
		}
		s.SignIn(t, victim)
		s.Request(t, victim).Refused(t, http.StatusTooManyRequests, "rate_limited")
	})
}

// Guesses made before the refund have been paid for with the send.
func TestRefund_buysNoGuesses(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		refunds := make(chan error, 1)
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"send.wait": "10ms"}, Swap: func(ports *bootstrap.Ports) {
			ports.OTPSecrets = refundsTold{ports.OTPSecrets, refunds}
		}})
		refuse(s.Inbox)
		const victim = "victim@example.com"
		guesses, asked := 0, 0
		for ; asked < 5*requestsAllowed; asked++ {
			release := s.Inbox.Hang()
			answer := s.Request(t, victim)
			if answer.Status != http.StatusOK {
				answer.Refused(t, http.StatusTooManyRequests, "rate_limited")
				release()
				break
			}
			s.Inbox.Wait(t, asked+1)
			guesses += guessAt(t, s, db, victim, newestCode(s.Inbox))
			release()
			require.NoError(t, <-refunds)
		}
		require.Equal(t, requestsAllowed, asked, "asks that were allowed")
		require.LessOrEqual(t, guesses, requestsAllowed*guessesAllowed)
	})
}

// refundsTold tells of every refund once it is through.
type refundsTold struct {
	port.OTPSecrets
	done chan<- error
}

func (s refundsTold) RefundSend(ctx context.Context, key domain.OTPKey, sentAt time.Time) error {
	err := s.OTPSecrets.RefundSend(ctx, key, sentAt)
	s.done <- err
	return err
}

// A code that one message has carried stays good when another with it is refused,
// and the refused one is given back.
func TestRefund_leavesWhatWasSent(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		const ada = "ada@example.com"
		s.Request(t, ada).Want(t, http.StatusOK)
		code := s.Code(t, ada)
		refuse(s.Inbox)
		for range 2 * requestsAllowed {
			s.Request(t, ada).Refused(t, http.StatusServiceUnavailable, "email_send_failed")
			require.Equal(t, code, newestCode(s.Inbox))
		}
		s.Verify(t, ada, code).Want(t, http.StatusOK)
	})
}
