// Package memory has the stores in process memory: the rate limits of client addresses,
// per instance. Limits that must hold across instances and restarts are in a database,
// in postgres and sqlite.
package memory
