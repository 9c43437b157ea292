// Package asynclog writes a log to an output that may be slow, or a pipe without a
// reader. Logging never blocks: lines go into a bounded buffer, one goroutine writes
// all that the buffer holds in one call, and lines without room are counted and
// reported.
//
//	slog ──▶ Write ──▶ buffer ──▶ one goroutine ──▶ output
//	                     │
//	                     └── full: dropped, counted, reported once the output moves
//
// It does not interpret lines, and has no levels.
package asynclog
