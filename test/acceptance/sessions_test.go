// Sessions: how they go on and how they end, over all the instances that a store
// allows. What ends somewhere has ended everywhere.
package acceptance_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// rotating are the settings of development and production, where those of testing
// are others.
func rotating(more ...string) map[string]string {
	set := map[string]string{
		"jwt.rotate_refresh_tokens": "true", "jwt.blacklist_after_rotation": "true", "jwt.refresh_grace": "10s",
		"ratelimit.identifier_requests": "0",
	}
	for i := 0; i < len(more); i += 2 {
		set[more[i]] = more[i+1]
	}
	return set
}

// next refreshes, and is the session with its new tokens.
func next(t *testing.T, s *kit.Service, session kit.Session) kit.Session {
	t.Helper()
	session.Answer = s.Refresh(t, session.Refresh).Want(t, http.StatusOK)
	session.Access, session.Refresh = session.Text("access"), session.Text("refresh")
	return session
}

// requireEnded wants nothing of a session to work, on any instance.
func requireEnded(t *testing.T, instances []*kit.Service, of ...kit.Session) {
	t.Helper()
	for _, s := range instances {
		for _, session := range of {
			s.Profile(t, session.Access).Refused(t, http.StatusUnauthorized, "token_not_valid")
			s.Sessions(t, session.Access).Refused(t, http.StatusUnauthorized, "token_not_valid")
			s.VerifyToken(t, session.Access).Refused(t, http.StatusUnauthorized, "token_not_valid")
			s.VerifyToken(t, session.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
			s.Refresh(t, session.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
			s.LogOut(t, session.Access, "global").Refused(t, http.StatusUnauthorized, "token_not_valid")
		}
	}
}

// requireStands wants a session to work on every instance.
func requireStands(t *testing.T, instances []*kit.Service, of ...kit.Session) {
	t.Helper()
	for _, s := range instances {
		for _, session := range of {
			s.Profile(t, session.Access).Want(t, http.StatusOK)
			s.VerifyToken(t, session.Access).Want(t, http.StatusOK)
			s.VerifyToken(t, session.Refresh).Want(t, http.StatusOK)
		}
	}
}

// events counts the security events with a reason, over all instances.
func events(instances []*kit.Service, event, reason string) (n int) {
	for _, s := range instances {
		for line := range strings.Lines(s.Log.String()) {
			if strings.Contains(line, `"event":"`+event+`"`) && strings.Contains(line, `"reason":"`+reason+`"`) {
				n++
			}
		}
	}
	return n
}

func TestSessions_goOn(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		instances := kit.StartAll(t, db, kit.Options{Set: rotating(), Clock: clock})
		one, other := instances[0], instances[len(instances)-1]
		first := one.SignIn(t, "ada@example.com")
		clock.Advance(time.Minute)
		second := next(t, other, first)
		require.Equal(t, first.ID, claim(t, second.Access, "sid"), "the session stays the same")
		require.Equal(t, claim(t, first.Access, "auth_time"), claim(t, second.Access, "auth_time"))
		require.NotEqual(t, claim(t, first.Access, "jti"), claim(t, second.Access, "jti"))
		require.Equal(t, 3600, second.Number("expires_in"))
		require.Equal(t, "Bearer", second.Text("token_type"))
		requireStands(t, instances, second)

		// Two tabs, or an answer that was lost: the same successor again, elsewhere too.
		for _, s := range instances {
			clock.Advance(time.Second)
			require.Equal(t, second.Refresh, s.Refresh(t, first.Refresh).Want(t, http.StatusOK).Text("refresh"))
		}
		third := next(t, one, second)
		require.NotEqual(t, second.Refresh, third.Refresh)
		accounts := other.Post(t, "/accounts/token/refresh/", kit.JSON{"refresh": third.Refresh}).Want(t, http.StatusOK)
		require.NotEmpty(t, accounts.Text("refresh"))
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM sessions"))
	})
}

