package architecture

import (
	"go/ast"
	"slices"
)

// The limits count whole lines, from the first of a declaration to its closing brace.
const (
	maxFile     = 800
	maxFunction = 80
	maxMain     = 40 // cmd/*/main.go
	maxHandler  = 15
)

// fileLengths: a file holds one idea, so it is short; main is the shortest.
func fileLengths(t *tree, r *report) {
	for _, f := range t.files {
		if f.generated() {
			continue
		}
		r.looked++
		if f.lines > maxFile {
			r.add(f.path, f.lines, "%d lines, at most %d: split it by idea", f.lines, maxFile)
		}
		if under(f.path, "cmd") && f.base() == "main.go" && f.lines > maxMain {
			r.add(f.path, f.lines, "%d lines, at most %d: move the work to a sub-command's file or to bootstrap",
				f.lines, maxMain)
		}
	}
}

// functionLengths: a function fits on a screen.
func functionLengths(t *tree, r *report) {
	for _, f := range t.files {
		if f.generated() {
			continue
		}
		for _, decl := range f.syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				r.looked++
				t.limitLines(r, f, fn, fn.Name.Name, maxFunction)
				continue
			}
			ast.Inspect(decl, func(n ast.Node) bool {
				lit, ok := n.(*ast.FuncLit)
				if ok {
					t.limitLines(r, f, lit, "a function of a variable", maxFunction)
				}
				return !ok
			})
		}
	}
}

// limitLines reports a function that covers more lines than it may.
func (t *tree) limitLines(r *report, f *file, n ast.Node, name string, limit int) {
	if lines := t.line(n.End()) - t.line(n.Pos()) + 1; lines > limit {
		r.add(f.path, t.line(n.Pos()), "%s has %d lines, at most %d: give its parts names", name, lines, limit)
	}
}

// handlerLengths: a handler binds, calls one use case, renders.
func handlerLengths(t *tree, r *report) {
	for _, f := range t.shipping() {
		if !under(f.path, "adapters/httpapi") {
			continue
		}
		for _, fn := range f.functions() {
			if isHandler(fn) {
				r.looked++
				t.limitLines(r, f, fn, "handler "+fn.Name.Name, maxHandler)
			}
		}
	}
}

// isHandler recognises func(*gin.Context) error.
func isHandler(fn *ast.FuncDecl) bool {
	in, out := fn.Type.Params, fn.Type.Results
	if in.NumFields() != 1 || out == nil || out.NumFields() != 1 {
		return false
	}
	result, ok := out.List[0].Type.(*ast.Ident)
	if !ok || result.Name != "error" {
		return false
	}
	pointer, ok := in.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	sel, ok := pointer.X.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "gin" && sel.Sel.Name == "Context"
}

// useCases: one use case a file.
func useCases(t *tree, r *report) {
	for _, f := range t.shipping() {
		if !under(f.path, "application") || under(f.path, "application/port") || f.dir() == "application" {
			continue
		}
		does := slices.DeleteFunc(f.functions(),
			func(fn *ast.FuncDecl) bool { return fn.Recv == nil || fn.Name.Name != "Do" })
		if len(does) == 0 {
			continue
		}
		r.looked++
		for _, do := range does[1:] {
			r.add(f.path, t.line(do.Pos()), "a second use case in one file: give it its own")
		}
	}
}
