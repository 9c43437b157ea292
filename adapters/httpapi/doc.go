// Package httpapi is the HTTP side of doorcode. It mounts the routes of its areas, and
// owns the API's configuration, its server and the answers about its health.
//
// It decides nothing about codes, users or tokens (application and domain do), opens no
// socket and reads no configuration (bootstrap does).
//
//	request ─▶ listener ─▶ httpapi ─▶ exchange.Middleware ─▶ an area ─▶ use case
//
//	signin sessions profile deliveries analytics oauth docs   an area each: routes, handlers, bodies
//	exchange                                                  what areas share; problem.go has the statuses
//	statusstream listener strictjson                          know no route
package httpapi