// A client that presents a replaced token after the grace period, or an older one,
// may have stolen it. All that came of the sign-in ends, and the log says so
// once.
func TestSessions_reuse(t *testing.T) {
	t.Parallel()
	for name, show := range map[string]func(t *testing.T, clock *fake.Clock, first, second kit.Session) kit.Session{
		"the one before, after the grace": func(_ *testing.T, clock *fake.Clock, _, second kit.Session) kit.Session {
			clock.Advance(10 * time.Second)
			return second
		},
		"an older one, inside the grace": func(_ *testing.T, _ *fake.Clock, first,
			_ kit.Session,
		) kit.Session {
			return first
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
				clock := fake.NewClock()
				instances := kit.StartAll(t, db, kit.Options{Set: rotating(), Clock: clock})
				one, other := instances[0], instances[len(instances)-1]
				first, elsewhere, eve := one.SignIn(t, "ada@example.com"), one.SignIn(t, "ada@example.com"),
					one.SignIn(t, "eve@example.com")
				second := next(t, one, first)
				third := next(t, other, second)
				stolen := show(t, clock, first, second)
				require.Zero(t, events(instances, "token_refresh", "reused"))
				other.Refresh(t, stolen.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
				requireEnded(t, instances, first, second, third)
				requireStands(t, instances, elsewhere, eve)
				require.Eventually(t, func() bool { return events(instances, "token_refresh", "reused") > 0 }, 5*time.Second,
					time.Millisecond)
				require.Equal(t, 1, events(instances, "token_refresh", "reused"), "one event")
			})
		})
	}
}

// What ends on one instance has ended on the other, at the next call.
func TestSessions_logout(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		instances := kit.StartAll(t, db, kit.Options{Set: rotating()})
		one, other := instances[0], instances[len(instances)-1]
		var adas [4]kit.Session
		for i := range adas {
			adas[i] = one.SignIn(t, "ada@example.com")
		}
		eve := other.SignIn(t, "eve@example.com")

		one.LogOut(t, adas[0].Access, "").Want(t, http.StatusNoContent)
		requireEnded(t, instances, adas[0])
		requireStands(t, instances, adas[1], adas[2], adas[3])
		other.Post(t, kit.LogOutPath, kit.JSON{"refresh": adas[1].Refresh}).Want(t, http.StatusNoContent)
		requireEnded(t, instances, adas[1])
		other.Post(t, kit.LogOutPath, kit.JSON{"refresh": adas[2].Refresh}, kit.Bearer(eve.Access)).
			Refused(t, http.StatusUnauthorized, "token_not_valid")
		requireStands(t, instances, adas[2], adas[3], eve)

		fifth := other.SignIn(t, "ada@example.com")
		other.LogOut(t, adas[2].Access, "others").Want(t, http.StatusNoContent)
		requireEnded(t, instances, adas[3], fifth)
		requireStands(t, instances, adas[2])
		sixth := other.SignIn(t, "ada@example.com")
		one.LogOut(t, adas[2].Access, "global").Want(t, http.StatusNoContent)
		requireEnded(t, instances, adas[2], sixth)
		requireStands(t, instances, eve)
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM sessions"))
	})
}

