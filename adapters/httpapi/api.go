package httpapi

import (
	"cmp"
	"context"
	_ "embed" // the API's description
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/deliveries"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/listener"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/statusstream"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Config is what an operator decides about HTTP.
type Config struct {
	PublicURL         string         // where clients reach the service: "https://id.example.com"
	PlaceholderHost   string         // of the address shown for a user without one
	TrustedProxies    []netip.Prefix // whose X-Forwarded-For is trusted; defaults to none
	CORSOrigins       []string       // exact, such as "https://app.example.com"; defaults to none
	Version           string         // shown in the API's description; defaults to "development"
	Cookies           bool           // browsers send the refresh token in a cookie
	Services          bool           // other services may introspect and revoke tokens
	Issuer            string         // of tokens, "" for none
	Audience          string         // of tokens, "" for none
	AuthHeader        string         // of access tokens; defaults to Authorization
	AuthSchemes       []string       // accepted before the token; clients are told the first; defaults to Bearer
	ReadTimeout       time.Duration  // of a whole request; defaults to 10 s
	ReadHeaderTimeout time.Duration  // of its header; defaults to 5 s, and at most ReadTimeout
	WriteTimeout      time.Duration  // of an answer; defaults to 60 s
	IdleTimeout       time.Duration  // of a kept connection; defaults to 2 min
	MaxConnections    int            // open at once; defaults to 4096
	MaxPerClient      int            // of them, from one address (IPv6: one /64); defaults to 512
	Webhooks          []string       // providers that report to /webhooks/<provider>; defaults to none
	GETWebhooks       []string       // those of them that report by GET, too; defaults to none
	Random            port.Random    // makes request ids
}

// maxHeaderBytes bounds the header of a request.
const maxHeaderBytes = 16 << 10

// document is the API's description, written by hand: the contract in OpenAPI.
//
//go:embed openapi.yaml
var document string

// OpenAPI is the API's description as it is written, in YAML. The served one names the
// version of the server.
func OpenAPI() string { return document }

// API answers HTTP. It is safe for concurrent use.
type API struct {
	config    Config
	logger    *slog.Logger
	engine    *gin.Engine
	limiter   *listener.Limiter
	streams   *statusstream.Hub
	readiness probe
	draining  atomic.Bool
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
	cfg = cfg.withDefaults()
	proxies := listener.NewProxies(cfg.TrustedProxies)
	credential := exchange.Credential{Header: cfg.AuthHeader, Schemes: cfg.AuthSchemes}
	middleware, err := exchange.New(exchange.Config{
		PublicOrigin: public.Scheme + "://" + public.Host, CORSOrigins: cfg.CORSOrigins, Cookies: cfg.Cookies,
		Credential: credential, Proxies: proxies, Clock: clock, Random: cfg.Random, Logger: logger,
		CheckClock: app.CheckReadiness.Clock,
		Authenticate: func(ctx context.Context, token string) (domain.Actor, error) {
			out, err := app.ReadToken.Do(ctx, auth.ReadTokenIn{Token: token})
			return out.Actor, err
		},
		RequireStaff: func(ctx context.Context, actor domain.Actor) error {
			_, err := app.RequireStaff.Do(ctx, auth.RequireStaffIn{Actor: actor})
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	a := &API{config: cfg, logger: logger, streams: deliveries.NewStreams(app.ShowDelivery)}
	a.limiter = listener.New(listener.Config{
		MaxConnections: cfg.MaxConnections, MaxPerClient: cfg.MaxPerClient, Trusted: proxies,
	}, clock, logger)
	a.engine = newEngine(middleware, a.routes(app, public, credential))
	return a, nil
}

func (c Config) withDefaults() Config {
	c.Version = cmp.Or(c.Version, "development")
	c.AuthHeader = http.CanonicalHeaderKey(cmp.Or(c.AuthHeader, "Authorization"))
	if len(c.AuthSchemes) == 0 {
		c.AuthSchemes = []string{"Bearer"}
	}
	c.ReadTimeout = positiveOr(c.ReadTimeout, 10*time.Second)
	c.ReadHeaderTimeout = min(positiveOr(c.ReadHeaderTimeout, 5*time.Second), c.ReadTimeout)
	c.WriteTimeout = positiveOr(c.WriteTimeout, time.Minute)
	c.IdleTimeout = positiveOr(c.IdleTimeout, 2*time.Minute)
	c.MaxConnections = positiveOr(c.MaxConnections, 4096)
	c.MaxPerClient = positiveOr(c.MaxPerClient, 512)
	return c
}

// positiveOr is a value, or the default for one that is not set.
func positiveOr[T int | time.Duration](value, normal T) T {
	if value > 0 {
		return value
	}
	return normal
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.engine.ServeHTTP(w, r) }

// Drain makes /readyz refuse, and ends the streams of events. All other requests are
// still answered.
func (a *API) Drain() {
	a.draining.Store(true)
	a.streams.Close()
}

// Limit bounds the connections of a listener that a Server serves.
func (a *API) Limit(l net.Listener) net.Listener { return a.limiter.Listen(l) }

// Server is an HTTP server for the API that bounds the time and the size of a request. It
// does not listen: its listener is one of Limit.
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

		DisableGeneralOptionsHandler: true, // it would answer OPTIONS * itself
	}
}
