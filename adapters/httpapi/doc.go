// Package httpapi is the HTTP side of doorcode: it turns requests into calls of
// use cases and their results into answers, and owns everything that is about
// HTTP alone: routes, bodies, statuses, headers, the client's address, the API's
// description and the page that shows it.
//
// It does not decide anything about codes, people or tokens (application and
// domain do), opens no socket and reads no configuration (bootstrap does).
//
//	request ─▶ api.go ─▶ exchange.go ─▶ routes.go ─▶ a handler ─▶ use case
//	                         │                          │  ▲
//	                         │        strict_json.go ─▶ body.go
//	                         ▼                          │
//	answer  ◀─ problem.go ◀─ fault ◀────────────────────┘
//
// A handler binds, calls one use case and renders. What goes wrong it returns:
// problem.go alone knows which status a fault has.
package httpapi
