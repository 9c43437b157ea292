package kit

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/phonenumbers"
	"github.com/doorcode-auth/doorcode/bootstrap"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// SecretKey is the key of every service, unless a test sets another.
const SecretKey = "the secret key of tests, 32 bytes or more"

// stopTimeout is how long a service may take to stop.
const stopTimeout = 15 * time.Second

// Options say how a Service differs from the usual one: the limits per client
// address are off, and 127.0.0.1 is a trusted proxy (From).
type Options struct {
	// Set are keys of the configuration. Defaults to none.
	Set map[string]string
	// Inbox takes the messages of every channel. Defaults to a new one.
	Inbox *fake.Inbox
	// Clock is the time of the whole service. Defaults to that of the machine.
	Clock *fake.Clock
	// Swap changes fields of the plug board, last of all. Defaults to nothing.
	Swap func(*bootstrap.Ports)
}

// Service is the whole service, in this process.
type Service struct {
	Client
	Database Database
	Inbox    *fake.Inbox
	Ports    bootstrap.Ports
	Out, Log *Journal // what it prints for people, and its log: all of it, as JSON

	cancel  context.CancelFunc
	stopped chan error
	once    sync.Once
	close   func()
}

// Start runs a service until the test ends or Stop is called.
func Start(t testing.TB, db Database, o Options) *Service {
	t.Helper()
	s := &Service{Database: db, Inbox: o.Inbox, Out: &Journal{}, Log: &Journal{}, stopped: make(chan error, 1)}
	if s.Inbox == nil {
		s.Inbox = fake.NewInbox()
	}
	cfg := configure(t, db, o.Set)
	cfg.Stdout, cfg.Stderr = s.Out, s.Log
	ports, closePorts, err := bootstrap.NewPorts(t.Context(), cfg)
	require.NoError(t, err)
	s.close = closePorts
	ports.Channels = s.Inbox.Channels()
	if o.Clock != nil {
		ports.Clock = o.Clock
	}
	if o.Swap != nil {
		o.Swap(&ports)
	}
	s.Ports = ports
	app, err := bootstrap.NewApp(cfg, ports)
	require.NoError(t, err)
	s.run(t, app)
	return s
}

// StartAll runs as many instances on a database as it allows, with one inbox.
func StartAll(t testing.TB, db Database, o Options) []*Service {
	t.Helper()
	if o.Inbox == nil {
		o.Inbox = fake.NewInbox()
	}
	all := make([]*Service, db.Instances())
	for i := range all {
		all[i] = Start(t, db, o)
	}
	return all
}

// Stop stops the service in order, and waits until it has ended.
func (s *Service) Stop(t testing.TB) {
	t.Helper()
	s.once.Do(func() {
		s.cancel()
		select {
		case err := <-s.stopped:
			require.NoError(t, err, s.Log)
		case <-time.After(stopTimeout):
			t.Errorf("the service has not stopped within %s:\n%s", stopTimeout, s.Log)
		}
		s.transport.CloseIdleConnections()
		s.close()
		require.NotContains(t, s.Log.String(), `"stack":`, "the service has panicked")
	})
}

func (s *Service) run(t testing.TB, app *bootstrap.App) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	addr, err := app.Listen(ctx)
	require.NoError(t, err)
	s.Client = newClient(t, "http://"+addr.String())
	go func() { s.stopped <- app.Run(ctx) }()
	t.Cleanup(func() {
		s.Stop(t)
		if t.Failed() {
			t.Logf("the end of the service's log:\n%s", tail(s.Log.String()))
		}
	})
}

// tail is the end of a text, for the report of a failed test.
func tail(text string) string {
	const most = 8 << 10
	return text[max(0, len(text)-most):]
}

func configure(t testing.TB, db Database, set map[string]string) *bootstrap.Config {
	t.Helper()
	flags := map[string]string{
		"environment": "testing", "http.addr": "127.0.0.1:0", "http.drain": "0", "http.trusted_proxies": "127.0.0.1",
		"database.url": db.URL, "secret_key": SecretKey, "log.level": "debug", "log.format": "json",
		"ratelimit.ip_request": "0", "ratelimit.ip_verify": "0",
	}
	maps.Copy(flags, set)
	cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: flags})
	require.NoError(t, err)
	return cfg
}

// Code waits for a message to an identifier, in any spelling, and gives its code.
func (s *Service) Code(t testing.TB, identifier string) string {
	t.Helper()
	return s.Inbox.Code(t, canonical(t, identifier))
}

// SignIn signs a user in, as a client does: ask, read the message, give the
// code back.
func (s *Service) SignIn(t testing.TB, identifier string) Session {
	t.Helper()
	s.Request(t, identifier).Want(t, http.StatusOK)
	return s.Verify(t, identifier, s.Code(t, identifier)).Session(t)
}

func canonical(t testing.TB, identifier string) string {
	t.Helper()
	i, err := domain.ParseIdentifier(strings.TrimSpace(identifier))
	require.NoError(t, err, identifier)
	return (&phonenumbers.Policy{}).Canonical(i).Value()
}
