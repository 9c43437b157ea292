// Package signin serves the routes of signing in: requesting and verifying a one-time
// code, in the two families of paths. Packages sessions and profile render the tokens and
// the user.
package signin

import (
	"net/http"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/profile"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/sessions"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/auth"
)

type area struct {
	request *auth.RequestOTP
	verify  *auth.VerifyOTP
	tokens  *sessions.Tokens
	users   profile.Renderer
}

// Routes are the routes of the area.
func Routes(app *application.Application, tokens *sessions.Tokens, users profile.Renderer) []exchange.Route {
	const post, public = http.MethodPost, exchange.Public
	a := &area{request: app.RequestOTP, verify: app.VerifyOTP, tokens: tokens, users: users}
	return []exchange.Route{
		{Method: post, Path: "/api/auth/otp/request", Handle: a.requestOTP, Access: public, Event: "otp_request"},
		{Method: post, Path: "/api/auth/otp/verify", Handle: a.verifyOTP, Access: public, Event: "otp_verify"},

		// The same use cases, as older clients know them.
		{Method: post, Path: "/accounts/otp/request", Handle: a.requestAccountsOTP, Access: public, Event: "otp_request"},
		{Method: post, Path: "/accounts/otp/verify", Handle: a.verifyAccountsOTP, Access: public, Event: "otp_verify"},
	}
}
