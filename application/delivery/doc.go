// Package delivery sends messages and tracks their deliveries: it routes each message to
// the providers of its channel in turn, bounds how many are in flight and how long a
// request waits, and records outcomes and reports. It knows neither the text nor the
// purpose of a message.
package delivery
