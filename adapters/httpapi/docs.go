package httpapi

import (
	"crypto/sha256"
	_ "embed" // the description and the page
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"
)

// document is the API's description, written by hand: the contract in OpenAPI.
//
//go:embed openapi.yaml
var document string

// The files of the API page. They are strings, so that no request copies them.
var (
	//go:embed docs/index.html
	docsHTML string
	//go:embed docs/docs.js
	docsJS string
	//go:embed docs/swagger-ui.css
	swaggerCSS string
	//go:embed docs/swagger-ui-bundle.js
	swaggerJS string
)

// OpenAPI is the API's description as it is written, in YAML. The one that is
// served names the version of the server.
func OpenAPI() string { return document }

// describe is the description of one version. Its server is the folder that the
// description is served from, so that it holds below a path prefix too.
func describe(version string) string {
	return strings.NewReplacer(
		"\n  version: development\n", "\n  version: "+strconv.Quote(version)+"\n",
		"\n  - url: /\n", "\n  - url: ./\n",
	).Replace(OpenAPI())
}

// fromFolder is the API page for a request of /docs/, whose relative links start one
// folder deeper than those of /docs.
func fromFolder(html string) string {
	return strings.NewReplacer(`"docs/`, `"`, `"openapi.yaml"`, `"../openapi.yaml"`).Replace(html)
}

// Headers of what is the same for everybody.
var (
	yamlText       = []string{"application/yaml"}
	htmlText       = []string{"text/html; charset=utf-8"}
	cssText        = []string{"text/css; charset=utf-8"}
	javascriptText = []string{"text/javascript; charset=utf-8"}

	noCache = []string{"no-cache"} // keep it, and ask whether it is still so
	// docsPolicy lets the page load what is embedded, and ask this server.
	docsPolicy = []string{"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
)

// page is a text that is the same for everybody, and the tag that caches know it
// by.
type page struct {
	mediaType []string
	text      string
	tag       string
}

// newPages makes the pages of an API, by their paths.
func newPages(version string) map[string]page {
	pages := map[string]page{}
	for path, p := range map[string]page{
		"/openapi.yaml":              {mediaType: yamlText, text: describe(version)},
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

// known reports whether who asks has the page already (RFC 9110, 13.1.2).
func (p page) known(h http.Header) bool {
	for tag := range strings.SplitSeq(strings.Join(h["If-None-Match"], ","), ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == p.tag || tag == "*" {
			return true
		}
	}
	return false
}

// showDocument answers GET /openapi.yaml.
func (a *API) showDocument(c *gin.Context) error {
	return a.showPage(c, "/openapi.yaml")
}

// showDocs answers GET /docs.
func (a *API) showDocs(c *gin.Context) error {
	c.Writer.Header()["Content-Security-Policy"] = docsPolicy
	return a.showPage(c, c.Request.URL.Path)
}

// showDocsFile answers GET /docs/{file} with what the page loads.
func (a *API) showDocsFile(c *gin.Context) error {
	return a.showPage(c, "/docs/"+c.Param("file"))
}

func (a *API) showPage(c *gin.Context, path string) error {
	p, ok := a.pages[path]
	if !ok {
		return errNotFound
	}
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
