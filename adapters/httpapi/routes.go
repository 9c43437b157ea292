package httpapi

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/analytics"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/deliveries"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/docs"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/oauth"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/profile"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/sessions"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/signin"
	"github.com/doorcode-auth/doorcode/application"
)

// routes is the whole API: the routes of each area, whose table is in its package.
func (a *API) routes(app *application.Application, public *url.URL, credential exchange.Credential) []exchange.Route {
	cfg, scheme := a.config, credential.Schemes[0]
	path, secure := strings.TrimRight(public.EscapedPath(), "/"), public.Scheme == "https"
	tokens := sessions.NewTokens(scheme, cfg.Cookies, secure, path)
	publicURL := strings.TrimRight(cfg.PublicURL, "/")
	users := profile.Renderer{PlaceholderHost: cfg.PlaceholderHost}
	var list []exchange.Route
	for _, area := range [][]exchange.Route{
		signin.Routes(app, tokens, users),
		sessions.Routes(app, tokens, credential),
		profile.Routes(app, users),
		deliveries.Routes(app, deliveries.Config{
			Streams: a.streams, PublicURL: publicURL, Webhooks: cfg.Webhooks, GETWebhooks: cfg.GETWebhooks,
		}),
		analytics.Routes(app),
		oauth.Routes(app, oauth.Config{Services: cfg.Services, Issuer: cfg.Issuer, Audience: cfg.Audience, Scheme: scheme}),
		docs.Routes(publicURL, OpenAPI(), cfg.Version),
		a.health(app),
	} {
		list = append(list, area...)
	}
	return list
}

// newEngine makes a router that matches paths exactly: it corrects none, and redirects
// to none.
func newEngine(m *exchange.Middleware, routes []exchange.Route) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.ContextWithFallback = true
	_ = engine.SetTrustedProxies(nil) // package listener determines clients; nil cannot fail
	allowed := map[string][]string{}  // by path
	for _, r := range routes {
		handle, methods := m.Wrap(r), []string{r.Method}
		if r.Method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
		allowed[r.Path] = append(allowed[r.Path], methods...)
		for _, method := range methods {
			register(engine, method, r.Path, handle)
		}
	}
	for path, methods := range allowed {
		register(engine, http.MethodOptions, path, m.Preflight(path, strings.Join(append(methods, http.MethodOptions), ", ")))
	}
	engine.NoRoute(m.Unknown(func(*gin.Context) error { return exchange.ErrNotFound }))
	engine.NoMethod(m.Unknown(func(*gin.Context) error { return exchange.ErrMethodNotAllowed }))
	return engine
}

// register serves a path with and without a trailing slash.
func register(engine *gin.Engine, method, path string, handle gin.HandlerFunc) {
	engine.Handle(method, path, handle)
	if path != "/" {
		engine.Handle(method, path+"/", handle)
	}
}
