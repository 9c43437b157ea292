package architecture

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"unicode"
)

// maxMethods is the size of the biggest port.
const maxMethods = 5

// domainInterfaces: domain declares no interfaces. Constraints of generics
// are no interfaces in that sense.
func domainInterfaces(t *tree, r *report) {
	for _, f := range t.shipping() {
		if !under(f.path, "domain") {
			continue
		}
		r.looked++
		f.types(func(_ *ast.GenDecl, ts *ast.TypeSpec) {
			if it, ok := ts.Type.(*ast.InterfaceType); ok && slices.ContainsFunc(it.Methods.List, isMethod) {
				r.add(f.path, t.line(ts.Pos()), "domain has no interface: move %s to application/port", ts.Name.Name)
			}
		})
	}
}

// isMethod tells a method of an interface from an embedded type.
func isMethod(field *ast.Field) bool {
	_, ok := field.Type.(*ast.FuncType)
	return ok
}

// port is one interface of application/port.
type port struct {
	file *file
	spec *ast.TypeSpec
	kind *ast.InterfaceType
	doc  *ast.CommentGroup
}

func (p port) name() string { return p.spec.Name.Name }

// ports lists the interfaces of application/port.
func (t *tree) ports() []port {
	var list []port
	for _, f := range t.shipping() {
		if !under(f.path, "application/port") {
			continue
		}
		f.types(func(gen *ast.GenDecl, ts *ast.TypeSpec) {
			if it, ok := ts.Type.(*ast.InterfaceType); ok {
				doc := ts.Doc
				if doc == nil && !gen.Lparen.IsValid() {
					doc = gen.Doc
				}
				list = append(list, port{file: f, spec: ts, kind: it, doc: doc})
			}
		})
	}
	return list
}

// portSizes: a port is small and says what it promises.
func portSizes(t *tree, r *report) {
	all := t.ports()
	for _, p := range all {
		r.looked++
		line := t.line(p.spec.Pos())
		if n := methods(p.kind, all); n > maxMethods {
			r.add(p.file.path, line, "port %s has %d methods, at most %d: split it by purpose", p.name(), n, maxMethods)
		}
		if strings.TrimSpace(p.doc.Text()) == "" {
			r.add(p.file.path, line, "port %s has no doc comment: it is the contract", p.name())
		}
		for _, m := range p.kind.Methods.List {
			if isMethod(m) && strings.TrimSpace(m.Doc.Text()) == "" {
				r.add(p.file.path, t.line(m.Pos()), "%s.%s has no doc comment: say what it must do", p.name(), m.Names[0].Name)
			}
		}
	}
}

// methods counts what an interface asks for, with the ports it embeds.
func methods(kind *ast.InterfaceType, all []port) int {
	count := 0
	for _, field := range kind.Methods.List {
		count += len(field.Names)
		if id, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 {
			for _, p := range all {
				if p.name() == id.Name && p.kind != kind {
					count += methods(p.kind, all)
				}
			}
		}
	}
	return count
}

// portFiles: one noun, one file name. A file of application/port is called like an
// interface in it, and whatever bears the name of a port (an adapter's type, a contract
// suite, a mock) lies in a file of the same name.
func portFiles(t *tree, r *report) {
	home := map[string]string{} // port -> file name
	named := map[*file]bool{}
	var nouns []*file
	for _, p := range t.ports() {
		r.looked++
		home[p.name()] = p.file.base()
		if !slices.Contains(nouns, p.file) {
			nouns = append(nouns, p.file)
		}
		if snake(p.name())+".go" == p.file.base() {
			named[p.file] = true
		}
	}
	for _, f := range nouns {
		if !named[f] {
			r.add(f.path, 1, "no interface in it has the file's name: call the file like its port, in snake case")
		}
	}
	for _, f := range t.product() {
		if f.test() || !under(f.path, "adapters") && !under(f.path, "test") {
			continue
		}
		for name, pos := range exported(f) {
			if want, ok := home[name]; ok && f.base() != want {
				r.add(f.path, t.line(pos.Pos()), "%s bears the name of a port: move it to %s", name, path.Join(f.dir(), want))
			}
		}
	}
}

// exported lists the exported types and functions that a file declares.
func exported(f *file) map[string]ast.Node {
	names := map[string]ast.Node{}
	f.types(func(_ *ast.GenDecl, ts *ast.TypeSpec) { names[ts.Name.Name] = ts })
	for _, fn := range f.functions() {
		if fn.Recv == nil {
			names[fn.Name.Name] = fn
		}
	}
	for name := range names {
		if !ast.IsExported(name) {
			delete(names, name)
		}
	}
	return names
}

// snake spells a Go name the way files are named: OTPSecrets is otp_secrets.
func snake(name string) string {
	runes := []rune(name)
	var b strings.Builder
	for i, c := range runes {
		if i > 0 && unicode.IsUpper(c) {
			afterLower := !unicode.IsUpper(runes[i-1])
			beforeWord := i+2 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsLower(runes[i+2])
			if afterLower || beforeWord {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
