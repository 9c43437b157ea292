package architecture

import (
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxColumns  = 120 // of Go and Markdown; a tab counts as one
	longLiteral = 100 // a string literal of so many columns has no better place
	maxWords    = 30  // of a cell of SECURITY.md
)

// generatedPages are the Markdown files that a generator writes.
var generatedPages = []string{"docs/configuration.md"}

// lineLengths: a line of Go or Markdown fits beside another window. Rows of Markdown tables,
// lines without a space, struct tags and Go lines with one string literal of at least
// longLiteral columns may be longer.
func lineLengths(t *tree, r *report) {
	generated, exempt := map[string]bool{}, map[string]map[int]bool{}
	for _, f := range t.files {
		generated[f.path], exempt[f.path] = f.generated(), t.unbreakable(f)
	}
	t.texts(func(name, text string) {
		if generated[name] || slices.Contains(generatedPages, name) {
			return
		}
		r.looked++
		n := 0
		for line := range strings.Lines(text) {
			n++
			line = strings.TrimRight(line, "\r\n")
			columns := utf8.RuneCountInString(line)
			switch {
			case columns <= maxColumns, exempt[name][n], !strings.ContainsAny(strings.TrimSpace(line), " \t"):
			case strings.HasSuffix(name, ".md") && strings.HasPrefix(line, "|"):
			default:
				r.add(name, n, "%d columns, at most %d: wrap the line", columns, maxColumns)
			}
		}
	})
}

// unbreakable lists the lines of a file with a struct tag or a long string literal.
func (t *tree) unbreakable(f *file) map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Field:
			if n.Tag != nil {
				lines[t.line(n.Tag.Pos())] = true
			}
		case *ast.BasicLit:
			long := utf8.RuneCountInString(n.Value) >= longLiteral
			if n.Kind == token.STRING && long && !strings.Contains(n.Value, "\n") {
				lines[t.line(n.Pos())] = true
			}
		}
		return true
	})
	return lines
}

// texts calls visit for every Go and Markdown file that is not test data.
func (t *tree) texts(visit func(name, text string)) {
	_ = fs.WalkDir(t.fsys, ".", func(name string, entry fs.DirEntry, err error) error { // load has walked it before
		switch {
		case err != nil || entry.IsDir() && name != "." && skipped(entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go" && path.Ext(name) != ".md":
			return nil
		}
		text, err := fs.ReadFile(t.fsys, name)
		if err == nil {
			visit(name, string(text))
		}
		return nil
	})
}

// vague are the pronouns that hide a term: client, user, operator, attacker, recipient.
var vague = regexp.MustCompile(`(?i)\b(who|whom|whoever|somebody|nobody|anybody|everybody)\b`)

// terms: comments of the code that ships name things by the field's terms.
func terms(t *tree, r *report) {
	for _, f := range t.shipping() {
		if f.generated() {
			continue
		}
		r.looked++
		for _, group := range f.syntax.Comments {
			for _, comment := range group.List {
				for i, line := range strings.Split(comment.Text, "\n") {
					if word := vague.FindString(line); word != "" {
						r.add(f.path, t.line(comment.Pos())+i,
							"%q hides the term: say client, user, operator, recipient or attacker", strings.ToLower(word))
					}
				}
			}
		}
	}
}

// tableCells: a cell of SECURITY.md can be read at a glance.
func tableCells(t *tree, r *report) {
	text, err := fs.ReadFile(t.fsys, "SECURITY.md")
	if err != nil {
		return
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		if !strings.HasPrefix(line, "|") {
			continue
		}
		r.looked++
		for _, cell := range strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|") {
			if words := len(strings.Fields(cell)); words > maxWords {
				r.add("SECURITY.md", n,
					"a cell of %d words, at most %d: split the row, or move the detail below the table", words, maxWords)
			}
		}
	}
}
