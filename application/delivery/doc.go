// Package delivery brings messages to people: it knows the routes, hands each
// message to the providers of its route in turn, bounds how many are under way
// and how long anybody waits, and notes what became of each. It does not know
// what a message says, nor why it is sent.
package delivery
