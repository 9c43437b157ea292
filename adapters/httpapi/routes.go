package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"
)

// route is one line of the API. Its path answers with and without a trailing
// slash, and HEAD wherever GET does.
type route struct {
	method string
	path   string
	handle func(c *gin.Context) error
	event  string // the security event that every answer is; "" for none
}

const unknownRoute = "unknown"

// routes is the whole API.
func (a *API) routes() []route {
	const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	timed := a.byTheClock
	list := []route{
		{post, "/api/auth/otp/request", timed(a.requestOTP), "otp_request"},
		{post, "/api/auth/otp/verify", timed(a.verifyOTP), "otp_verify"},
		{get, "/api/auth/otp/:challenge_id/status", timed(a.showDelivery), ""},
		{get, "/api/auth/otp/:challenge_id/events", timed(a.streamDelivery), ""},
		{post, "/api/auth/token/refresh", timed(a.refreshSession), "token_refresh"},
		{post, "/api/auth/token/verify", timed(a.verifyToken), ""},
		{get, "/api/auth/sessions", timed(a.listSessions), ""},
		{del, "/api/auth/sessions/:id", timed(a.endSession), "session_end"},
		{post, "/api/auth/logout", timed(a.logOut), "logout"},
		{get, "/api/profile", timed(a.showProfile), ""},
		{patch, "/api/profile", timed(a.changeProfile), ""},
		{get, "/api/profile/sources", timed(a.listSources), ""},

		{get, "/api/admin/analytics/sources", timed(a.staff(a.countUsers)), ""},
		{get, "/api/admin/analytics/registrations", timed(a.staff(a.countRegistrations)), ""},
		{get, "/api/admin/analytics/funnel", timed(a.staff(a.showFunnel)), ""},

		// The same use cases, as older clients know them.
		{post, "/accounts/otp/request", timed(a.requestAccountsOTP), "otp_request"},
		{post, "/accounts/otp/verify", timed(a.verifyAccountsOTP), "otp_verify"},
		{post, "/accounts/token/refresh", timed(a.refreshSession), "token_refresh"},

		{get, "/.well-known/jwks.json", a.showKeys, ""},
		{get, "/openapi.yaml", a.showDocument, ""},
		{get, "/docs", a.showDocs, ""},
		{get, "/docs/:file", a.showDocsFile, ""},

		{get, "/healthz", a.healthz, ""},
		{get, "/readyz", a.readyz, ""},
	}
	if a.config.Services {
		list = append(list,
			route{post, "/api/auth/introspect", inOAuth(timed(a.introspect)), ""},
			route{post, "/api/auth/revoke", inOAuth(timed(a.revoke)), "token_revoke"},
		)
	}
	for _, provider := range a.config.Webhooks {
		list = append(list, route{post, "/webhooks/" + provider, timed(a.takeReports(provider)), "delivery_report"})
	}
	for _, provider := range a.config.GETWebhooks {
		list = append(list, route{get, "/webhooks/" + provider, timed(a.takeReports(provider)), "delivery_report"})
	}
	return list
}

// byTheClock makes a handler whose answer time decides: what expires, what counts
// for a limit. Without a clock that can be trusted nobody gets one.
func (a *API) byTheClock(handle func(*gin.Context) error) func(*gin.Context) error {
	return func(c *gin.Context) error {
		if err := a.app.CheckReadiness.Clock(); err != nil {
			return err
		}
		return handle(c)
	}
}

// notFound answers for every path that is none of the API's, to the letter.
func (a *API) notFound(*gin.Context) error { return errNotFound }

// otherMethod answers for a path of the API with a method that it does not have.
func (a *API) otherMethod(c *gin.Context) error {
	allow := c.Writer.Header().Get("Allow") + ", " + http.MethodOptions
	c.Writer.Header().Set("Allow", allow)
	if c.Request.Method != http.MethodOptions {
		return errMethodNotAllowed
	}
	a.origins.preflight(c.Writer.Header(), c.Request, allow, a.config.AuthHeader)
	c.Status(http.StatusNoContent)
	return nil
}
