package httpapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/application/profile"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/application/upkeep"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/acceptance"
	"github.com/doorcode-auth/doorcode/test/fake"
)

// world is the API with real use cases over stand-ins, behind a real server. Every
// exchange with it is held against openapi.yaml.
type world struct {
	t        testing.TB
	clock    *fake.Clock
	store    *store
	counts   *analyticsStore
	messages *deliveryStore
	reader   *reader
	limiter  *limiter
	database *database
	sender   *sender
	logs     *logBook
	api      *httpapi.API
	server   *httptest.Server
	client   *http.Client
}

// settings are what a test may want otherwise.
type settings struct {
	config   httpapi.Config
	otp      auth.Config
	sessions domain.SessionPolicy
}

func setup(t testing.TB, changes ...func(*settings)) *world {
	t.Helper()
	s := settings{
		config: httpapi.Config{
			PublicURL: "https://id.example.com", PlaceholderHost: "id.example.com", Random: &fake.Random{}, Services: true,
			Webhooks: []string{"sendgrid", "twilio"},
			Issuer:   "https://id.example.com", Audience: "https://api.example.com",
		},
		otp: auth.Config{
			Digits: 6, Lifetime: 5 * time.Minute, MaxAttempts: 3, Limit: port.SendLimit{Sends: 3, Window: time.Hour},
			PlaceholderHost: "id.example.com", Sources: domain.SourceRules{}.WithOwnHosts("id.example.com"),
		},
	}
	s.sessions = domain.SessionPolicy{
		AccessLifetime: time.Hour, RefreshLifetime: 24 * time.Hour, AbsoluteLifetime: 90 * 24 * time.Hour,
		Grace: 10 * time.Second, Rotates: true,
	}
	for _, change := range changes {
		change(&s)
	}
	s.otp.Sessions = s.sessions
	w := &world{
		t: t, clock: fake.NewClock(), limiter: &limiter{}, database: &database{}, sender: &sender{},
		logs: &logBook{},
	}
	w.messages, w.reader, w.counts = &deliveryStore{}, &reader{}, &analyticsStore{}
	w.store = newStore(w.clock)
	w.database.clock = w.clock
	api, err := httpapi.New(newApplication(t, w, s.otp), s.config, w.clock, slog.New(slog.NewJSONHandler(w.logs, nil)))
	require.NoError(t, err)
	w.api = api
	w.server = httptest.NewUnstartedServer(nil)
	w.server.Config = api.Server("")
	w.server.Start()
	t.Cleanup(w.server.Close)
	w.client = &http.Client{Transport: acceptance.OpenAPI(t).Transport(t, w.server.Client().Transport)}
	return w
}

func newApplication(t testing.TB, w *world, cfg auth.Config) *application.Application {
	t.Helper()
	keys, err := domain.NewKeyRing(bytes.Repeat([]byte("k"), domain.MinSecretKeyBytes), nil)
	require.NoError(t, err)
	random := &fake.Random{}
	senders := []port.ChannelSender{
		{Channel: domain.Channel{Name: domain.ChannelEmail, Kind: domain.KindEmail}, Provider: "mail", Sender: w.sender},
		{Channel: domain.Channel{Name: domain.ChannelSMS, Kind: domain.KindPhone}, Provider: "texts", Sender: w.sender},
		{Channel: domain.Channel{Name: domain.ChannelWhatsApp, Kind: domain.KindPhone}, Provider: "texts", Sender: w.sender},
	}
	routes := delivery.NewRoutes(senders, []domain.ChannelName{domain.ChannelSMS})
	outcomes := delivery.NewOutcomeLog(nil, func(error) {})
	dispatcher := delivery.NewDispatcher(routes, messages{}, w.clock, random, outcomes,
		delivery.Config{Wait: 5 * time.Second, Total: 20 * time.Second})
	sessions, policy := sessionStore{w.store}, cfg.Sessions
	ports := auth.Ports{
		OTPSecrets: w.store, SignIns: w.store, Sessions: sessions, PhoneNumbers: allPhones{}, AddressLimiter: w.limiter,
		AccessTokens: tokens{}, RefreshTokens: tokens{}, Clock: w.clock, Random: random,
	}
	verify := auth.NewVerifyToken(ports, policy)
	services := auth.NewServices(map[string]string{"billing": serviceSecret})
	return &application.Application{
		RequestOTP:      auth.NewRequestOTP(ports, keys, routes, dispatcher, nil, cfg),
		VerifyOTP:       auth.NewVerifyOTP(ports, keys, nil, cfg),
		ReadToken:       auth.NewReadToken(tokens{}),
		ShowKeys:        auth.NewShowKeys(tokens{}),
		ShowProfile:     profile.NewShowProfile(w.store),
		ChangeProfile:   profile.NewChangeProfile(w.store),
		RefreshSession:  auth.NewRefreshSession(ports, nil, policy),
		VerifyToken:     verify,
		LogOut:          auth.NewLogOut(ports, policy),
		ListSessions:    auth.NewListSessions(sessions, w.clock, policy),
		EndSession:      auth.NewEndSession(sessions),
		IntrospectToken: auth.NewIntrospectToken(services, verify),
		RevokeToken:     auth.NewRevokeToken(services, ports),
		ReceiveReports:  delivery.NewReceiveReports(w.readers(), w.messages, w.clock),
		ShowDelivery: delivery.NewShowDelivery(w.messages, w.readers(), w.clock,
			delivery.ShowConfig{Total: 20 * time.Second, Lifetime: cfg.Lifetime}),
		CheckReadiness: upkeep.NewCheckReadiness(w.database, w.clock),

		RequireStaff:       auth.NewRequireStaff(w.store),
		ListSources:        sources.NewListSources(w.store),
		CountUsers:         sources.NewCountUsers(w.counts),
		CountRegistrations: sources.NewCountRegistrations(w.counts, w.clock),
		ShowFunnel:         sources.NewShowFunnel(w.counts),
	}
}

