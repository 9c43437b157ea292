// Package proc runs the server under test as a process of its own, and reads
// from /proc what it takes of the machine.
//
// It owns building the program, its start, its readiness and its end: a server
// is never left behind, whether the caller stops it or dies. It does NOT know
// what the server does.
package proc
