package httpapi_test

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/test/fake"
)

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		cfg  httpapi.Config
		want string
	}{
		{"no public URL", httpapi.Config{Random: &fake.Random{}}, `read the public URL ""`},
		{
			"a public URL without scheme",
			httpapi.Config{PublicURL: "id.example.com", Random: &fake.Random{}},
			"must look like",
		},
		{"no randomness", httpapi.Config{PublicURL: "http://localhost:8000"}, "a source of randomness is missing"},
		{
			"any origin",
			httpapi.Config{PublicURL: "http://localhost:8000", Random: &fake.Random{}, CORSOrigins: []string{"*"}},
			`read the CORS origin "*"`,
		},
		{
			"an origin with a path",
			httpapi.Config{
				PublicURL: "http://localhost:8000", Random: &fake.Random{},
				CORSOrigins: []string{"https://a.example/"},
			},
			"must look like",
		},
		{
			"the null origin",
			httpapi.Config{PublicURL: "http://localhost:8000", Random: &fake.Random{}, CORSOrigins: []string{"null"}},
			"must look like",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := httpapi.New(&application.Application{}, test.cfg, fake.NewClock(), slog.New(slog.DiscardHandler))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, path := range []string{"/healthz", "/api/profile", "/nothing", "/docs", "/openapi.yaml"} {
		h := w.do(http.MethodGet, path, "").Header
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"), path)
		require.Equal(t, "DENY", h.Get("X-Frame-Options"), path)
		require.Equal(t, "max-age=31536000", h.Get("Strict-Transport-Security"), path)
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'", path)
		require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		require.NotContains(t, h.Get("Content-Security-Policy"), "unsafe", path)
		require.Empty(t, h.Get("Server"), path)
		require.Empty(t, h.Get("Vary"), path)
	}
	plain := setup(t, func(s *settings) { s.config.PublicURL = "http://localhost:8000" })
	require.Empty(t, plain.do(http.MethodGet, "/healthz", "").Header.Get("Strict-Transport-Security"))
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for given, taken := range map[string]bool{
		"a": true, "A-b_c.9": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, "a b": false, "a\tb": false, "é": false, "a;b": false, "<script>": false,
	} {
		got := w.do(http.MethodGet, "/nothing", "", "X-Request-Id: "+given)
		require.Equal(t, taken, got.Header.Get("X-Request-Id") == given, given)
		require.Len(t, got.Header.Values("X-Request-Id"), 1)
		require.Equal(t, got.Header.Get("X-Request-Id"), got.member("request_id"))
	}
}

func TestHostHeader_isUsedForNothing(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, path := range []string{"/docs", "/openapi.yaml", "/healthz", "/nothing"} {
		got := w.raw(http.MethodGet, path, "X-Forwarded-Host: evil.example", "Forwarded: host=evil.example")
		require.NotContains(t, got.Body, "evil.example")
		for name, values := range got.Header {
			require.NotContains(t, strings.Join(values, " "), "evil.example", name)
		}
	}
}

func TestClientAddress_reachesTheUseCases(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`, "X-Forwarded-For: 1.1.1.1, ::ffff:203.0.113.9")
	w.post("/api/auth/otp/verify", `{"identifier":"ada@example.com","otp":"1"}`, "X-Forwarded-For: 2001:db8::7")
	require.Equal(t, []netip.Addr{netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("2001:db8::7")},
		w.limiter.seen())
	require.Equal(t, "2001:db8::7", w.access(2)["client"])
	untrusting := setup(t)
	untrusting.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`, "X-Forwarded-For: 203.0.113.9")
	require.Equal(t, []netip.Addr{loopback}, untrusting.limiter.seen())
}