// answered is an answer that has been read.
type answered struct {
	Status int
	Header http.Header
	Body   string
	Closed bool // the connection, after it
}

// member is a member of a JSON answer, by its path: "user.email". It is nil when
// absent.
func (a answered) member(path string) any {
	var value any
	_ = json.Unmarshal([]byte(a.Body), &value)
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// pointers are the pointers of an invalid request.
func (a answered) pointers() (pointers []string) {
	for _, e := range a.errors() {
		pointers = append(pointers, e.Pointer)
	}
	return pointers
}

// cures are what an invalid request says to do, pointer by pointer.
func (a answered) cures() (cures []string) {
	for _, e := range a.errors() {
		cures = append(cures, e.Detail)
	}
	return cures
}

func (a answered) errors() []struct{ Pointer, Detail string } {
	var p struct {
		Errors []struct{ Pointer, Detail string }
	}
	_ = json.Unmarshal([]byte(a.Body), &p)
	return p.Errors
}

// do sends a request with a JSON body, unless header lines ("Name: value") say
// otherwise.
func (w *world) do(method, path, body string, header ...string) answered {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, strings.NewReader(body))
	require.NoError(w.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Del(name)
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	return w.send(req)
}

func (w *world) send(req *http.Request) answered {
	w.t.Helper()
	resp, err := w.client.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return answered{Status: resp.StatusCode, Header: resp.Header, Body: string(data), Closed: resp.Close}
}

// post sends a body to a path of the API.
func (w *world) post(path, body string, header ...string) answered {
	w.t.Helper()
	return w.do(http.MethodPost, path, body, header...)
}

// ask asks for a code and gives it, with its challenge.
func (w *world) ask(identifier string) (code, challengeID string) {
	w.t.Helper()
	body, _ := json.Marshal(map[string]string{"identifier": identifier})
	got := w.post("/api/auth/otp/request/", string(body))
	require.Equal(w.t, http.StatusOK, got.Status, got.Body)
	id, _ := got.member("challenge_id").(string)
	return w.sender.lastCode(), id
}

// signIn gives the access token of a new session.
func (w *world) signIn(identifier string) string {
	w.t.Helper()
	return w.begin(identifier).access
}

// signedIn is what a client holds after a sign-in.
type signedIn struct {
	answered

	access, refresh, session string
}

// begin begins a session.
func (w *world) begin(identifier string, header ...string) (s signedIn) {
	w.t.Helper()
	code, id := w.ask(identifier)
	s.answered = w.post("/api/auth/otp/verify/", `{"challenge_id":"`+id+`","otp_code":"`+code+`"}`, header...)
	require.Equal(w.t, http.StatusOK, s.Status, s.Body)
	s.access, _ = s.member("tokens.access").(string)
	s.refresh, _ = s.member("tokens.refresh").(string)
	s.session, _ = s.member("session_id").(string)
	return s
}

// wrong is a code of the same length that is not this one.
func wrong(code string) string {
	return string('0'+('9'-code[0]+'1'-'0')%10) + code[1:]
}

// logBook keeps what is logged, line by line.
type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (b *logBook) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, string(line))
	return len(line), nil
}

// find is the lines with a message, as they were written and as they read.
func (b *logBook) find(message string) (found []map[string]any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, line := range b.lines {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["msg"] == message {
			found = append(found, entry)
		}
	}
	return found
}

func (b *logBook) all() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.lines, "")
}

// access waits for the access line of the last of n exchanges: it is written after
// the answer.
func (w *world) access(n int) map[string]any {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return len(w.logs.find("request")) >= n }, 5*time.Second, time.Millisecond)
	return w.logs.find("request")[n-1]
}

// serviceSecret is that of the service billing.
const serviceSecret = "a-service-secret~of.the_billing-team"

var loopback = netip.MustParseAddr("127.0.0.1")
