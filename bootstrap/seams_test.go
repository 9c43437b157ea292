package bootstrap_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// embedded is the app of a configuration over ports that a test swaps, in a server that
// is not its own.
type embedded struct {
	*bootstrap.App
	url   string
	codes inbox
	ports bootstrap.Ports
}

func embed(t *testing.T, flags map[string]string, swap func(*bootstrap.Ports)) *embedded {
	t.Helper()
	cfg := configure(t, flags)
	cfg.Stdout, cfg.Stderr = &journal{}, &journal{}
	ports, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(closePorts)
	e := &embedded{codes: make(inbox, 100)}
	ports.Channels = e.codes.channels()
	swap(&ports)
	e.ports = ports
	e.App, err = bootstrap.NewApp(cfg, ports)
	require.NoError(t, err)
	server := httptest.NewServer(e.Handler())
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

// runs runs the background until stop is called, which waits for its end.
func (e *embedded) runs(t *testing.T) (stop func()) {
	t.Helper()
	ctx, end := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- e.Background(ctx) }()
	stop = func() {
		end()
		select {
		case err := <-stopped:
			require.NoError(t, err)
			stopped <- nil
		case <-time.After(15 * time.Second):
			t.Error("the background has not stopped within 15 s")
		}
	}
	t.Cleanup(stop)
	return stop
}

// A clock that is swapped after NewPorts is that of the tokens, of the address limiter
// and of the readiness, which NewPorts made.
func TestPorts_clockReachesEverything(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := fake.NewClock()
			e := embed(t, map[string]string{"database.url": database, "ratelimit.ip_verify": "5/min"},
				func(ports *bootstrap.Ports) {
					ports.Clock = clock
				})
			e.runs(t)
			session := signIn(e.url, e.codes, "ada@example.com")
			require.Equal(t, true, session["success"], session)
			profile := func() any {
				return call(http.MethodGet, e.url+"/api/profile/", access(session), nil)["code"]
			}
			require.Nil(t, profile(), "the token is from the clock that reads it")
			require.Equal(t, http.StatusOK, status(t, e.url+"/readyz"), "the swapped clock counts, not the database's")
			clock.Advance(time.Hour + time.Second)
			require.Equal(t, "token_not_valid", profile())

			limited := func() bool {
				body := map[string]any{"identifier": "ada@example.com", "otp_code": "000000"}
				return call(http.MethodPost, e.url+"/api/auth/otp/verify/", "", body)["limit"] == "ip_verify"
			}
			for guesses := 0; !limited(); guesses++ {
				require.Less(t, guesses, 20, "nothing is limited")
			}
			clock.Advance(time.Minute)
			require.False(t, limited(), "the limiter has another clock")
		})
	}
}

// sameUUID is a port.Random whose UUIDs are all the same.
type sameUUID struct{ port.Random }

const theUUID = "01890a5d-ac96-774b-bcce-b302099a8057"

func (sameUUID) UUID(time.Time) string { return theUUID }

func TestPorts_randomReachesTokens(t *testing.T) {
	t.Parallel()
	e := embed(t, map[string]string{"database.url": "sqlite://:memory:"}, func(ports *bootstrap.Ports) {
		ports.Random = sameUUID{ports.Random}
	})
	now := e.ports.Clock.Now()
	token, err := e.ports.AccessTokens.SignAccess(domain.AccessClaims{
		UserID: 1, UserUUID: theUUID, SessionID: theUUID, AMR: []string{"otp"}, AuthTime: now, IssuedAt: now,
		ExpiresAt: now.Add(time.Hour),
	})
	require.NoError(t, err)
	claims, err := e.ports.AccessTokens.ParseAccess(token)
	require.NoError(t, err)
	require.Equal(t, theUUID, claims.ID)
}

// Without a socket of its own the app stores outcomes, and flushes them at its end.
func TestApp_background(t *testing.T) {
	t.Parallel()
	e := embed(t, map[string]string{"database.url": "sqlite://" + filepath.Join(t.TempDir(), "a.db")},
		func(*bootstrap.Ports) {})
	request := func(address string) string {
		asked := call(http.MethodPost, e.url+"/api/auth/otp/request/", "", map[string]any{"identifier": address})
		require.Equal(t, true, asked["success"], asked)
		return e.url + "/api/auth/otp/" + asked["challenge_id"].(string) + "/status"
	}
	stop := e.runs(t)
	shown := request("ada@example.com")
	require.Eventually(t, func() bool { return call(http.MethodGet, shown, "", nil)["status"] == "sent" }, 5*time.Second,
		5*time.Millisecond)

	over, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, e.Background(over), "the app runs already")
	require.ErrorContains(t, e.Run(over), "the app runs already")

	shown = request("bob@example.com")
	stop()
	require.Equal(t, "sent", call(http.MethodGet, shown, "", nil)["status"], "the outcome was not flushed")
	require.Equal(t, http.StatusServiceUnavailable, status(t, e.url+"/readyz"))
}

