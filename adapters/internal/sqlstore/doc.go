// Package sqlstore has what the stores on PostgreSQL and on SQLite share: the
// repositories whose statements read the same to both (with $N placeholders),
// the rows of their tables and how these become values of the domain, prepared
// statements, and migrations.
//
// It does not open a database, classify a driver's errors or decide how a write
// is committed: that is the dialect's, which comes in as a DB. The statements of
// the hot paths, which only one dialect can say in its best way, are there too.
//
//	adapters/postgres ─┐                        ┌─ one statement, one commit
//	                   ├─▶ sqlstore ──▶ DB ─────┤
//	adapters/sqlite ───┘                        └─ one writer, commits in groups
package sqlstore
