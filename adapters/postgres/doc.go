// Package postgres keeps doorcode's data in PostgreSQL (14 or newer), for any
// number of instances on one database.
//
// It owns the connections, the errors of the driver, the migrations, and the
// statements of the hot paths, each of which is one round trip and one commit. It
// does NOT have the statements that read the same to SQLite, nor the rows and
// their mapping: those are in sqlstore.
//
//	a store ──▶ DB.Write(act) ──▶ pool ──▶ conn ──▶ socket
//	              1.8 s in all             statements    the same deadline:
//	              whoever hangs up         prepared once a silent server
//	                                                     holds nobody up
//
// A statement whose answer was lost may have happened; it is never sent twice.
package postgres
