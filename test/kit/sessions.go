package kit

import (
	"net/http"
	"net/url"
	"testing"
)

// The paths of sessions and their tokens.
const (
	RefreshPath     = "/api/auth/token/refresh/"
	TokenVerifyPath = "/api/auth/token/verify/"
	LogOutPath      = "/api/auth/logout/"
	SessionsPath    = "/api/auth/sessions/"
	IntrospectPath  = "/api/auth/introspect/"
	RevokePath      = "/api/auth/revoke/"
)

// Refresh shows a refresh token.
func (c Client) Refresh(t testing.TB, token string) Answer {
	t.Helper()
	return c.Post(t, RefreshPath, JSON{"refresh": token})
}

// VerifyToken asks whether a token is good.
func (c Client) VerifyToken(t testing.TB, token string) Answer {
	t.Helper()
	return c.Post(t, TokenVerifyPath, JSON{"token": token})
}

// LogOut logs out by an access token. The scope is that of a query, "" for none.
func (c Client) LogOut(t testing.TB, access, scope string) Answer {
	t.Helper()
	path := LogOutPath
	if scope != "" {
		path += "?scope=" + scope
	}
	return c.Post(t, path, nil, Bearer(access))
}

// Sessions lists the sessions of a user.
func (c Client) Sessions(t testing.TB, access string) Answer {
	t.Helper()
	return c.Do(t, http.MethodGet, SessionsPath, nil, Bearer(access))
}

// EndSession ends one of them.
func (c Client) EndSession(t testing.TB, access, id string) Answer {
	t.Helper()
	return c.Do(t, http.MethodDelete, SessionsPath+id, nil, Bearer(access))
}

// AskAs sends a token to a path of other services, with the header that says which
// one asks.
func (c Client) AskAs(t testing.TB, service Header, path, token string) Answer {
	t.Helper()
	form := Header{"Content-Type", "application/x-www-form-urlencoded"}
	return c.Post(t, path, url.Values{"token": {token}}.Encode(), form, service)
}

// Basic shows the credential of a service.
func Basic(name, secret string) Header {
	request := http.Request{Header: http.Header{}}
	request.SetBasicAuth(name, secret)
	return Header{"Authorization", request.Header.Get("Authorization")}
}