// A message in flight is waited for, and its outcome stored.
func TestApp_backgroundWaitsForMessages(t *testing.T) {
	t.Parallel()
	sender := slow{make(inbox, 1), make(chan struct{}), make(chan struct{})}
	e := embed(t, map[string]string{"database.url": "sqlite://:memory:", "send.wait": "10ms"},
		func(ports *bootstrap.Ports) {
			ports.Channels[0].Sender = sender
		})
	stop := e.runs(t)
	asked := call(http.MethodPost, e.url+"/api/auth/otp/request/", "", map[string]any{"identifier": "ada@example.com"})
	require.Equal(t, true, asked["success"], asked)
	<-sender.begun
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop()
	}()
	require.Eventually(t, func() bool { return status(t, e.url+"/readyz") == http.StatusServiceUnavailable },
		5*time.Second, time.Millisecond)
	close(sender.goOn)
	<-stopped
	deliveries, err := e.ports.Deliveries.OfChallenge(t.Context(), domain.ChallengeID(asked["challenge_id"].(string)))
	require.NoError(t, err)
	require.Len(t, deliveries, 1)
	require.Equal(t, domain.DeliverySent, deliveries[0].Status)
}

func TestApp_wrap(t *testing.T) {
	t.Parallel()
	h := prepare(t, map[string]string{"database.url": "sqlite://:memory:"})
	h.application.Wrap = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hello" {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
	h.run(t)
	require.Equal(t, http.StatusTeapot, status(t, h.url+"/hello"))
	require.Equal(t, http.StatusOK, status(t, h.url+"/healthz"))
}

// A sender of every channel serves those of the product, and those of the others.
func TestPorts_anyChannel(t *testing.T) {
	t.Parallel()
	e := embed(t, map[string]string{"database.url": "sqlite://:memory:"}, func(ports *bootstrap.Ports) {
		ports.Channels = append(ports.Channels, port.ChannelSender{
			Channel: domain.Channel{Name: "pigeon", Kind: domain.KindPhone}, Provider: "acme", Sender: noSender{},
		})
	})
	for channel, address := range map[string]string{
		"email": "ada@example.com", "sms": "+12025550123", "whatsapp": "+12025550124", "voice": "+12025550125",
		"pigeon": "+12025550126",
	} {
		asked := call(http.MethodPost, e.url+"/api/auth/otp/request/", "", map[string]any{
			"identifier": address,
			"channel":    channel,
		})
		require.Equal(t, channel, asked["channel"], asked)
		require.Equal(t, domain.ChannelName(channel), (<-e.codes).Channel)
	}
}

// Only one process serves from an SQLite file, however its service was made.
func TestNewPorts_holdsItsFile(t *testing.T) {
	t.Parallel()
	flags := map[string]string{"database.url": "sqlite://" + filepath.Join(t.TempDir(), "a.db")}
	_, closePorts, err := bootstrap.NewPorts(t.Context(), configure(t, flags))
	require.NoError(t, err)
	_, _, err = bootstrap.NewPorts(t.Context(), configure(t, flags))
	require.ErrorContains(t, err, "another process serves from")
	require.ErrorContains(t, err, "stop it, or set DOORCODE_DATABASE_URL")
	closePorts()
	_, closePorts, err = bootstrap.NewPorts(t.Context(), configure(t, flags))
	require.NoError(t, err, "the file is still held")
	closePorts()
}

// What docs/embedding.md shows is what the examples run.
func TestEmbedding_page(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "embedding.md"))
	require.NoError(t, err)
	var source strings.Builder
	for _, name := range []string{"example_test.go", "../test/acceptance/testdata/embedding/main.go"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		source.WriteString(strings.ReplaceAll(string(text), "\n\t", "\n"))
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.GreaterOrEqual(t, len(blocks), 4)
	for _, block := range blocks {
		require.Contains(t, source.String(), strings.ReplaceAll("\n"+block[1], "\n\t", "\n"))
	}
}
