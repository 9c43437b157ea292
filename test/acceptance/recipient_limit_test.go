// The limit of a recipient: three messages in any hour, exactly, over instances,
// spellings and restarts.
package acceptance_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// requireLimited holds a refusal against its limit, and the wait that it tells in
// three places.
func requireLimited(t *testing.T, a kit.Answer, limit string, wait time.Duration) {
	t.Helper()
	a.Refused(t, http.StatusTooManyRequests, "rate_limited")
	seconds := strconv.Itoa(int(wait / time.Second))
	require.Equal(t, limit, a.Text("limit"))
	require.Equal(t, seconds, a.Header.Get("Retry-After"))
	require.Equal(t, seconds, strconv.Itoa(a.Number("retry_after")))
	require.Equal(t, `"`+limit+`";r=0;t=`+seconds, a.Header.Get("RateLimit"))
}

// The window slides: each message counts for an hour of its own, a refused
// request for nothing, and a client that waits for Retry-After is served.
func TestRecipientLimit_slides(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		s := kit.Start(t, db, kit.Options{Clock: clock})
		const ada = "ada@example.com"
		for range 3 { // at 0, 10 and 20 minutes
			s.Request(t, ada).Want(t, http.StatusOK)
			clock.Advance(10 * time.Minute)
		}
		requireLimited(t, s.Request(t, ada), "identifier_requests", 30*time.Minute)
		clock.Advance(30*time.Minute - time.Microsecond)
		for range 5 {
			requireLimited(t, s.Request(t, ada), "identifier_requests", time.Second)
		}
		clock.Advance(time.Microsecond)
		s.Request(t, ada).Want(t, http.StatusOK) // at 60
		requireLimited(t, s.Request(t, ada), "identifier_requests", 10*time.Minute)
		clock.Advance(10 * time.Minute)
		s.Request(t, ada).Want(t, http.StatusOK) // at 70
		requireLimited(t, s.Request(t, ada), "identifier_requests", 10*time.Minute)
		require.Len(t, s.Inbox.Letters(), 5)
		s.Request(t, "eve@example.com").Want(t, http.StatusOK)
	})
}

// All spellings, families and channels, and a sign-in in between, share one
// budget.
func TestRecipientLimit_isOfThePerson(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		s := kit.Start(t, db, kit.Options{Clock: clock})
		s.SignIn(t, "+15551234567")
		s.Post(t, "/accounts/otp/request", kit.JSON{"phone": "+1 (555) 123-4567"}).Want(t, http.StatusOK)
		clock.Advance(59 * time.Minute) // what was asked for has expired
		s.Post(t, kit.RequestPath, kit.JSON{"identifier": "+1-555-123-4567", "channel": "voice"}).Want(t, http.StatusOK)
		for _, body := range []kit.JSON{
			{"phone": "+15551234567"}, {"identifier": " +1 555 1234567"}, {"identifier": "+15551234567", "channel": "whatsapp"},
		} {
			requireLimited(t, s.Post(t, kit.RequestPath, body), "identifier_requests", time.Minute)
			requireLimited(t, s.Post(t, "/accounts/otp/request/", body), "identifier_requests", time.Minute)
		}
		require.Len(t, s.Inbox.Letters(), 3)
	})
}

func TestRecipientLimit_outlivesInstances(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		inbox := fake.NewInbox()
		for round := range 3 {
			instances := kit.StartAll(t, db, kit.Options{Inbox: inbox})
			for _, s := range instances {
				s.Request(t, "ada@example.com")
				s.Stop(t)
			}
			require.LessOrEqual(t, len(inbox.Letters()), 3, "round %d", round)
		}
		last := kit.Start(t, db, kit.Options{Inbox: inbox})
		answer := last.Request(t, "ada@example.com").Refused(t, http.StatusTooManyRequests, "rate_limited")
		require.InDelta(t, 3600, answer.Number("retry_after"), 60)
		require.Len(t, inbox.Letters(), 3)
	})
}

func TestRecipientLimit_asConfigured(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		one := kit.Start(t, db, kit.Options{Clock: clock, Set: map[string]string{
			"ratelimit.identifier_requests": "1", "ratelimit.identifier_window": "90s",
		}})
		one.Request(t, "ada@example.com").Want(t, http.StatusOK)
		requireLimited(t, one.Request(t, "ada@example.com"), "identifier_requests", 90*time.Second)
		one.Stop(t)
		off := kit.Start(t, db, kit.Options{Clock: clock, Set: map[string]string{"ratelimit.identifier_requests": "0"}})
		for range 20 {
			off.Request(t, "ada@example.com").Want(t, http.StatusOK)
		}
	})
}
