// Package memory keeps what is gone when the process ends: the budgets of client
// addresses, of this instance alone. What must be exact over instances and
// restarts is kept in a database, by postgres and sqlite.
package memory
