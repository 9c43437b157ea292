// Package sourcerules reads the rules that classify the sources of users: search engines,
// social networks, assistants, mail providers, mediums and click ids. The rules are
// rules.yaml, with comments; a file of the operator overrides entries, and all mistakes
// in it are reported at once, with their cures.
//
// The program embeds the rules as rules.txt: parsing the YAML would add more than 3 ms
// and 2.7 MiB to every start. The tests generate it from rules.yaml (go test -update),
// and compare both.
//
//	rules.yaml ··▶ rules.txt ──┐
//	                           ├─▶ table ──▶ domain.SourceRules
//	 operator's file ──────────┘
//
// domain.SourceRules applies the rules to a URL.
package sourcerules
