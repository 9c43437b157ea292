package architecture

import (
	"slices"
	"strings"
)

// imports: who may import whom inside the tree.
func imports(t *tree, r *report) {
	for _, f := range t.product() {
		if _, ok := rowOf(f.dir()); !ok {
			r.add(f.path, 1, "Go has no place in this folder: move it to domain, application, adapters, bootstrap, cmd or test")
			continue
		}
		for _, i := range f.imports() {
			line := t.line(i.spec.Pos())
			if i.name == "." {
				r.add(f.path, line, "a dot import hides where names come from: import %s by its name", i.path)
			}
			to, inside := strings.CutPrefix(i.path, module+"/")
			if !inside {
				continue
			}
			r.looked++
			if !mayImport(f.dir(), to, f.test()) {
				r.add(f.path, line, "%s may not import %s: %s", unitOf(f.dir()), to, cure(f, to))
			}
		}
	}
}

// cure says what to do about a forbidden import.
func cure(f *file, to string) string {
	from := unitOf(f.dir())
	switch {
	case under(to, "test"):
		return "nothing that ships knows the tests; only _test.go files may"
	case under(from, "adapters") && under(to, "adapters"):
		return "adapters never know each other; what two need goes to adapters/internal or behind a port"
	case under(from, "adapters") && under(to, "application"):
		return "only adapters/httpapi drives use cases; ask for a port instead"
	case under(from, "bootstrap") && under(to, "bootstrap"):
		return "the rooms of bootstrap import downwards only: command, wiring, config, settings; move the shared part down"
	case under(from, "cmd"):
		return "a command knows bootstrap alone; offer there what it needs"
	case under(to, "bootstrap"):
		return "nobody but cmd, test/kit and test/acceptance knows the plug board; take what is needed as a parameter"
	case under(to, "adapters"):
		return "the core knows no technology; add a port to application/port and plug the adapter in bootstrap"
	}
	return "dependencies point inwards (adapters, application, port, domain); move the shared part inwards"
}

// technologies: third-party libraries stay in the unit that owns them.
func technologies(t *tree, r *report) {
	for _, f := range t.product() {
		for _, i := range f.imports() {
			if !strings.Contains(strings.Split(i.path, "/")[0], ".") || under(i.path, module) {
				continue
			}
			r.looked++
			if mayUse(f.dir(), i.path, f.test()) {
				continue
			}
			line, unit := t.line(i.spec.Pos()), unitOf(f.dir())
			switch {
			case owns(testLibraries, i.path):
				r.add(f.path, line, "%s is a test library: use it in _test.go files and in test only", i.path)
			case owner(i.path) != "":
				r.add(f.path, line, "%s belongs to %s: put a port between, or change technology in table.go", i.path, owner(i.path))
			default:
				r.add(f.path, line, "%s may not use %s: hide it in an adapter, or add it to technology in table.go", unit, i.path)
			}
		}
	}
}

// standardLibrary: the core keeps to what is pure.
func standardLibrary(t *tree, r *report) {
	for _, f := range t.shipping() {
		inDomain := under(f.path, "domain")
		if !inDomain && !under(f.path, "application") {
			continue
		}
		for _, i := range f.imports() {
			if strings.Contains(strings.Split(i.path, "/")[0], ".") {
				continue
			}
			r.looked++
			line := t.line(i.spec.Pos())
			switch {
			case inDomain && !slices.Contains(pure, i.path):
				r.add(f.path, line, "domain may not import %s: only pure packages (see table.go); ask for the value as a parameter",
					i.path)
			case !inDomain && slices.Contains(technical, i.path):
				r.add(f.path, line, "application may not import %s: that is an adapter's work; ask for it through a port", i.path)
			}
		}
	}
}
