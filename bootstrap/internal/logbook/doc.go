// Package logbook stands between a log and its output, which may be slow, or be a
// pipe that nobody reads. Whoever logs never waits: lines go into a room of a bounded
// size, one goroutine carries all that has gathered there to the output in one write,
// and lines that find no room are counted and told of.
//
//	slog ──▶ Write ──▶ room ──▶ one goroutine ──▶ output
//	                    │
//	                    └── full: dropped, counted, told once the output moves
//
// It does not know what a line says, and has no levels.
package logbook
