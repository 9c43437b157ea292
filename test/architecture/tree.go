package architecture

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the import path of the product's own module.
const module = "github.com/doorcode-auth/doorcode"

// tree is the source of the product as far as the rules need it: every Go file
// outside testdata and hidden folders, and the file system for all the rest.
type tree struct {
	fsys  fs.FS
	fset  *token.FileSet
	files []*file
}

// file is one parsed Go file.
type file struct {
	path   string // from the root of the tree, with slashes
	module string // folder of the nearest go.mod; "." is the product's own
	lines  int
	syntax *ast.File
}

// load parses all Go files of fsys. A file that does not parse is an error: no rule
// could be trusted with half a tree.
func load(fsys fs.FS) (*tree, error) {
	t := &tree{fsys: fsys, fset: token.NewFileSet()}
	modules := map[string]bool{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch base := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && skipped(base):
			return fs.SkipDir
		case base == "go.mod":
			modules[path.Dir(name)] = true
		case !entry.IsDir() && strings.HasSuffix(base, ".go"):
			return t.parse(name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read source tree: %w", err)
	}
	for _, f := range t.files {
		f.module = "."
		for dir := f.dir(); dir != "."; dir = path.Dir(dir) {
			if modules[dir] {
				f.module = dir
				break
			}
		}
	}
	return t, nil
}

// skipped says which folders the go command does not build, or that hold code of others.
func skipped(folder string) bool {
	return strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_") ||
		slices.Contains([]string{"testdata", "vendor", "node_modules", "bin"}, folder)
}

func (t *tree) parse(name string) error {
	source, err := fs.ReadFile(t.fsys, name)
	if err != nil {
		return fmt.Errorf("read source: %w", err)
	}
	syntax, err := parser.ParseFile(t.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse source: %w", err)
	}
	t.files = append(t.files, &file{path: name, lines: bytes.Count(source, []byte("\n")), syntax: syntax})
	return nil
}

// product yields the files of the product's own module, without those of modules that
// lie in its tree (client, tools).
func (t *tree) product() []*file {
	return slices.DeleteFunc(slices.Clone(t.files), func(f *file) bool { return f.module != "." })
}

// shipping yields the files that end up in the binary.
func (t *tree) shipping() []*file {
	return slices.DeleteFunc(t.product(), func(f *file) bool { return f.test() || under(f.path, "test") })
}

// has says whether the tree has this folder.
func (t *tree) has(folder string) bool {
	info, err := fs.Stat(t.fsys, folder)
	return err == nil && info.IsDir()
}

// line is the line of a position in its file.
func (t *tree) line(pos token.Pos) int { return t.fset.Position(pos).Line }

// under says whether a path is a folder or lies in it.
func under(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}

func (f *file) dir() string  { return path.Dir(f.path) }
func (f *file) base() string { return path.Base(f.path) }
func (f *file) test() bool   { return strings.HasSuffix(f.path, "_test.go") }

// generated says whether a generator wrote the file, and only where generators may
// write: the marker alone lets no file off.
func (f *file) generated() bool {
	return ast.IsGenerated(f.syntax) && (f.base() == "wire_gen.go" || under(f.path, "test/mocks"))
}

// imported is one import of a file: its path and the name it has there.
type imported struct {
	spec *ast.ImportSpec
	path string
	name string
}

// imports lists what the file imports.
func (f *file) imports() []imported {
	var list []imported
	for _, spec := range f.syntax.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser lets no such literal through
		}
		name := importName(target)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		list = append(list, imported{spec: spec, path: target, name: name})
	}
	return list
}

// importName is the name a package has by convention: the last element of its path
// that is no major version.
func importName(target string) string {
	base := path.Base(target)
	if major, ok := strings.CutPrefix(base, "v"); ok && path.Dir(target) != "." {
		if _, err := strconv.Atoi(major); err == nil {
			return path.Base(path.Dir(target))
		}
	}
	return base
}

// selectors calls visit for every pkg.Name in the file whose pkg is an import, with
// the path of that import.
func (f *file) selectors(visit func(target string, sel *ast.SelectorExpr)) {
	targets := map[string]string{}
	for _, i := range f.imports() {
		targets[i.name] = i.path
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && targets[id.Name] != "" {
				visit(targets[id.Name], sel)
			}
		}
		return true
	})
}

// types calls visit for every type that is declared at the top of the file.
func (f *file) types(visit func(*ast.GenDecl, *ast.TypeSpec)) {
	for _, decl := range f.syntax.Decls {
		if gen, ok := decl.(*ast.GenDecl); ok {
			for _, spec := range gen.Specs {
				if ts, ok := spec.(*ast.TypeSpec); ok {
					visit(gen, ts)
				}
			}
		}
	}
}

// functions lists the functions and methods that are declared in the file.
func (f *file) functions() []*ast.FuncDecl {
	var list []*ast.FuncDecl
	for _, decl := range f.syntax.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			list = append(list, fn)
		}
	}
	return list
}
