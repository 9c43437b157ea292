// Package command is the command line of doorcode: one tree of cobra commands, for the
// shipped program and for a main outside this tree. A command is a file with a struct
// of its flags. What a command needs of the service it takes from package wiring; it
// decides nothing about codes, users or sessions.
package command
