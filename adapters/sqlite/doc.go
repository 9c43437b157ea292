// Package sqlite keeps doorcode's data in one SQLite file, or in memory, inside
// the process: the default, for one machine.
//
// It owns the file and its lock, the connections, the errors of the driver, the
// migrations, and the acts of the hot paths. It does NOT have the statements that
// read the same to PostgreSQL, nor the rows and their mapping: those are in
// sqlstore.
//
//	DB.Write(act) ──┐
//	DB.Write(act) ──┼──▶ writer: BEGIN, each act in a SAVEPOINT, COMMIT ──▶ answers
//	DB.Write(act) ──┘            one sync of the disk for all that waited
//
//	DB.Read(act) ──────▶ readers: connections that cannot write, and see
//	                              what is committed
//
// A database in memory has one connection, which the writer uses for both.
package sqlite
