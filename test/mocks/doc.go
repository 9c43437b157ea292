// Package mocks has a generated mock of every port, for tests that ask whether a
// port was called, with what, and what happens when it fails. Nothing in it is
// written by hand but this file: change the port, then run make generate. What
// a port has to do is in test/contract, not here.
package mocks
