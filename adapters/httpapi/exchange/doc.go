// Package exchange is what the routes of all areas share: it turns a route into a
// handler of gin and carries what is known of one request and its answer. It owns the
// identity of the client, bodies, problems, headers and the log. It knows no path: the
// areas have the routes.
//
//	request ─▶ Middleware.Wrap ─▶ origin, clock, access ─▶ Route.Handle ─▶ use case
//	answer  ◀─ Answer │ problem.go ◀─ fault ◀──────────────────┘
//
// problem.go alone knows which status a fault has.
package exchange
