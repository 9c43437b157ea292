// Package listener bounds the connections of the HTTP server and determines the
// address of a request's client. It knows no route, no use case and no answer.
package listener
