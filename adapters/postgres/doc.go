// Package postgres stores doorcode's data in PostgreSQL (14 or newer), for any number of
// instances on one database.
//
// It owns the connections, the driver's errors, the migrations, and the statements of the
// hot paths, each of which is one round trip and one commit. Statements that are the same
// in SQLite, row types and their mapping are in sqlstore.
//
//	a store ──▶ DB.Write(f) ──▶ pool ──▶ conn ──▶ socket
//	              1.8 s in total         prepared      the same deadline:
//	              despite a client       statements    a silent server
//	              that disconnects                     blocks no caller
//
// Behind a connection pooler statements are not prepared, and every Write is a transaction
// that sets its timeouts: the next one may have another process of the server.
//
// A statement whose answer was lost may have been executed; it is never retried.
package postgres
