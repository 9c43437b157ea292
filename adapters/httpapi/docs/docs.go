// Package docs serves the API's description and the page that shows it.
package docs

import (
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
)

// The files of the API page. They are strings, so that no request copies them.
var (
	//go:embed index.html
	docsHTML string
	//go:embed docs.js
	docsJS string
	//go:embed swagger-ui.css
	swaggerCSS string
	//go:embed swagger-ui-bundle.js
	swaggerJS string
)

// Headers of pages.
var (
	yamlText       = []string{"application/yaml"}
	htmlText       = []string{"text/html; charset=utf-8"}
	cssText        = []string{"text/css; charset=utf-8"}
	javascriptText = []string{"text/javascript; charset=utf-8"}

	noCache = []string{"no-cache"} // caches revalidate each time
	// docsPolicy lets the page load embedded files, and call this server.
	docsPolicy = []string{"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
)

// page is a static text and its entity tag.
type page struct {
	mediaType []string
	text      string
	tag       string
}

type area struct {
	pages map[string]page // by their paths
}

// Routes are the routes of the area, for an API with this description and version.
func Routes(description, version string) []exchange.Route {
	const get = http.MethodGet
	a := &area{pages: newPages(describe(description, version))}
	return []exchange.Route{
		{Method: get, Path: "/openapi.yaml", Handle: a.show, Access: exchange.Public, AnyClock: true},
		{Method: get, Path: "/docs", Handle: a.show, Access: exchange.Public, AnyClock: true},
		{Method: get, Path: "/docs/:file", Handle: a.show, Access: exchange.Public, AnyClock: true},
	}
}

// describe is the description of one version. Its server is the folder that the
// description is served from, so that it holds below a path prefix too.
func describe(description, version string) string {
	return strings.NewReplacer(
		"\n  version: development\n", "\n  version: "+strconv.Quote(version)+"\n",
		"\n  - url: /\n", "\n  - url: ./\n",
	).Replace(description)
}

// fromFolder is the API page for a request of /docs/, whose relative links start one
// folder deeper than those of /docs.
func fromFolder(html string) string {
	return strings.NewReplacer(`"docs/`, `"`, `"openapi.yaml"`, `"../openapi.yaml"`).Replace(html)
}

func newPages(description string) map[string]page {
	pages := map[string]page{}
	for path, p := range map[string]page{
		"/openapi.yaml":              {mediaType: yamlText, text: description},
		"/docs":                      {mediaType: htmlText, text: docsHTML},
		"/docs/":                     {mediaType: htmlText, text: fromFolder(docsHTML)},
		"/docs/docs.js":              {mediaType: javascriptText, text: docsJS},
		"/docs/swagger-ui.css":       {mediaType: cssText, text: swaggerCSS},
		"/docs/swagger-ui-bundle.js": {mediaType: javascriptText, text: swaggerJS},
	} {
		sum := sha256.Sum256([]byte(p.text))
		p.tag = `"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`
		pages[path] = p
	}
	return pages
}

// known reports whether the client has the page already (RFC 9110, 13.1.2).
func (p page) known(h http.Header) bool {
	for tag := range strings.SplitSeq(strings.Join(h["If-None-Match"], ","), ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == p.tag || tag == "*" {
			return true
		}
	}
	return false
}

// show answers with the page of a path. Only /docs/ differs from the path without its
// slash.
func (a *area) show(c *gin.Context) error {
	path := c.Request.URL.Path
	if path != "/docs/" {
		path = strings.TrimSuffix(path, "/")
	}
	p, ok := a.pages[path]
	if !ok {
		return exchange.ErrNotFound
	}
	if path == "/docs" || path == "/docs/" {
		c.Writer.Header()["Content-Security-Policy"] = docsPolicy
	}
	return p.write(c)
}

// write answers with the page, unless the client has it already.
func (p page) write(c *gin.Context) error {
	h := c.Writer.Header()
	h["Cache-Control"], h["Etag"] = noCache, []string{p.tag}
	if p.known(c.Request.Header) {
		c.Status(http.StatusNotModified)
		return nil
	}
	h["Content-Type"] = p.mediaType
	c.Status(http.StatusOK)
	_, _ = c.Writer.WriteString(p.text)
	return nil
}
