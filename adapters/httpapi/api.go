package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/listener"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/statusstream"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/port"
)

// Config is what an operator decides about HTTP.
type Config struct {
	PublicURL         string         // where clients reach the service: "https://id.example.com"
	PlaceholderHost   string         // of the address shown for somebody without one
	TrustedProxies    []netip.Prefix // whose X-Forwarded-For is believed; defaults to none
	CORSOrigins       []string       // exact, such as "https://app.example.com"; defaults to none
	Version           string         // shown in the API's description; defaults to "development"
	Cookies           bool           // the refresh token travels in a cookie
	Services          bool           // other services may introspect and revoke tokens
	Issuer            string         // of tokens, "" for none
	Audience          string         // of tokens, "" for none
	AuthHeader        string         // that has the access token; defaults to Authorization
	AuthSchemes       []string       // that may stand before it, the one that we tell first; defaults to Bearer
	ReadTimeout       time.Duration  // of a whole request; defaults to 10 s
	ReadHeaderTimeout time.Duration  // of its header; defaults to 5 s, and at most ReadTimeout
	WriteTimeout      time.Duration  // of an answer; defaults to 60 s
	IdleTimeout       time.Duration  // of a kept connection; defaults to 2 min
	MaxConnections    int            // open at once; defaults to 4096
	MaxPerClient      int            // of them, from one address (IPv6: one /64); defaults to 512
	Webhooks          []string       // providers that report to /webhooks/<provider>; defaults to none
	GETWebhooks       []string       // those of them that report by GET, too; defaults to none
	Random            port.Random    // makes the ids of requests
}

// Limits of a request.
const (
	maxBodyBytes   = 64 << 10
	maxHeaderBytes = 16 << 10
)

// API answers HTTP. It is safe for concurrent use.
type API struct {
	app         *application.Application
	config      Config
	clock       port.Clock
	logger      *slog.Logger
	engine      *gin.Engine
	headers     []header
	secure      bool                        // people reach the service by TLS
	publicPath  string                      // what a proxy takes off the paths that people know; "" for nothing
	crossOrigin *http.CrossOriginProtection // nil without cookie mode
	origins     origins
	proxies     listener.Proxies
	limiter     *listener.Limiter
	readiness   probe
	pages       map[string]page // by their paths
	draining    atomic.Bool
	publicBase  string        // the public URL, without a slash at its end
	largeCalls  chan struct{} // has a word for each large call of a provider under way
	streams     *statusstream.Hub
}

// New makes an API of the use cases. It starts nothing.
func New(app *application.Application, cfg Config, clock port.Clock, logger *slog.Logger) (*API, error) {
	public, err := url.Parse(cfg.PublicURL)
	if err != nil || public.Host == "" || public.Scheme != "http" && public.Scheme != "https" {
		return nil, fmt.Errorf("read the public URL %q: it must look like https://id.example.com", cfg.PublicURL)
	}
	if cfg.Random == nil {
		return nil, errors.New("make an API: a source of randomness is missing")
	}
	origins, err := newOrigins(cfg.CORSOrigins)
	if err != nil {
		return nil, err
	}
	a := &API{
		app: app, config: cfg.withDefaults(), clock: clock, logger: logger,
		origins: origins, proxies: listener.NewProxies(cfg.TrustedProxies),
	}
	a.limiter = listener.New(listener.Config{
		MaxConnections: a.config.MaxConnections, MaxPerClient: a.config.MaxPerClient, Trusted: a.proxies,
	}, clock, logger)
	a.secure, a.publicPath = public.Scheme == "https", strings.TrimRight(public.EscapedPath(), "/")
	a.headers = baseHeaders(a.secure)
	if cfg.Cookies {
		if a.crossOrigin, err = newCrossOrigin(append([]string{public.Scheme + "://" + public.Host}, cfg.CORSOrigins...)); err != nil {
			return nil, fmt.Errorf("make an API: %w", err)
		}
	}
	a.pages = newPages(a.config.Version)
	a.largeCalls = make(chan struct{}, maxLargeCalls)
	a.publicBase, a.streams = strings.TrimRight(cfg.PublicURL, "/"), statusstream.New(a.readStatus)
	a.readiness.check = a.checkReadiness
	a.engine = a.newEngine()
	return a, nil
}

func (c Config) withDefaults() Config {
	if c.Version == "" {
		c.Version = "development"
	}
	if c.AuthHeader == "" {
		c.AuthHeader = "Authorization"
	}
	c.AuthHeader = http.CanonicalHeaderKey(c.AuthHeader)
	if len(c.AuthSchemes) == 0 {
		c.AuthSchemes = []string{"Bearer"}
	}
	for _, d := range []struct {
		timeout *time.Duration
		normal  time.Duration
	}{
		{&c.ReadTimeout, 10 * time.Second},
		{&c.ReadHeaderTimeout, 5 * time.Second},
		{&c.WriteTimeout, time.Minute},
		{&c.IdleTimeout, 2 * time.Minute},
	} {
		if *d.timeout <= 0 {
			*d.timeout = d.normal
		}
	}
	c.ReadHeaderTimeout = min(c.ReadHeaderTimeout, c.ReadTimeout)
	if c.MaxConnections <= 0 {
		c.MaxConnections = 4096
	}
	if c.MaxPerClient <= 0 {
		c.MaxPerClient = 512
	}
	return c
}

// newEngine makes a router that takes paths as they are: it mends none, and
// redirects to none.
func (a *API) newEngine() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.ContextWithFallback = true
	_ = engine.SetTrustedProxies(nil) // client.go knows who asks; nil cannot fail
	for _, r := range a.routes() {
		r.handle = a.sameOrigin(r.handle)
		handle := a.around(r)
		for _, method := range methods(r.method) {
			engine.Handle(method, r.path, handle)
			engine.Handle(method, r.path+"/", handle)
		}
	}
	engine.NoRoute(a.around(route{path: unknownRoute, handle: a.notFound}))
	engine.NoMethod(a.around(route{path: unknownRoute, handle: a.otherMethod}))
	return engine
}

// methods lets whoever may GET also look with HEAD.
func methods(method string) []string {
	if method == http.MethodGet {
		return []string{method, http.MethodHead}
	}
	return []string{method}
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.engine.ServeHTTP(w, r) }

// Drain makes /readyz tell that no more requests are wanted. All are still
// answered, but none waits for news any more.
func (a *API) Drain() {
	a.draining.Store(true)
	a.streams.Close()
}

// Limit bounds the connections of a listener that a Server serves.
func (a *API) Limit(l net.Listener) net.Listener { return a.limiter.Listen(l) }

// Server is an HTTP server for the API that lets no client take more time or room
// than a request needs. It listens to nothing yet: what it serves goes through
// Limit.
func (a *API) Server(addr string) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           a,
		ConnState:         a.limiter.ConnState,
		ReadTimeout:       a.config.ReadTimeout,
		ReadHeaderTimeout: a.config.ReadHeaderTimeout,
		WriteTimeout:      a.config.WriteTimeout,
		IdleTimeout:       a.config.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(a.logger.Handler(), slog.LevelWarn),

		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * past everything here
	}
}
