// Package architecture reads the source tree and tells where it leaves the shape
// that docs/architecture.md draws: who may import whom, how long a file may be,
// what a port must have.
//
// It owns the rules that can be seen in the source alone. It does not own the
// behaviour of anything (test/contract, test/acceptance), and it does not judge
// style (the linters of tools/go.mod). It uses nothing but the standard library
// and never type-checks, so that it answers in milliseconds, also when the tree
// does not build.
//
//	tree.go        the parsed tree            checks.go   the list of all rules
//	table.go       who may import whom, and which folder owns which technology
//	imports.go     holds the imports against table.go
//	ports.go       size of a port, one noun one file name, every promise proven
//	codes.go       which types can hold a one-time code
//	world.go       environment, time, chance, init, panic
//	sizes.go       files, functions, handlers, use cases, package docs
//	prose.go       line lengths, vague pronouns in comments, table cells
//	migrations.go  both dialects have the same ones; no lock stops sign-ins
//	where_is.go    the table "where is" of docs/architecture.md names what the tree has
//
// Each rule is a function over a tree. For each there is an archive of small files
// in testdata that breaks it, headed by the very lines the rule must report; a rule
// that stops seeing its violation fails its own test. A new rule is one function,
// one line in checks.go and one archive.
package architecture
