// Package sourcerules reads the table that says who people come from: search engines,
// networks, assistants, mail providers, what mediums and click ids mean. The table is
// rules.yaml, with comments for whoever edits it; a file of an operator's own is laid
// over it, and every mistake in that file is told at once, with its cure.
//
//	rules.yaml (embedded) ──┐
//	                        ├─▶ table ──▶ domain.SourceRules
//	own file ───────────────┘
//
// What a rule does with a URL is not decided here: that is domain.SourceRules.
package sourcerules
