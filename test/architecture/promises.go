package architecture

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// promises: every sentence with "must" in the doc of a port is a subtest of its
// contract in the same words.
func promises(t *tree, r *report) {
	proven := map[string]map[string]bool{} // file name of a port -> what its contract says
	for _, p := range t.ports() {
		name := p.file.base()
		if proven[name] == nil {
			proven[name] = t.contractWords(name)
		}
		comments := []*ast.CommentGroup{p.doc}
		for _, m := range p.kind.Methods.List {
			comments = append(comments, m.Doc)
		}
		for _, doc := range comments {
			for _, sentence := range musts(doc) {
				r.looked++
				if !proven[name][plain(sentence)] {
					r.add(p.file.path, t.lineOf(doc, sentence), "no subtest says %q: prove it in %s, in the same words",
						sentence, path.Join("test/contract", name))
				}
			}
		}
	}
}

// contractWords collects the string literals of a port's contract: of the file with the
// port's name, and of those that continue it (otp_secrets.go, otp_secrets_races.go).
func (t *tree) contractWords(name string) map[string]bool {
	words := map[string]bool{}
	noun := strings.TrimSuffix(name, ".go")
	for _, f := range t.product() {
		if f.dir() != "test/contract" || f.base() != name && !strings.HasPrefix(f.base(), noun+"_") {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			expr, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, ok := literal(expr)
			if ok {
				words[plain(text)] = true
			}
			return !ok
		})
	}
	return words
}

// literal is the text of a string literal, or of a sum of them.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, err := strconv.Unquote(e.Value)
			return text, err == nil
		}
	case *ast.ParenExpr:
		return literal(e.X)
	case *ast.BinaryExpr:
		if left, ok := literal(e.X); ok && e.Op == token.ADD {
			right, ok := literal(e.Y)
			return left + right, ok
		}
	}
	return "", false
}

var (
	mustWord = regexp.MustCompile(`\bmust\b`)
	// A sentence ends before a capital letter (so "e.g." does not end one), a paragraph
	// at an empty line or before an item of a list.
	sentenceEnd  = regexp.MustCompile(`([.:!?])\s+(\p{Lu})`)
	paragraphEnd = regexp.MustCompile(`(?m)\n\s*\n|^\s*[-*]\s+`)
)

// musts lists the sentences of a comment that promise something.
func musts(doc *ast.CommentGroup) []string {
	var list []string
	for _, paragraph := range paragraphEnd.Split(doc.Text(), -1) {
		one := strings.Join(strings.Fields(paragraph), " ")
		for _, sentence := range strings.Split(sentenceEnd.ReplaceAllString(one, "$1\n$2"), "\n") {
			if mustWord.MatchString(sentence) {
				list = append(list, sentence)
			}
		}
	}
	return list
}

// lineOf is the line of a comment on which a sentence begins, as far as three words tell.
func (t *tree) lineOf(doc *ast.CommentGroup, sentence string) int {
	words := strings.Fields(sentence)
	begin := strings.Join(words[:min(3, len(words))], " ")
	for _, line := range doc.List {
		if strings.Contains(line.Text, begin) {
			return t.line(line.Pos())
		}
	}
	return t.line(doc.Pos())
}

// plain is the form in which a promise and the name of a subtest are compared: white
// space and underscores are one, the final full stop is none.
func plain(text string) string {
	text = strings.Join(strings.Fields(strings.ReplaceAll(text, "_", " ")), " ")
	return strings.TrimRight(text, ".:")
}

// contractRuns: a contract that no test runs proves nothing, and one that runs against
// one database must run against the other.
func contractRuns(t *tree, r *report) {
	ran := map[string]map[string]bool{} // suite -> adapters whose tests run it
	for _, f := range t.product() {
		if !f.test() || !under(f.path, "adapters") {
			continue
		}
		f.selectors(func(target string, sel *ast.SelectorExpr) {
			if target == module+"/test/contract" {
				if ran[sel.Sel.Name] == nil {
					ran[sel.Sel.Name] = map[string]bool{}
				}
				ran[sel.Sel.Name][f.dir()] = true
			}
		})
	}
	for _, f := range t.product() {
		if f.dir() != "test/contract" || f.test() {
			continue
		}
		for _, fn := range f.functions() {
			if !isSuite(fn) {
				continue
			}
			r.looked++
			where, line := ran[fn.Name.Name], t.line(fn.Pos())
			postgres, sqlite := where["adapters/postgres"], where["adapters/sqlite"]
			switch {
			case len(where) == 0:
				r.add(f.path, line, "no adapter's test runs the suite %s: call it from those of each adapter of the port",
					fn.Name.Name)
			case postgres && !sqlite:
				r.add(f.path, line, "adapters/postgres runs the suite %s, adapters/sqlite does not: run it there too", fn.Name.Name)
			case sqlite && !postgres:
				r.add(f.path, line, "adapters/sqlite runs the suite %s, adapters/postgres does not: run it there too", fn.Name.Name)
			}
		}
	}
}

// isSuite recognises an exported func(t *testing.T, ...).
func isSuite(fn *ast.FuncDecl) bool {
	if fn.Recv != nil || !fn.Name.IsExported() || fn.Type.Params.NumFields() == 0 {
		return false
	}
	pointer, ok := fn.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	sel, ok := pointer.X.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "T"
}
