// The limits of a client address: an outer wall, before any store is asked.
package acceptance_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// startLimited runs a service that allows two requests and four guesses a minute.
func startLimited(t *testing.T, db kit.Database) (*kit.Service, *fake.Clock) {
	t.Helper()
	clock := fake.NewClock()
	return kit.Start(t, db, kit.Options{Clock: clock, Set: map[string]string{
		"ratelimit.ip_request": "2/min", "ratelimit.ip_verify": "4/min", "http.trusted_proxies": "127.0.0.1, 10.0.0.0/8",
	}}), clock
}

func TestAddressLimit(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s, clock := startLimited(t, db)
		from := kit.From("192.0.2.1")
		asked := 0
		ask := func(from kit.Header) kit.Answer {
			asked++
			return s.Request(t, fmt.Sprintf("p%d@example.com", asked), from)
		}
		ask(from).Want(t, http.StatusOK)
		ask(from).Want(t, http.StatusOK)
		for range 3 {
			requireLimited(t, ask(from), "ip_request", 30*time.Second)
		}
		require.Equal(t, 2, db.Count(t, "SELECT count(*) FROM otp_secrets"), "a refused request was stored")
		ask(kit.From("192.0.2.2")).Want(t, http.StatusOK)

		for range 4 {
			s.Verify(t, "p1@example.com", "12345", from).Want(t, http.StatusBadRequest)
		}
		requireLimited(t, s.Verify(t, "p1@example.com", s.Code(t, "p1@example.com"), from), "ip_verify", 15*time.Second)

		clock.Advance(30*time.Second - time.Microsecond)
		requireLimited(t, ask(from), "ip_request", time.Second)
		clock.Advance(time.Microsecond)
		ask(from).Want(t, http.StatusOK)
		requireLimited(t, ask(from), "ip_request", 30*time.Second)
	})
}

// What is refused for its form costs nothing of the budget of its address.
func TestAddressLimit_comesAfterTheForm(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s, _ := startLimited(t, db)
		for code, body := range map[string]any{
			"invalid_request": `{"identifier": 1}`, "invalid_email": kit.JSON{"identifier": "ada@localhost"},
			"invalid_phone": kit.JSON{"identifier": "1234567890"}, "invalid_identifier": kit.JSON{"identifier": " "},
			"invalid_channel": kit.JSON{"identifier": "ada@example.com", "channel": "sms"},
		} {
			s.Post(t, kit.RequestPath, body).Refused(t, http.StatusBadRequest, code)
			s.Post(t, "/accounts/otp/request", body).Refused(t, http.StatusBadRequest, code)
		}
		for range 2 {
			s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		}
		// With both at their end, that of the address comes first.
		requireLimited(t, s.Request(t, "ada@example.com"), "ip_request", 30*time.Second)
	})
}

// An address is where a request comes from, as far as proxies that are trusted
// say; spellings of one address, and a /64, are one.
func TestAddressLimit_whoseItIs(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		first, second string // X-Forwarded-For
		same          bool
	}{
		"one address":                {"192.0.2.1", "192.0.2.1", true},
		"two addresses":              {"192.0.2.1", "192.0.2.2", false},
		"one mapped into IPv6":       {"192.0.2.1", "::ffff:192.0.2.1", true},
		"one /64":                    {"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
		"two /64":                    {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		"behind two trusted proxies": {"192.0.2.1, 10.0.0.1", "192.0.2.1, 10.9.9.9", true},
		"what a client makes up":     {"203.0.113.1, 192.0.2.1", "203.0.113.2, 192.0.2.1", true},
		"what is no address":         {"x, 10.0.0.1", "y, 10.0.0.1", true},
		"with a port":                {"192.0.2.1:1000", "192.0.2.1:2000", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := startLimited(t, kit.OnSQLite(t))
			s.Request(t, "a@example.com", kit.From(row.first)).Want(t, http.StatusOK)
			s.Request(t, "b@example.com", kit.From(row.first)).Want(t, http.StatusOK)
			got := s.Request(t, "c@example.com", kit.From(row.second))
			require.Equal(t, row.same, got.Status == http.StatusTooManyRequests, got)
		})
	}
}

// Without a trusted proxy no forwarded address counts.
func TestAddressLimit_withoutTrust(t *testing.T) {
	t.Parallel()
	s := kit.Start(t, kit.OnSQLite(t),
		kit.Options{Set: map[string]string{"ratelimit.ip_request": "1/h", "http.trusted_proxies": "10.0.0.0/8"}})
	s.Request(t, "a@example.com", kit.From("192.0.2.1")).Want(t, http.StatusOK)
	s.Request(t, "b@example.com", kit.From("192.0.2.2")).Refused(t, http.StatusTooManyRequests, "rate_limited")
}