func TestSessions_areTheirUsersOwn(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		instances := kit.StartAll(t, db, kit.Options{Set: rotating(), Clock: clock})
		one, other := instances[0], instances[len(instances)-1]
		const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
		one.Request(t, "+15551234567").Want(t, http.StatusOK)
		phone := one.Verify(t, "+15551234567", one.Code(t, "+15551234567"), kit.Header{Name: "User-Agent", Value: firefox},
			kit.From("203.0.113.9")).Session(t)
		clock.Advance(time.Hour)
		laptop := other.SignIn(t, "+15551234567")
		eve := other.SignIn(t, "eve@example.com")
		clock.Advance(time.Minute)
		phone = next(t, other, phone)
		listed := other.Sessions(t, phone.Access).Want(t, http.StatusOK).Member("results").([]any)
		require.Len(t, listed, 2)
		require.Equal(t, laptop.ID, listed[0].(kit.JSON)["id"])
		require.Equal(t, kit.JSON{
			"id": phone.ID, "current": true, "created_at": at.Format(time.RFC3339),
			"last_used_at": at.Add(time.Hour + time.Minute).Format(time.RFC3339),
			"channel":      "sms", "amr": []any{"otp", "sms"}, "user_agent": firefox, "device": "Firefox on Linux",
			"address": "203.0.113.9",
		}, listed[1])

		for _, id := range []string{eve.ID, strings.ToUpper(laptop.ID), "x", "00000000-0000-0000-0000-000000000000"} {
			one.EndSession(t, phone.Access, id).Refused(t, http.StatusNotFound, "not_found")
		}
		one.EndSession(t, phone.Access, laptop.ID).Want(t, http.StatusNoContent)
		requireEnded(t, instances, laptop)
		requireStands(t, instances, phone, eve)
		other.EndSession(t, phone.Access, phone.ID).Want(t, http.StatusNoContent)
		requireEnded(t, instances, phone)
		requireStands(t, instances, eve)
	})
}

func TestSessions_ofADisabledUser(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		instances := kit.StartAll(t, db, kit.Options{Set: rotating()})
		ada, eve := instances[0].SignIn(t, "ada@example.com"), instances[0].SignIn(t, "eve@example.com")
		requireStands(t, instances, ada)
		db.Exec(t, "UPDATE users SET is_active = $1 WHERE email = $2", false, "ada@example.com")
		requireEnded(t, instances, ada)
		requireStands(t, instances, eve)
	})
}

// However often a client refreshes, after 90 days the user signs in again, and no access
// token lives longer than that.
func TestSessions_absoluteLifetime(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		instances := kit.StartAll(t, db, kit.Options{Set: rotating("jwt.refresh_token_lifetime_days", "30"), Clock: clock})
		ada := instances[0].SignIn(t, "ada@example.com")
		for i := range 4 {
			clock.Set(at.Add(time.Duration(i+1) * 22 * day))
			ada = next(t, instances[i%len(instances)], ada)
			require.Equal(t, 3600, ada.Number("expires_in"))
		}
		clock.Set(at.Add(90*day - 10*time.Minute))
		ada = next(t, instances[0], ada)
		require.Equal(t, 600, ada.Number("expires_in"), "the access token must not outlive the session")
		require.EqualValues(t, at.Add(90*day).Unix(), claim(t, ada.Access, "exp"))
		clock.Set(at.Add(90*day - time.Second))
		requireStands(t, instances, ada)
		clock.Set(at.Add(90 * day))
		requireEnded(t, instances, ada)
		requireStands(t, instances, instances[0].SignIn(t, "ada@example.com"))
	})
}

// A session without a refresh ends with its refresh token.
func TestSessions_inactivity(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		s := kit.Start(t, db, kit.Options{Set: rotating("jwt.refresh_token_lifetime_days", "1"), Clock: clock})
		ada, eve := s.SignIn(t, "ada@example.com"), s.SignIn(t, "eve@example.com")
		for range 3 {
			clock.Advance(day - time.Second)
			ada = next(t, s, ada)
		}
		s.Refresh(t, eve.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
		clock.Advance(day)
		s.Refresh(t, ada.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
	})
}

// Without a blacklist, tokens that were replaced stay good until their end, and not
// longer.
func TestSessions_withoutBlacklist(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		set := rotating("jwt.blacklist_after_rotation", "false", "jwt.refresh_grace", "0",
			"jwt.refresh_token_lifetime_days", "1")
		instances := kit.StartAll(t, db, kit.Options{Set: set, Clock: clock})
		first := instances[0].SignIn(t, "ada@example.com")
		second := next(t, instances[0], first)
		clock.Advance(12 * time.Hour)
		third := next(t, instances[len(instances)-1], second)
		for _, s := range instances {
			for _, old := range []kit.Session{first, second, third} {
				require.NotEmpty(t, s.Refresh(t, old.Refresh).Want(t, http.StatusOK).Text("refresh"))
				s.VerifyToken(t, old.Refresh).Want(t, http.StatusOK)
			}
		}
		clock.Set(at.Add(day))
		instances[0].Refresh(t, first.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
		third = next(t, instances[0], third)
		requireStands(t, instances, third)
		instances[0].LogOut(t, third.Access, "").Want(t, http.StatusNoContent)
		requireEnded(t, instances, third)
	})
}

