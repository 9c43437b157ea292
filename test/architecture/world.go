package architecture

import (
	"go/ast"
	"slices"
	"strings"
)

// environment: only bootstrap reads the environment.
func environment(t *tree, r *report) {
	readers := []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}
	for _, f := range t.shipping() {
		r.looked++
		if under(f.path, "bootstrap") {
			continue
		}
		f.selectors(func(target string, sel *ast.SelectorExpr) {
			if (target == "os" || target == "syscall") && slices.Contains(readers, sel.Sel.Name) {
				r.add(f.path, t.line(sel.Pos()), "%s.%s outside bootstrap: take the value from the adapter's Config",
					target, sel.Sel.Name)
			}
		})
	}
}

// timeAndChance: only adapters/system reads the clock of the machine or its randomness.
// An adapter may also read the clock for a socket's deadline, which the system compares
// with that clock: time.Now().Add(d) as the argument of Set*Deadline, and nowhere else.
func timeAndChance(t *tree, r *report) {
	clocks := []string{"Now", "Since", "Until"}
	chance := []string{"math/rand", "math/rand/v2", "crypto/rand"}
	for _, f := range t.shipping() {
		r.looked++
		if under(f.path, "adapters/system") {
			continue
		}
		for _, i := range f.imports() {
			if slices.Contains(chance, i.path) {
				r.add(f.path, t.line(i.spec.Pos()), "%s outside adapters/system: take port.Random", i.path)
			}
		}
		deadlines := socketDeadlines(f)
		f.selectors(func(target string, sel *ast.SelectorExpr) {
			if target == "time" && slices.Contains(clocks, sel.Sel.Name) && !deadlines[sel] {
				r.add(f.path, t.line(sel.Pos()), "time.%s outside adapters/system: take port.Clock", sel.Sel.Name)
			}
		})
	}
}

// socketDeadlines finds each time.Now of conn.SetDeadline(time.Now().Add(d)), and of the
// deadlines of reading and writing alone, in an adapter.
func socketDeadlines(f *file) map[*ast.SelectorExpr]bool {
	found := map[*ast.SelectorExpr]bool{}
	if !under(f.path, "adapters") {
		return found
	}
	setters := []string{"SetDeadline", "SetReadDeadline", "SetWriteDeadline"}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		name, set := called(n)
		if set == nil || !slices.Contains(setters, name) || len(set.Args) != 1 {
			return true
		}
		if name, add := called(set.Args[0]); name == "Add" {
			if name, now := called(add.Fun.(*ast.SelectorExpr).X); name == "Now" {
				found[now.Fun.(*ast.SelectorExpr)] = true
			}
		}
		return true
	})
	return found
}

// called is a call of a method, or of a package's function, and its name.
func called(n ast.Node) (string, *ast.CallExpr) {
	if call, ok := n.(*ast.CallExpr); ok {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			return sel.Sel.Name, call
		}
	}
	return "", nil
}

// initAndPanic: nothing runs before main, and nothing that ships panics. The injector
// of wire is a pattern that is never run.
func initAndPanic(t *tree, r *report) {
	for _, f := range t.shipping() {
		r.looked++
		for _, fn := range f.functions() {
			if fn.Recv == nil && fn.Name.Name == "init" {
				r.add(f.path, t.line(fn.Pos()), "init() works behind the reader's back: call it from a constructor")
			}
		}
		if under(f.path, "bootstrap/internal/wiring") && strings.HasPrefix(f.base(), "wire") {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if id, ok := call.Fun.(*ast.Ident); ok && id.Name == "panic" {
					r.add(f.path, t.line(call.Pos()), "panic in what ships: return an error that says what was being done")
				}
			}
			return true
		})
	}
}
