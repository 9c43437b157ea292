// Package port has the interfaces of the application's dependencies, one file each. The
// doc comment of a port is its contract: every sentence with "must" is a subtest, in the
// same words, of the suite of the same file name in test/contract, which every adapter
// runs.
//
// A port is a purpose, not a table. It uses types of the domain, and faults of the domain
// where the caller can react to them; any other error means that the dependency fails.
package port
