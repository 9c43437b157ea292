package httpapi

import (
	_ "embed" // the description and the page
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

// describe is the description of one version.
func describe(version string) string {
	return strings.Replace(OpenAPI(), "\n  version: development\n", "\n  version: "+strconv.Quote(version)+"\n", 1)
}

// Headers of what is the same for everybody.
var (
	yamlText       = []string{"application/yaml"}
	htmlText       = []string{"text/html; charset=utf-8"}
	cssText        = []string{"text/css; charset=utf-8"}
	javascriptText = []string{"text/javascript; charset=utf-8"}

	anHour = []string{"max-age=3600"}
	// docsPolicy lets the page load what is embedded, and ask this server.
	docsPolicy = []string{"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
)

// showDocument answers GET /openapi.yaml.
func (a *API) showDocument(c *gin.Context) error {
	return showText(c, yamlText, a.document)
}

// showDocs answers GET /docs.
func (a *API) showDocs(c *gin.Context) error {
	c.Writer.Header()["Content-Security-Policy"] = docsPolicy
	return showText(c, htmlText, docsHTML)
}

// showDocsFile answers GET /docs/{file} with what the page loads.
func (a *API) showDocsFile(c *gin.Context) error {
	switch c.Param("file") {
	case "docs.js":
		return showText(c, javascriptText, docsJS)
	case "swagger-ui.css":
		return showText(c, cssText, swaggerCSS)
	case "swagger-ui-bundle.js":
		return showText(c, javascriptText, swaggerJS)
	default:
		return errNotFound
	}
}

func showText(c *gin.Context, mediaType []string, text string) error {
	h := c.Writer.Header()
	h["Content-Type"], h["Cache-Control"] = mediaType, anHour
	c.Status(http.StatusOK)
	_, _ = c.Writer.WriteString(text)
	return nil
}
