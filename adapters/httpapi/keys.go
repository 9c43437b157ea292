package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/application/auth"
)

// keysAge is how long others may keep the keys: a key that is to sign is published
// for at least as long before. docs/rotating-keys.md tells so.
var keysAge = []string{"public, max-age=300"}

// showKeys answers GET /.well-known/jwks.json.
func (a *API) showKeys(c *gin.Context) error {
	out, err := a.app.ShowKeys.Do(c.Request.Context(), auth.ShowKeysIn{})
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	h["Content-Type"], h["Cache-Control"] = plainJSON, keysAge
	c.Status(http.StatusOK)
	_, _ = c.Writer.Write(out.KeySet) // fails when the client has gone, and nobody is left to tell
	return nil
}
