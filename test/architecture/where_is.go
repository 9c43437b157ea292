package architecture

import (
	"bytes"
	"go/ast"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// whereIsPage has the table that answers where something is, under whereIsTitle.
const (
	whereIsPage  = "docs/architecture.md"
	whereIsTitle = "## Where is"
)

// whereIsRow matches | question | `file` | `symbol` |.
var whereIsRow = regexp.MustCompile("^\\| [^|]+ \\| `([^`|]+)` \\| `([^`|]+)` \\|$")

// whereIs: each row of the table "where is" names a file and a symbol that it declares.
func whereIs(t *tree, r *report) {
	page, err := fs.ReadFile(t.fsys, whereIsPage)
	if err != nil {
		return // the rule reports that it found nothing
	}
	line, inside := 0, false
	for text := range strings.Lines(string(page)) {
		line++
		text = strings.TrimSpace(text)
		if strings.HasPrefix(text, "#") {
			inside = text == whereIsTitle
		}
		heading := strings.HasPrefix(text, "|--") || strings.HasSuffix(text, "| symbol |")
		if !inside || heading || !strings.HasPrefix(text, "|") {
			continue
		}
		r.looked++
		row := whereIsRow.FindStringSubmatch(text)
		if row == nil {
			r.add(whereIsPage, line, "not a row of the table: write | question | `file` | `symbol` |")
			continue
		}
		source, err := fs.ReadFile(t.fsys, row[1])
		switch {
		case err != nil:
			r.add(whereIsPage, line, "there is no file %s: name the file that has %s now", row[1], row[2])
		case !t.declares(row[1], row[2], source):
			r.add(whereIsPage, line, "%s does not declare %s: name the symbol that answers the question now", row[1], row[2])
		}
	}
}

// declares reports whether a Go file declares a function, Type.Method, type, constant or
// variable. Any other file must contain the symbol.
func (t *tree) declares(name, symbol string, source []byte) bool {
	if !strings.HasSuffix(name, ".go") {
		return bytes.Contains(source, []byte(symbol))
	}
	i := slices.IndexFunc(t.files, func(f *file) bool { return f.path == name })
	return i >= 0 && slices.Contains(t.files[i].symbols(), symbol)
}

// symbols lists what is declared at the top of the file.
func (f *file) symbols() []string {
	var list []string
	for _, decl := range f.syntax.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			name := decl.Name.Name
			if decl.Recv != nil {
				name = receiver(decl) + "." + name
			}
			list = append(list, name)
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					list = append(list, spec.Name.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						list = append(list, name.Name)
					}
				}
			}
		}
	}
	return list
}
