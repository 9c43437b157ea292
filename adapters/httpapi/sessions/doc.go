// Package sessions serves the routes of tokens and sessions, and issues the tokens of a
// sign-in: in the body or, in cookie mode, with the refresh token in a cookie.
package sessions
