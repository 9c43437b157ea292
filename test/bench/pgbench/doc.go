// Package pgbench runs PostgreSQL's own load program with statements of the
// product: what the database can do when nothing stands before it but a client
// in C.
//
// It owns turning a statement into a script, running it and reading what it
// says. It does NOT know the statements or the data they need.
package pgbench
