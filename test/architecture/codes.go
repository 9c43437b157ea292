package architecture

import (
	"go/ast"
	"slices"
	"strings"
)

// code is the type whose holders are counted.
const code = "domain.Code"

// mayHoldCode lists the types that may have a one-time code in a field: the message on
// its way to a sender, and nothing that lives longer.
var mayHoldCode = []string{
	"application/port.CodeMessage",
	"application/delivery.Job", // a CodeMessage and its route
}

// holder is a declared type, or a struct without a name, with the types it contains.
type holder struct {
	name string // folder.Type; "" without a name
	file *file
	line int
	has  []string
}

// codeHolders: no type outside mayHoldCode can hold a domain.Code, neither directly nor
// through another type. Parameters, results and local variables may be codes: they end
// with their call.
func codeHolders(t *tree, r *report) {
	var all []holder
	for _, f := range t.shipping() {
		all = append(all, t.holders(f)...)
	}
	holding := map[string]bool{code: true}
	for grown := true; grown; {
		grown = false
		for _, h := range all {
			if h.name != "" && !holding[h.name] && slices.ContainsFunc(h.has, func(n string) bool { return holding[n] }) {
				holding[h.name], grown = true, true
			}
		}
	}
	for _, h := range all {
		r.looked++
		if h.name == code || slices.Contains(mayHoldCode, h.name) {
			continue
		}
		for _, what := range h.has {
			if holding[what] {
				r.add(h.file.path, h.line,
					"%s holds a code in a %s: pass it as a parameter and let it go, or list the type in mayHoldCode",
					typeName(h), what)
				break
			}
		}
	}
}

func typeName(h holder) string {
	if h.name == "" {
		return "a struct without a name"
	}
	return h.name
}

// holders lists the types of a file.
func (t *tree) holders(f *file) []holder {
	targets := map[string]string{} // name of an import -> folder of the tree
	for _, i := range f.imports() {
		if folder, ok := strings.CutPrefix(i.path, module+"/"); ok {
			targets[i.name] = folder
		}
	}
	var list []holder
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			name := f.dir() + "." + n.Name.Name
			list = append(list, holder{name: name, file: f, line: t.line(n.Pos()), has: contained(n.Type, f.dir(), targets)})
			return false
		case *ast.StructType:
			list = append(list, holder{file: f, line: t.line(n.Pos()), has: contained(n, f.dir(), targets)})
			return false
		}
		return true
	})
	return list
}

// contained lists the named types that a value of this type carries with it. Functions
// and interfaces carry none that their type would show.
func contained(e ast.Expr, dir string, targets map[string]string) []string {
	var list []string
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType, *ast.InterfaceType:
			return false
		case *ast.Field:
			list = append(list, contained(n.Type, dir, targets)...)
			return false
		case *ast.SelectorExpr:
			if pkg, ok := n.X.(*ast.Ident); ok && targets[pkg.Name] != "" {
				list = append(list, targets[pkg.Name]+"."+n.Sel.Name)
			}
			return false
		case *ast.Ident:
			list = append(list, dir+"."+n.Name)
		}
		return true
	})
	return list
}
