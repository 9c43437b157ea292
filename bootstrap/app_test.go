package bootstrap_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// databases are the URLs of new and empty databases, one a kind.
func databases(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"sqlite":           "sqlite://" + filepath.Join(t.TempDir(), "a b?c#d.db"),
		"sqlite in memory": "sqlite://:memory:",
		"postgres":         pgtest.Database(t),
	}
}

// journal takes what a service prints; it is safe for concurrent use.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// house is a service that runs in this process, its codes in an inbox.
type house struct {
	url         string
	codes       inbox
	out, log    *journal
	stop        func()     // tells it to stop
	stopped     chan error // what Run returned
	application *bootstrap.App
}

// open makes a service and runs it.
func open(t *testing.T, flags map[string]string) *house {
	t.Helper()
	h := prepare(t, flags)
	h.run(t)
	return h
}

func configure(t *testing.T, flags map[string]string) *bootstrap.Config {
	t.Helper()
	all := map[string]string{
		"environment": "testing", "http.addr": "127.0.0.1:0", "secret_key": goodKey,
		"http.drain": "0",
	}
	for key, value := range flags {
		all[key] = value
	}
	cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: all})
	require.NoError(t, err)
	return cfg
}

func prepare(t *testing.T, flags map[string]string) *house {
	t.Helper()
	h := &house{codes: make(inbox, 100), out: &journal{}, log: &journal{}, stopped: make(chan error, 1)}
	cfg := configure(t, flags)
	cfg.Stdout, cfg.Stderr = h.out, h.log
	ports, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(closePorts)
	ports.Channels = []port.ChannelSender{
		{Channel: domain.Channel{Name: domain.ChannelEmail, Kind: domain.KindEmail}, Provider: "inbox", Sender: h.codes},
	}
	h.application, err = bootstrap.NewApp(cfg, ports)
	require.NoError(t, err)
	return h
}

func (h *house) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	h.stop = cancel
	addr, err := h.application.Listen(ctx)
	require.NoError(t, err)
	h.url = "http://" + addr.String()
	go func() { h.stopped <- h.application.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		h.awaitStop(t)
	})
}

// awaitStop waits until Run has returned nil.
func (h *house) awaitStop(t *testing.T) {
	t.Helper()
	select {
	case err := <-h.stopped:
		require.NoError(t, err)
		h.stopped <- nil
	case <-time.After(15 * time.Second):
		t.Error("the service has not stopped within 15 s")
	}
}

func status(t *testing.T, url string) int {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		return 0
	}
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func TestApp_signsInOnEveryDatabase(t *testing.T) {
	t.Parallel()
	for name, url := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, map[string]string{"database.url": url})
			require.Equal(t, http.StatusOK, status(t, h.url+"/readyz"))
			asked := call(http.MethodPost, h.url+"/api/auth/otp/request/", "", map[string]any{"identifier": "ada@example.com"})
			require.Equal(t, true, asked["success"], asked)
			verified := call(http.MethodPost, h.url+"/api/auth/otp/verify/", "", map[string]any{
				"identifier": "ada@example.com", "otp_code": (<-h.codes).Code.Reveal(),
			})
			require.Equal(t, true, verified["is_new_user"], verified)
			access := verified["tokens"].(map[string]any)["access"].(string)
			require.Equal(t, "ada@example.com", call(http.MethodGet, h.url+"/api/profile/", access, nil)["email"])

			h.stop()
			h.awaitStop(t)
			require.Zero(t, status(t, h.url+"/healthz"), "it still answers")
		})
	}
}

// Not parallel: goroutines of other tests would be taken for the app's.
func TestApp_leavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	cfg := configure(t, map[string]string{"database.url": "sqlite://" + filepath.Join(t.TempDir(), "a.db")})
	cfg.Stdout, cfg.Stderr = io.Discard, io.Discard
	ports, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
	require.NoError(t, err)
	app, err := bootstrap.NewApp(cfg, ports)
	require.NoError(t, err)
	addr, err := app.Listen(t.Context())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- app.Run(ctx) }()
	require.Equal(t, http.StatusOK, status(t, "http://"+addr.String()+"/readyz"))
	cancel()
	require.NoError(t, <-stopped)
	closePorts()
	http.DefaultClient.CloseIdleConnections()
	goleak.VerifyNone(t, before)
}

func TestApp_saysWhatItUses(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"database.url": "sqlite://:memory:"})
	require.Eventually(t, func() bool { return strings.Contains(h.out.String(), "curl") }, 5*time.Second, time.Millisecond)
	for _, want := range []string{h.url, "testing", "sqlite://:memory:", "email (inbox)", h.url + "/docs", "curl " +
		h.url + "/api/auth/otp/request/"} {
		require.Contains(t, h.out.String(), want)
	}
	require.NotContains(t, h.out.String(), "ratelimit.identifier_requests", "in development only")

	h = open(t, map[string]string{"database.url": "sqlite://:memory:", "log.format": "json"})
	require.Eventually(t, func() bool { return strings.Contains(h.log.String(), `"msg":"listening"`) }, 5*time.Second,
		time.Millisecond)
	require.Empty(t, h.out.String())
}

func TestApp_twoInstancesStartAtOnceOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	const instances = 4
	houses := make([]*house, instances)
	var starting sync.WaitGroup
	for i := range instances {
		starting.Go(func() { houses[i] = prepare(t, map[string]string{"database.url": url}) })
	}
	starting.Wait()
	for _, h := range houses {
		require.NotNil(t, h)
		h.run(t)
		require.Equal(t, http.StatusOK, status(t, h.url+"/readyz"))
	}
	asked := call(http.MethodPost, houses[0].url+"/api/auth/otp/request/", "",
		map[string]any{"identifier": "ada@example.com"})
	verified := call(http.MethodPost, houses[1].url+"/api/auth/otp/verify/", "", map[string]any{
		"challenge_id": asked["challenge_id"], "otp_code": (<-houses[0].codes).Code.Reveal(),
	})
	require.Equal(t, true, verified["success"], verified)
}

func TestApp_removesWhatHasExpired(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{
		"database.url": "sqlite://:memory:", "otp.expiration": "1s", "ratelimit.identifier_window": "1s",
		"upkeep.interval": "1s",
		"log.level":       "debug",
	})
	asked := call(http.MethodPost, h.url+"/api/auth/otp/request/", "", map[string]any{"identifier": "ada@example.com"})
	require.Equal(t, true, asked["success"], asked)
	require.Eventually(t, func() bool { return strings.Contains(h.log.String(), "msg=purged secrets=1") },
		40*time.Second, 10*time.Millisecond)
}

func TestApp_tellsWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"database.url": "sqlite://:memory:"})
	other := prepare(t, map[string]string{"database.url": "sqlite://:memory:", "http.addr": strings.TrimPrefix(h.url,
		"http://")})
	require.ErrorContains(t, other.application.Run(t.Context()), "set DOORCODE_HTTP_ADDR")
}

// slow is a sender that waits until it is told to go on.
type slow struct {
	inbox
	begun, goOn chan struct{}
}

func (s slow) Send(ctx context.Context, m port.CodeMessage) port.SendOutcome {
	close(s.begun)
	<-s.goOn
	return s.inbox.Send(ctx, m)
}

func TestApp_stopsInOrder(t *testing.T) {
	t.Parallel()
	url := "sqlite://" + filepath.Join(t.TempDir(), "doorcode.db")
	cfg := configure(t, map[string]string{"database.url": url, "http.drain": "1s"})
	ports, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(closePorts)
	sender := slow{make(inbox, 1), make(chan struct{}), make(chan struct{})}
	ports.Channels = []port.ChannelSender{
		{Channel: domain.Channel{Name: domain.ChannelEmail, Kind: domain.KindEmail}, Provider: "slow", Sender: sender},
	}
	h := &house{out: &journal{}, log: &journal{}, stopped: make(chan error, 1)}
	cfg.Stdout, cfg.Stderr = h.out, h.log
	h.application, err = bootstrap.NewApp(cfg, ports)
	require.NoError(t, err)
	h.run(t)
	require.Equal(t, http.StatusOK, status(t, h.url+"/readyz"))

	answer := make(chan map[string]any, 1)
	go func() {
		answer <- call(http.MethodPost, h.url+"/api/auth/otp/request/", "", map[string]any{"identifier": "ada@example.com"})
	}()
	<-sender.begun
	h.stop()
	// While a load balancer watches readiness, it says no and everything else goes on.
	require.Eventually(t, func() bool { return status(t, h.url+"/readyz") == http.StatusServiceUnavailable },
		5*time.Second, time.Millisecond)
	require.Equal(t, http.StatusOK, status(t, h.url+"/healthz"))
	// Then nothing new gets in, and what is under way comes to its end.
	require.Eventually(t, func() bool { return status(t, h.url+"/healthz") == 0 }, 5*time.Second, 10*time.Millisecond)
	require.Empty(t, answer)
	close(sender.goOn)
	asked := <-answer
	require.Equal(t, true, asked["success"], asked)
	h.awaitStop(t)
	deliveries, err := ports.Deliveries.OfChallenge(t.Context(), domain.ChallengeID(asked["challenge_id"].(string)))
	require.NoError(t, err)
	require.Len(t, deliveries, 1)
	require.Equal(t, domain.DeliverySent, deliveries[0].Status, "the outcome was not written before the end")
}

// Requests for liveness do not delay the shutdown: readiness is
// what others look at before they send requests.
func TestApp_drainsForThoseWhoAskForReadiness(t *testing.T) {
	t.Parallel()
	for path, drain := range map[string]string{"/healthz": "0s", "/docs": "0s", "/readyz": "1s", "/readyz/": "1s"} {
		h := open(t, map[string]string{"database.url": "sqlite://:memory:", "http.drain": "1s"})
		require.Equal(t, http.StatusOK, status(t, h.url+path))
		h.stop()
		h.awaitStop(t)
		lines := strings.Split(strings.TrimSpace(h.log.String()), "\n")
		require.Contains(t, h.log.String(), "msg=stopping drain="+drain+` hint="a second signal ends it at once"`, path)
		require.Contains(t, lines[len(lines)-1], "msg=stopped", path)
	}
	h := open(t, map[string]string{"database.url": "sqlite://:memory:", "log.format": "json", "http.drain": "1s"})
	require.Equal(t, http.StatusOK, status(t, h.url+"/readyz"))
	h.stop()
	h.awaitStop(t)
	require.Contains(t, h.log.String(), `"drain":"1s"`)
}

func TestNewPorts_touchesNoDatabaseWithMistakes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "doorcode.db")
	cfg := configure(t, map[string]string{"database.url": "sqlite://" + path, "sms.providers": "nobody"})
	_, _, err := bootstrap.NewPorts(t.Context(), cfg)
	require.Equal(t,
		[]string{`sms.providers: names a provider that there is not: "nobody" (flag): name one of ` + shippedFor("sms")},
		mistakesIn(t, err))
	require.NoFileExists(t, path)
}
