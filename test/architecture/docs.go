package architecture

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// packageDocs: every package says what it owns. A folder of tests alone says it too.
func packageDocs(t *tree, r *report) {
	documented := map[string]bool{}
	first := map[string]*file{}
	for _, f := range t.files {
		name := f.syntax.Name.Name
		if f.generated() || strings.HasSuffix(name, "_test") && t.hasPackage(f.dir(), strings.TrimSuffix(name, "_test")) {
			continue
		}
		key := f.dir() + " " + name
		if first[key] == nil {
			first[key] = f
			r.looked++
		}
		if doc := f.syntax.Doc.Text(); strings.HasPrefix(doc, "Package "+name+" ") || name == "main" && doc != "" {
			documented[key] = true
		}
	}
	for key, f := range first {
		if name := f.syntax.Name.Name; !documented[key] {
			r.add(f.path, t.line(f.syntax.Package),
				"package %s has no doc comment: write \"Package %s ...\", what it owns and what not", name, name)
		}
	}
}

// hasPackage says whether a folder has a package of this name.
func (t *tree) hasPackage(dir, name string) bool {
	return slices.ContainsFunc(t.files, func(f *file) bool { return f.dir() == dir && f.syntax.Name.Name == name })
}

// exportedDocs: every exported name has a sentence. The names of a package main and
// those of methods on unexported types are not checked.
func exportedDocs(t *tree, r *report) {
	for _, f := range t.files {
		if f.test() || f.generated() || f.syntax.Name.Name == "main" {
			continue
		}
		for _, decl := range f.syntax.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Name.IsExported() && (decl.Recv == nil || ast.IsExported(receiver(decl))) {
					t.wantDoc(r, f, decl.Name, decl.Doc)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					t.wantSpecDoc(r, f, decl, spec)
				}
			}
		}
	}
}

// wantSpecDoc asks a type, constant or variable for its sentence: above it, behind it,
// or above its group. A group of types has no sentence that could serve each.
func (t *tree) wantSpecDoc(r *report, f *file, group *ast.GenDecl, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() {
			doc := []*ast.CommentGroup{spec.Doc, spec.Comment}
			if group.Lparen == token.NoPos {
				doc = append(doc, group.Doc)
			}
			t.wantDoc(r, f, spec.Name, doc...)
		}
	case *ast.ValueSpec:
		for _, name := range spec.Names {
			if name.IsExported() {
				t.wantDoc(r, f, name, spec.Doc, spec.Comment, group.Doc)
			}
		}
	}
}

// wantDoc reports a name for which none of the comments says anything.
func (t *tree) wantDoc(r *report, f *file, name *ast.Ident, docs ...*ast.CommentGroup) {
	r.looked++
	for _, doc := range docs {
		if doc.Text() != "" {
			return
		}
	}
	r.add(f.path, t.line(name.Pos()),
		"%s is exported and has no comment: say in a sentence what it is, or unexport it", name.Name)
}

// receiver is the name of the type a method belongs to.
func receiver(fn *ast.FuncDecl) string {
	e := fn.Recv.List[0].Type
	for {
		switch inner := e.(type) {
		case *ast.StarExpr:
			e = inner.X
		case *ast.IndexExpr:
			e = inner.X
		case *ast.IndexListExpr:
			e = inner.X
		case *ast.Ident:
			return inner.Name
		default:
			return ""
		}
	}
}
