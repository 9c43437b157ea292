// Package sqlstore holds what the PostgreSQL and SQLite stores share: the
// repositories whose statements are the same in both dialects ($N placeholders),
// row types and their mapping to domain values, prepared statements and migrations.
//
// It does not open databases, classify driver errors or decide how a write is
// committed: a dialect does, behind the interface DB. Hot-path statements, which
// each dialect writes in its own way, are in the dialect packages.
//
//	adapters/postgres ─┐                        ┌─ one statement, one commit
//	                   ├─▶ sqlstore ──▶ DB ─────┤
//	adapters/sqlite ───┘                        └─ one writer, group commit
package sqlstore
