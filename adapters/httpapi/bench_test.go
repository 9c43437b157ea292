package httpapi_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/application/profile"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// What HTTP itself costs, on top of stores that cost nothing:
//
//	go test -tags nomsgpack -run '^$' -bench . ./adapters/httpapi
func BenchmarkAPI(b *testing.B) {
	s := instant{
		store:  newStore(fake.NewClock()),
		secret: domain.OTPSecret{ChallengeID: "id", Digits: 6, MaxAttempts: 3, ExpiresAt: fake.Noon.AddDate(1, 0, 0)},
	}
	var err error
	s.secret.Recipient, err = domain.ParseEmail(ada)
	require.NoError(b, err)
	s.secret.Purpose = domain.PurposeSignIn
	keys, err := domain.NewKeyRing([]byte(strings.Repeat("k", domain.MinSecretKeyBytes)), nil)
	require.NoError(b, err)
	s.secret.Epoch = keys.Current()
	code, _ := keys.Code(s.secret)

	clock := fake.NewClock()
	w := &world{clock: clock, limiter: &limiter{}, sender: &sender{}}
	app := newApplication(b, w, auth.Config{Digits: 6})
	app.VerifyOTP = auth.NewVerifyOTP(auth.Ports{
		OTPSecrets: s, SignIns: s, PhoneNumbers: allPhones{}, AddressLimiter: fake.AddressLimiter{},
		AccessTokens: tokens{}, RefreshTokens: tokens{},
		Clock: clock, Random: &fake.Random{},
	}, keys, nil, auth.Config{})
	app.ShowProfile = profile.NewShowProfile(s)
	api, err := httpapi.New(app, httpapi.Config{PublicURL: "https://id.example.com", Random: &fake.Random{}}, clock,
		slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.NoError(b, err)

	for _, bench := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"healthz", http.MethodGet, "/healthz", "", 200},
		{"who am I", http.MethodGet, "/api/profile/", "", 200},
		{
			"verify a right code", http.MethodPost, "/api/auth/otp/verify/",
			`{"identifier":"ada@example.com","otp_code":"` + code.Reveal() + `"}`, 200,
		},
		{
			"verify a wrong code", http.MethodPost, "/api/auth/otp/verify/",
			`{"identifier":"ada@example.com","otp_code":"` + wrong(code.Reveal()) + `"}`, 400,
		},
		{"refuse a body", http.MethodPost, "/api/auth/otp/request/", `{"identifier":["ada@example.com"],"channel":1}`, 400},
	} {
		b.Run(bench.name, func(b *testing.B) {
			template := httptest.NewRequestWithContext(b.Context(), bench.method, bench.path, nil)
			template.Header["Content-Type"] = []string{"application/json"}
			template.Header["Authorization"] = []string{"Bearer access.user.session"}
			b.ReportAllocs()
			for b.Loop() {
				req, out := *template, sink{header: http.Header{}}
				req.Body, req.ContentLength = io.NopCloser(strings.NewReader(bench.body)), int64(len(bench.body))
				api.ServeHTTP(&out, &req)
				if out.status != bench.status {
					b.Fatalf("got status %d, want %d", out.status, bench.status)
				}
			}
		})
	}
}

// sink takes an answer and forgets all but its status.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header { return s.header }

func (s *sink) WriteHeader(status int) { s.status = status }

func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// instant is a store of one secret that never changes.
type instant struct {
	*store
	secret domain.OTPSecret
}

func (s instant) Find(context.Context, port.OTPQuery) (domain.OTPSecret, bool, error) {
	return s.secret, true, nil
}

func (s instant) CountWrong(context.Context, domain.ChallengeID, time.Time) (int, bool, error) {
	return 2, true, nil
}

func (s instant) Complete(_ context.Context, in port.SignIn) (port.SignInResult, error) {
	return port.SignInResult{Consumed: true, User: domain.User{ID: 1, UUID: in.NewUser.UUID, Email: ada, IsActive: true}},
		nil
}

func (s instant) WhoAmI(_ context.Context, actor domain.Actor) (domain.User, bool, error) {
	return domain.User{ID: 1, UUID: actor.UserUUID, Email: ada, IsActive: true, LastLogin: fake.Noon}, true, nil
}
