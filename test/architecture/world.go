package architecture

import (
	"go/ast"
	"slices"
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
				r.add(f.path, t.line(sel.Pos()), "%s.%s outside bootstrap: take the value from the adapter's Config", target, sel.Sel.Name)
			}
		})
	}
}

// timeAndChance: only adapters/system asks the clock of the machine or its randomness.
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
		f.selectors(func(target string, sel *ast.SelectorExpr) {
			if target == "time" && slices.Contains(clocks, sel.Sel.Name) {
				r.add(f.path, t.line(sel.Pos()), "time.%s outside adapters/system: take port.Clock", sel.Sel.Name)
			}
		})
	}
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
		if f.path == "bootstrap/wire.go" || f.path == "bootstrap/wire_gen.go" {
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
