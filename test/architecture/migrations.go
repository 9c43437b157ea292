package architecture

import (
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// dialects are the folders that hold the same migrations in two languages.
var dialects = []string{"adapters/postgres/migrations", "adapters/sqlite/migrations"}

// migrations: each migration exists in both dialects, under the same name. Those of PostgreSQL
// run beside instances that serve: they bound the wait for locks, during which others queue,
// and hold no lock while rows are written or an index is built.
func migrations(t *tree, r *report) {
	have := map[string]map[string]bool{}
	all := map[string]bool{}
	for _, folder := range dialects {
		have[folder] = map[string]bool{}
		names, _ := fs.Glob(t.fsys, folder+"/*.sql") // fails on bad patterns only
		for _, name := range names {
			r.looked++
			have[folder][path.Base(name)] = true
			all[path.Base(name)] = true
			if folder == dialects[0] {
				text, _ := fs.ReadFile(t.fsys, name) // is listed
				postgresMigration(name, string(text), r)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, folder := range dialects {
			if !have[folder][name] {
				r.add(path.Join(folder, name), 1,
					"the other dialect has this migration: write it here too, even if it does nothing")
			}
		}
	}
}

var (
	sqlComment    = regexp.MustCompile(`--[^\n]*`)
	noTransaction = regexp.MustCompile(`(?m)^-- \+goose NO TRANSACTION$`)
	lockTimeout   = regexp.MustCompile(`(?i)^SET\s+(LOCAL\s+)?lock_timeout\b`)
	createTable   = regexp.MustCompile(`(?i)^CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)`)
	alterTable    = regexp.MustCompile(`(?i)^ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(\w+)`)
	changeRows    = regexp.MustCompile(
		`(?i)\b(?:UPDATE|INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO)\s+(?:ONLY\s+)?(\w+)`)
	createIndex = regexp.MustCompile(
		`(?i)^CREATE\s+(?:UNIQUE\s+)?INDEX\b(\s+CONCURRENTLY\b)?.*?\bON\s+(?:ONLY\s+)?(\w+)`)
	addKey = regexp.MustCompile(`(?i)\bADD\s+(?:CONSTRAINT\s+\w+\s+)?(?:UNIQUE|PRIMARY\s+KEY)\s*\(`)
)

// postgresMigration checks one file. A statement ends at a semicolon.
func postgresMigration(name, text string, r *report) {
	transaction := !noTransaction.MatchString(text)
	// Comments become as many spaces, so that statements keep their lines.
	text = sqlComment.ReplaceAllStringFunc(text, func(c string) string { return strings.Repeat(" ", len(c)) })
	line, limited := 1, false
	created, altered := map[string]bool{}, map[string]bool{}
	for statement := range strings.SplitAfterSeq(text, ";") {
		sql := strings.TrimSpace(statement)
		at := line + strings.Count(statement[:strings.Index(statement, sql)], "\n")
		line += strings.Count(statement, "\n")
		sql = strings.Join(strings.Fields(sql), " ")
		limited = limited || lockTimeout.MatchString(sql)
		if sql != "" && !limited {
			r.add(name, at, "bound the wait for locks first: SET LOCAL lock_timeout = '5s'")
			limited = true
		}
		if m := createTable.FindStringSubmatch(sql); m != nil {
			created[m[1]] = true
		}
		if m := alterTable.FindStringSubmatch(sql); m != nil {
			altered[m[1]] = true
			if addKey.MatchString(sql) && !created[m[1]] {
				r.add(name, at, "%s is locked while the key is built: create the index concurrently, then add it USING INDEX", m[1])
			}
		}
		if m := changeRows.FindStringSubmatch(sql); m != nil && altered[m[1]] {
			r.add(name, at, "%s is locked while its rows change: leave that to upkeep, in batches", m[1])
		}
		m := createIndex.FindStringSubmatch(sql)
		switch {
		case m == nil:
		case m[1] == "" && !created[m[2]]:
			r.add(name, at, "%s is locked while the index is built: CREATE INDEX CONCURRENTLY", m[2])
		case m[1] != "" && transaction:
			r.add(name, at, "no transaction can create an index concurrently: begin the file with -- +goose NO TRANSACTION")
		}
	}
}
