package exchange

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// A route is checked for the clock and for an access token unless it says otherwise, in
// this order.
func TestMiddleware_checks(t *testing.T) {
	t.Parallel()
	ada := domain.Actor{UserUUID: "ada", SessionID: "session"}
	for _, test := range []struct {
		name             string
		route            Route
		clock            error
		token            string
		status           int
		body, authHeader string
	}{
		{"nothing said, no token", Route{}, nil, "", 401, `"code":"not_authenticated"`, "Bearer"},
		{"nothing said, a token", Route{}, nil, "user", 200, `"ada"`, ""},
		{"nothing said, a wrong clock", Route{}, domain.ErrUnavailable, "", 503, `"code":"unavailable"`, ""},
		{"staff, a user's token", Route{Access: Staff}, nil, "user", 403, `"code":"permission_denied"`, ""},
		{"staff, a staff token", Route{Access: Staff}, nil, "staff", 200, `"ada"`, ""},
		{"staff, no token", Route{Access: Staff}, nil, "", 401, `"code":"not_authenticated"`, "Bearer"},
		{"public", Route{Access: Public}, nil, "", 200, `""`, ""},
		{"public, a wrong clock", Route{Access: Public}, domain.ErrUnavailable, "", 503, `"code":"unavailable"`, ""},
		{"any clock", Route{Access: Public, AnyClock: true}, domain.ErrUnavailable, "", 200, `""`, ""},
		{
			"a service, a wrong clock",
			Route{Access: Service},
			domain.ErrUnavailable, "", 503,
			`"error":"temporarily_unavailable"`, "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, err := New(Config{
				PublicOrigin: "https://id.example.com",
				Credential:   Credential{Header: "Authorization", Schemes: []string{"Bearer"}},
				Clock:        fake.NewClock(), Random: &fake.Random{}, Logger: slog.New(slog.DiscardHandler),
				CheckClock: func() error { return test.clock },
				Authenticate: func(_ context.Context, token string) (domain.Actor, error) {
					if token == "" {
						return domain.Actor{}, domain.ErrNotAuthenticated
					}
					return ada, nil
				},
				RequireStaff: func(_ context.Context, actor domain.Actor) error {
					if require.Equal(t, ada, actor); test.token != "staff" {
						return domain.ErrPermissionDenied
					}
					return nil
				},
			})
			require.NoError(t, err)
			test.route.Handle = func(c *gin.Context) error { return Answer(c, Of(c).Actor.UserUUID) }
			w := httptest.NewRecorder()
			c, _ := gin.CreateTestContext(w)
			c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			if test.token != "" {
				c.Request.Header.Set("Authorization", "Bearer "+test.token)
			}
			m.Wrap(test.route)(c)
			require.Equal(t, test.status, w.Code)
			require.Contains(t, w.Body.String(), test.body)
			require.Equal(t, test.authHeader, w.Header().Get("WWW-Authenticate"))
		})
	}
}

// A panic with an error of the runtime shows its text, and any other value its type.
func TestGuarded(t *testing.T) {
	t.Parallel()
	var none []int
	require.ErrorContains(t, Guarded(func() error { return errors.New(string(rune(none[0]))) }),
		"panic: runtime error: index out of range")
	require.EqualError(t, Guarded(func() error { panic("123456") }), "panic: string")
	require.NoError(t, Guarded(func() error { return nil }))
}
