package architecture

import (
	"cmp"
	"fmt"
	"slices"
)

// check is one rule.
type check struct {
	// rule is its name in reports, and the name of its archive in testdata.
	rule string
	// needs is the folder it looks into. A tree that has the folder and gives the rule
	// nothing to look at has moved away from under it.
	needs string
	run   func(*tree, *report)
}

// checks lists every rule of the house.
func checks() []check {
	return []check{
		{"top-folders", ".", topFolders},
		{"imports", "domain", imports},
		{"technology", "adapters", technologies},
		{"standard-library", "domain", standardLibrary},
		{"package-doc", "domain", packageDocs},
		{"exported-doc", "domain", exportedDocs},
		{"line-length", "domain", lineLengths},
		{"terms", "domain", terms},
		{"table-cell", "docs", tableCells},
		{"file-length", "domain", fileLengths},
		{"function-length", "domain", functionLengths},
		{"handler-length", "adapters/httpapi", handlerLengths},
		{"domain-interface", "domain", domainInterfaces},
		{"port-size", "application/port", portSizes},
		{"port-file", "application/port", portFiles},
		{"promise", "application/port", promises},
		{"contract-run", "test/contract", contractRuns},
		{"use-case", "application", useCases},
		{"migrations", "adapters/postgres", migrations},
		{"where-is", "docs", whereIs},
		{"constant-time", "domain", constantTime},
		{"code-holder", "domain", codeHolders},
		{"environment", "bootstrap", environment},
		{"time-and-chance", "adapters/system", timeAndChance},
		{"init-and-panic", "domain", initAndPanic},
	}
}

// finding is one place that breaks a rule.
type finding struct {
	path string
	line int
	rule string
	text string // what is wrong, then the cure
}

// String is the finding as editors understand it: file:line: rule: text.
func (f finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.path, f.line, f.rule, f.text)
}

// report is what one rule says about one tree.
type report struct {
	rule     string
	looked   int // how many things the rule held against itself
	findings []finding
}

// add records a finding.
func (r *report) add(path string, line int, format string, args ...any) {
	r.findings = append(r.findings, finding{path: path, line: line, rule: r.rule, text: fmt.Sprintf(format, args...)})
}

// inspect runs one rule over a tree; the findings come in the order of the files.
func (c check) inspect(t *tree) *report {
	r := &report{rule: c.rule}
	c.run(t, r)
	slices.SortStableFunc(r.findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.line, b.line))
	})
	return r
}

// topFolders: the six folders that make the hexagon are there.
func topFolders(t *tree, r *report) {
	for _, folder := range []string{"domain", "application", "adapters", "bootstrap", "cmd", "test"} {
		r.looked++
		if !t.has(folder) {
			r.add(folder, 1, "the folder is missing: the hexagon has domain, application, adapters, bootstrap, cmd and test")
		}
	}
}
