// Package pgtest gives tests a real PostgreSQL server.
//
// It owns two things. A Cluster is a server of its own in a directory of its
// own, which a test may pause, kill and start again. A database (Database,
// MigratedDatabase) is what nearly every test wants instead: fresh, made in
// milliseconds on one server that all tests of the process share, or on the
// server that DOORCODE_TEST_POSTGRES names, which all processes share.
//
// It does NOT know doorcode's schema (the caller brings its migrations), it does
// not skip a test when there is no PostgreSQL (it fails and says what to type),
// and nothing that ships imports it. A client that reaches the port of a Cluster is
// its superuser: it listens on the loopback address only and holds test data.
//
// Nothing outlives the process that started it, whether that process calls Stop,
// returns, or is killed:
//
//	test process ──── pipe ────▶ caretaker (sh)   at its end: kill what is left,
//	     │                                        remove the directory
//	     └─ a thread of its own ──▶ postgres      killed by the kernel when the
//	                                  │           thread ends (Linux)
//	                                  └─ its children leave when it is gone
package pgtest
