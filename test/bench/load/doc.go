// Package load drives an HTTP/1.1 server on the loopback address in a closed
// loop: a fixed number of persistent connections, each of which sends its next
// request when it has the answer to the last.
//
// It owns the client, the answers' times and what they amount to. It does NOT
// know what is asked (that is a Play's) or which server answers.
//
// On a machine of two cores the client takes its time from the server it
// measures, so it is as small as it can be. One thread serves all connections:
// it waits for any of them to become readable, reads an answer, and writes the
// next request. That is two system calls and a share of a third a request,
// no allocation and no change of threads: a third of what net/http takes.
//
//	  ┌──────────── readable ────────────┐
//	  ▼                                  │
//	read ─▶ parse ─▶ Play ─▶ write ─▶ wait for any connection
package load
