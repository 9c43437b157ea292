// Package docs serves the pages for developers: the front page, the API's description and
// the page that shows it.
package docs

import (
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"html"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
)

// The files of the API page. They are strings, so that no request copies them.
var (
	//go:embed home.html
	homeHTML string
	//go:embed home.css
	homeCSS string
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
	sameOrigin  = []string{"same-origin"}
	permissions = []string{"camera=(), geolocation=(), microphone=(), payment=(), usb=()"}
	varyAccept  = []string{"Accept"}
)

// page is a static text and its entity tag.
type page struct {
	mediaType []string
	text      string
	tag       string
}

type area struct {
	pages map[string]page // by their paths
	index indexBody
}

// indexBody is the front page for programs.
type indexBody struct {
	Name        string `json:"name"`
	Docs        string `json:"docs"`
	Description string `json:"description"`
}

// Routes are the routes of the area, for an API at a public URL, without a slash at its
// end, with this description and version.
func Routes(publicURL, description, version string) []exchange.Route {
	const get = http.MethodGet
	a := &area{
		pages: newPages(publicURL, describe(description, version)),
		index: indexBody{Name: "doorcode", Docs: publicURL + "/docs", Description: publicURL + "/openapi.yaml"},
	}
	return []exchange.Route{
		{Method: get, Path: "/", Handle: a.home, Access: exchange.Public, AnyClock: true},
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
func fromFolder(page string) string {
	return strings.NewReplacer(`"docs/`, `"`, `"openapi.yaml"`, `"../openapi.yaml"`).Replace(page)
}

func newPages(publicURL, description string) map[string]page {
	pages := map[string]page{}
	home := strings.Replace(homeHTML, "{{public_url}}", html.EscapeString(publicURL), 1)
	for path, p := range map[string]page{
		"/":                          {mediaType: htmlText, text: home},
		"/docs/home.css":             {mediaType: cssText, text: homeCSS},
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

// home answers GET /: with a page for browsers, and links in JSON for programs.
func (a *area) home(c *gin.Context) error {
	c.Writer.Header()["Vary"] = varyAccept
	if !strings.Contains(c.GetHeader("Accept"), "text/html") {
		return exchange.Answer(c, a.index)
	}
	return a.pages["/"].write(c)
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
	return p.write(c)
}

// write answers with the page, unless the client has it already.
func (p page) write(c *gin.Context) error {
	h := c.Writer.Header()
	p.setHeaders(h)
	if p.known(c.Request.Header) {
		c.Status(http.StatusNotModified)
		return nil
	}
	h["Content-Type"] = p.mediaType
	c.Status(http.StatusOK)
	_, _ = c.Writer.WriteString(p.text)
	return nil
}

func (p page) setHeaders(h http.Header) {
	h["Cache-Control"], h["Etag"] = noCache, []string{p.tag}
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	if p.mediaType[0] == htmlText[0] {
		h["Content-Security-Policy"], h["Cross-Origin-Opener-Policy"] = docsPolicy, sameOrigin
		h["Permissions-Policy"] = permissions
	}
}