// Without rotation there is one refresh token, good until its end however often it
// is used.
func TestSessions_withoutRotation(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		set := rotating("jwt.rotate_refresh_tokens", "false", "jwt.refresh_token_lifetime_days", "1")
		instances := kit.StartAll(t, db, kit.Options{Set: set, Clock: clock})
		ada := instances[0].SignIn(t, "ada@example.com")
		for i := range 8 {
			clock.Set(at.Add(time.Duration(i)*3*time.Hour + time.Minute))
			got := instances[i%len(instances)].Refresh(t, ada.Refresh).Want(t, http.StatusOK)
			require.Nil(t, got.Member("refresh"))
			ada.Access = got.Text("access")
			requireStands(t, instances, ada)
		}
		clock.Set(at.Add(24 * time.Hour))
		instances[0].Refresh(t, ada.Refresh).Refused(t, http.StatusUnauthorized, "token_not_valid")
	})
}

// Only services introspect and revoke tokens of others.
func TestSessions_ofOtherServices(t *testing.T) {
	t.Parallel()
	const secret = "0123456789abcdef0123456789abcdef"
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		instances := kit.StartAll(t, db,
			kit.Options{Set: rotating("service.credentials", "billing:"+secret+",shipping:"+strings.ToUpper(secret))})
		one, other := instances[0], instances[len(instances)-1]
		ada, eve := one.SignIn(t, "ada@example.com"), one.SignIn(t, "eve@example.com")
		billing := kit.Basic("billing", secret)
		for token, use := range map[string]string{ada.Access: "access", ada.Refresh: "refresh"} {
			got := other.AskAs(t, billing, kit.IntrospectPath, token).Want(t, http.StatusOK)
			require.Equal(t, true, got.Member("active"))
			require.Equal(t, use, got.Text("token_use"))
			require.Equal(t, ada.UserUUID, got.Text("sub"))
			require.Equal(t, ada.ID, got.Text("sid"))
			require.Equal(t, ada.UserID, got.Number("user_id"))
			require.EqualValues(t, claim(t, token, "exp"), got.Member("exp"))
			require.Equal(t, claim(t, token, "jti"), got.Member("jti"))
		}
		for _, wrong := range []kit.Header{
			kit.Basic("billing", strings.ToUpper(secret)), kit.Basic("nobody", secret),
			kit.Bearer(ada.Access),
			{Name: "X-None", Value: ""},
		} {
			for _, path := range []string{kit.IntrospectPath, kit.RevokePath} {
				require.Equal(t, "invalid_client",
					one.AskAs(t, wrong, path, eve.Access).Want(t, http.StatusUnauthorized).Text("error"))
			}
		}
		requireStands(t, instances, ada, eve)
		other.AskAs(t, kit.Basic("shipping", strings.ToUpper(secret)), kit.RevokePath, ada.Refresh).Want(t, http.StatusOK)
		requireEnded(t, instances, ada)
		requireStands(t, instances, eve)
		for _, s := range instances {
			for _, token := range []string{ada.Access, ada.Refresh, "x"} {
				require.Equal(t, `{"active":false}`,
					string(s.AskAs(t, billing, kit.IntrospectPath, token).Want(t, http.StatusOK).Body))
				s.AskAs(t, billing, kit.RevokePath, token).Want(t, http.StatusOK)
			}
		}
	})
}

// claim is a claim of a token.
func claim(t *testing.T, token, name string) any {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	data, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(data, &claims))
	return claims[name]
}
