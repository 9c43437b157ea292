// Package port lists what the application needs from outside: one file a port,
// named as the thing. The doc comment of a port is its contract: every sentence
// with "must" is a subtest, in the same words, of the suite of the same file
// name in test/contract, and every adapter runs it.
//
// A port is a purpose, not a table. It takes and gives types of the domain, and
// a fault of the domain where the caller can do something about it; any other
// error means that the thing behind the port is out of order.
package port