// A proxy that is not trusted is logged once, with the network to configure.
func TestClientAddress_untrustedProxy(t *testing.T) {
	t.Parallel()
	const message = "X-Forwarded-For ignored"
	for _, header := range []string{"X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9"} {
		w := setup(t)
		w.do(http.MethodGet, "/docs", "")
		require.Empty(t, w.logs.find(message), "without the header")
		for range 3 {
			w.do(http.MethodGet, "/docs", "", header)
		}
		lines := w.logs.find(message)
		require.Len(t, lines, 1, header)
		require.Equal(t, "WARN", lines[0]["level"])
		require.Equal(t, "http.trusted_proxies", lines[0]["key"])
		require.Contains(t, lines[0]["cure"], "127.0.0.1/32")
	}
	w := setup(t, func(s *settings) { s.config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	w.do(http.MethodGet, "/docs", "", "X-Forwarded-For: 203.0.113.9")
	w.access(1)
	require.Empty(t, w.logs.find(message))
}

func TestCORS(t *testing.T) {
	t.Parallel()
	const app, other = "https://app.example", "https://app.example.evil"
	w := setup(t, func(s *settings) { s.config.CORSOrigins = []string{app, "http://localhost:3000"} })
	preflight := func(path, origin string) answered {
		return w.do(http.MethodOptions, path, "", "Origin: "+origin, "Access-Control-Request-Method: POST",
			"Access-Control-Request-Headers: authorization,sentry-trace")
	}
	t.Run("a listed page may read", func(t *testing.T) {
		for _, got := range []answered{
			w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`, "Origin: "+app),
			w.post("/api/auth/otp/request", `{`, "Origin: "+app),
		} {
			require.Equal(t, app, got.Header.Get("Access-Control-Allow-Origin"))
			require.Equal(t, "Origin", got.Header.Get("Vary"))
			require.Contains(t, got.Header.Get("Access-Control-Expose-Headers"), "Retry-After")
		}
	})
	t.Run("a listed page may ask what it may send", func(t *testing.T) {
		got := preflight("/api/auth/otp/verify/", app)
		require.Equal(t, http.StatusNoContent, got.Status)
		require.Equal(t, app, got.Header.Get("Access-Control-Allow-Origin"))
		require.Contains(t, got.Header.Get("Access-Control-Allow-Methods"), "POST")
		require.Equal(t, "authorization,sentry-trace", got.Header.Get("Access-Control-Allow-Headers"))
		require.Equal(t, "600", got.Header.Get("Access-Control-Max-Age"))
		require.Empty(t, got.Header.Get("Access-Control-Allow-Credentials"))
	})
	t.Run("no other page", func(t *testing.T) {
		for _, origin := range []string{
			other, "null", "*", "http://app.example", "https://app.example:444",
			"HTTPS://APP.EXAMPLE", "https://id.example.com", "",
		} {
			for _, got := range []answered{
				preflight("/api/auth/otp/verify", origin),
				w.do(http.MethodGet, "/api/profile", "", "Origin: "+origin),
			} {
				require.Equal(t, "Origin", got.Header.Get("Vary"))
				for name := range got.Header {
					require.NotContains(t, name, "Access-Control", origin)
				}
			}
		}
	})
	t.Run("a path that is none", func(t *testing.T) {
		require.Equal(t, http.StatusNotFound, preflight("/nothing", app).Status)
	})
	t.Run("an OPTIONS that is no preflight", func(t *testing.T) {
		got := w.do(http.MethodOptions, "/api/profile", "", "Origin: "+app)
		require.Empty(t, got.Header.Get("Access-Control-Allow-Methods"))
	})
}

func TestServer_limits(t *testing.T) {
	t.Parallel()
	w := setup(t)
	s := w.api.Server("127.0.0.1:0")
	require.Equal(t, "127.0.0.1:0", s.Addr)
	require.Equal(t, []time.Duration{10 * time.Second, 5 * time.Second, time.Minute, 2 * time.Minute},
		[]time.Duration{s.ReadTimeout, s.ReadHeaderTimeout, s.WriteTimeout, s.IdleTimeout})
	require.Equal(t, 16<<10, s.MaxHeaderBytes)
	short := setup(t, func(s *settings) { s.config.ReadTimeout = time.Second }).api.Server("")
	require.Equal(t, time.Second, short.ReadHeaderTimeout, "never longer than all of it")
	got := w.raw(http.MethodGet, "/healthz", "X-Big: "+strings.Repeat("a", 32<<10))
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, got.Status)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	t.Run("alive and ready", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		require.Equal(t, `{"status":"ok"}`, w.do(http.MethodGet, "/healthz", "").Body)
		require.Equal(t, `{"status":"ready"}`, w.do(http.MethodGet, "/readyz", "").Body)
	})
	t.Run("alive and not ready, without the database", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.database.err = http.ErrServerClosed
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/healthz", "").Status)
		got := w.do(http.MethodGet, "/readyz", "")
		require.Equal(t, http.StatusServiceUnavailable, got.Status)
		require.Equal(t, "1", got.Header.Get("Retry-After"))
		require.Equal(t, "ERROR", w.access(2)["level"])
		w.database.err = nil
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/readyz", "").Status, "it recovers by itself")
	})
	t.Run("alive and of no use, while the clock is wrong", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.database.ahead = time.Minute
		require.Equal(t, http.StatusServiceUnavailable, w.do(http.MethodGet, "/readyz", "").Status)
		for _, p := range paths {
			want := p.status
			if strings.HasPrefix(p.path, "/api/") || strings.HasPrefix(p.path, "/accounts/") ||
				strings.HasPrefix(p.path, "/webhooks/") || p.path == "/readyz" {
				want = http.StatusServiceUnavailable
			}
			require.Equal(t, want, w.do(p.method, p.path, "").Status, "%s %s", p.method, p.path)
		}
		w.database.ahead = 0
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/readyz", "").Status)
		require.Equal(t, http.StatusUnauthorized, w.do(http.MethodGet, "/api/profile", "").Status, "it recovers by itself")
	})
	t.Run("alive, though asking panics", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.database.panics = true
		require.Equal(t, http.StatusInternalServerError, w.do(http.MethodGet, "/readyz", "").Status)
		w.database.panics = false
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/readyz", "").Status)
	})
	t.Run("alive and not ready, while it drains", func(t *testing.T) {
		t.Parallel()
		w := setup(t)
		w.api.Drain()
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/healthz", "").Status)
		require.Equal(t, http.StatusServiceUnavailable, w.do(http.MethodGet, "/readyz", "").Status)
		require.Equal(t, "INFO", w.access(2)["level"], "nothing to act on")
		require.Equal(t, http.StatusOK, w.post("/api/auth/otp/request", `{"identifier":"ada@example.com"}`).Status,
			"what comes is answered")
	})
}

func TestHome(t *testing.T) {
	t.Parallel()
	w := setup(t)
	page := w.do(http.MethodGet, "/", "", "Accept: text/html,application/xhtml+xml,*/*;q=0.8")
	require.Equal(t, http.StatusOK, page.Status)
	require.Equal(t, "text/html; charset=utf-8", page.Header.Get("Content-Type"))
	require.Equal(t, "Accept", page.Header.Get("Vary"))
	for name, want := range map[string]string{
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
		"Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	} {
		require.Equal(t, want, page.Header.Get(name))
	}
	require.Contains(t, page.Body, "curl -s https://id.example.com/api/auth/otp/request/")
	for _, link := range regexp.MustCompile(`href="([^":]+)"`).FindAllStringSubmatch(page.Body, -1) {
		require.Equal(t, http.StatusOK, w.do(http.MethodGet, "/"+link[1], "").Status, link[1])
	}
	for _, accept := range []string{"", "*/*", "application/json"} {
		got := w.do(http.MethodGet, "/", "", "Accept: "+accept)
		require.Equal(t, "application/json; charset=utf-8", got.Header.Get("Content-Type"), accept)
		require.Equal(t, "https://id.example.com/docs", got.member("docs"))
	}
}

func TestDocs(t *testing.T) {
	t.Parallel()
	w := setup(t, func(s *settings) { s.config.Version = "1.2.3-rc.1" })
	t.Run("the description names the version", func(t *testing.T) {
		got := w.do(http.MethodGet, "/openapi.yaml", "")
		require.Contains(t, got.Body, "openapi: 3.1.0\n")
		require.Contains(t, got.Body, "\n  version: \"1.2.3-rc.1\"\n")
		require.Equal(t, "application/yaml", got.Header.Get("Content-Type"))
	})
	t.Run("nothing else lies beside the page", func(t *testing.T) {
		for _, file := range []string{"index.html", "LICENSE", "README.md", "docs.go", "Docs.js"} {
			require.Equal(t, http.StatusNotFound, w.do(http.MethodGet, "/docs/"+file, "").Status, file)
		}
	})
	t.Run("the page loads from this server alone", func(t *testing.T) {
		page := w.do(http.MethodGet, "/docs/", "")
		require.Equal(t, "text/html; charset=utf-8", page.Header.Get("Content-Type"))
		require.NotContains(t, page.Body, "://")
		require.NotContains(t, page.Body, "<style")
		require.NotContains(t, page.Body, "onload")
		require.Equal(t,
			"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
				"base-uri 'none'; form-action 'none'; frame-ancestors 'none'", page.Header.Get("Content-Security-Policy"))
	})
	t.Run("its links hold below any path prefix", func(t *testing.T) {
		links := regexp.MustCompile(`(?:href|src)="([^:"]+)"`)
		for _, path := range []string{"/docs", "/docs/"} {
			at, err := url.Parse("https://example.com/auth" + path)
			require.NoError(t, err)
			found := links.FindAllStringSubmatch(w.do(http.MethodGet, path, "").Body, -1)
			require.Len(t, found, 4)
			for _, link := range found {
				to, err := at.Parse(link[1])
				require.NoError(t, err)
				file, below := strings.CutPrefix(to.Path, "/auth")
				require.True(t, below, "%s links %s", path, link[1])
				got := w.do(http.MethodGet, file, "")
				require.Equal(t, http.StatusOK, got.Status, "%s links %s", path, link[1])
				require.NotContains(t, got.Body[:min(len(got.Body), 5000)], "<html")
			}
		}
		require.Contains(t, w.do(http.MethodGet, "/docs/docs.js", "").Body,
			`new URL("../openapi.yaml", document.currentScript.src)`)
		require.Contains(t, w.do(http.MethodGet, "/openapi.yaml", "").Body, "\nservers:\n  - url: ./\n",
			"relative to the document")
	})
}

// Caches keep the pages, ask each time, and are answered in few bytes.
func TestDocs_tags(t *testing.T) {
	t.Parallel()
	w := setup(t)
	tags := map[string]string{}
	for _, path := range []string{
		"/openapi.yaml", "/docs", "/docs/docs.js", "/docs/swagger-ui.css",
		"/docs/swagger-ui-bundle.js",
	} {
		got := w.do(http.MethodGet, path, "")
		tag := got.Header.Get("ETag")
		require.Equal(t, "no-cache", got.Header.Get("Cache-Control"), path)
		require.Regexp(t, `^"[\w-]{43}"$`, tag, path)
		require.Empty(t, tags[tag], "the tag of %s and of %s", path, tags[tag])
		tags[tag] = path
		for _, known := range []string{tag, "W/" + tag, `"other", ` + tag, `"other",W/` + tag + ` ,"more"`, "*"} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				same := w.do(method, path, "", "If-None-Match: "+known)
				require.Equal(t, http.StatusNotModified, same.Status, "%s %s %s", method, path, known)
				require.Equal(t, tag, same.Header.Get("ETag"))
				require.Equal(t, "no-cache", same.Header.Get("Cache-Control"))
				require.Empty(t, same.Body)
				require.Equal(t, got.Header.Get("Content-Security-Policy"), same.Header.Get("Content-Security-Policy"))
			}
		}
		for _, other := range []string{`"other"`, strings.Trim(tag, `"`), tag[:10] + `"`, `""`, `""*""`} {
			require.Equal(t, http.StatusOK, w.do(http.MethodGet, path, "", "If-None-Match: "+other).Status, "%s %s", path, other)
		}
		require.Equal(t, tag, setup(t).do(http.MethodGet, path, "").Header.Get("ETag"), "the same page at another instance")
	}
	next := setup(t, func(s *settings) { s.config.Version = "9" }).do(http.MethodGet, "/openapi.yaml",
		"").Header.Get("ETag")
	require.Empty(t, tags[next], "another version is another document")
	require.Empty(t, w.do(http.MethodGet, "/docs/nothing", "", "If-None-Match: *").Header.Get("ETag"))
}
