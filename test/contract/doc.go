// Package contract proves that an adapter keeps the contract of its port: one
// suite a port, in the file of the port's name, and in it one subtest for every
// sentence with "must" in the port's doc, in the same words. Every adapter runs
// the suites of its ports, whatever module it is in; this package keeps its API.
//
// It does not prove what is an adapter's own: the texts of messages, the errors
// of one provider, the SQL of one database are tested beside the adapter.
//
//	func TestClock_contract(t *testing.T) {
//		contract.Clock(t, acme.Clock{})
//	}
package contract
