// Package sqlite stores doorcode's data in one SQLite file, or in memory, inside the
// process: the default, for a single machine.
//
// It owns the file and its lock, the connections, the driver's errors, the migrations and
// the transactions of the hot paths. Statements that are the same in PostgreSQL, row types
// and their mapping are in sqlstore.
//
//	DB.Write(f) ──┐
//	DB.Write(f) ──┼──▶ writer: BEGIN, each f in a SAVEPOINT, COMMIT ──▶ results
//	DB.Write(f) ──┘            group commit: one fsync for all that waited
//
//	DB.Read(f) ──────▶ readers: read-only connections, which see what
//	                            is committed
//
// An in-memory database has one connection, which the writer uses for both.
package sqlite
