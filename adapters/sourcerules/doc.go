// Package sourcerules reads the table that says who people come from: search engines,
// networks, assistants, mail providers, what mediums and click ids mean. The table is
// rules.yaml, with comments for whoever edits it; a file of an operator's own is laid
// over it, and every mistake in that file is told at once, with its cure.
//
// The program carries the table as rules.txt, which is read in a fraction of the time
// and shares its text; the tests write it from rules.yaml (go test -update), and hold
// both against each other.
//
//	rules.yaml ··▶ rules.txt ──┐
//	                           ├─▶ table ──▶ domain.SourceRules
//	             own file ─────┘
//
// What a rule does with a URL is not decided here: that is domain.SourceRules.
package sourcerules
