// Package dummy brings codes to a file: a channel as a team would write its own.
// It does not know who reads the file.
package dummy
