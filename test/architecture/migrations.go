package architecture

import (
	"io/fs"
	"maps"
	"path"
	"slices"
)

// dialects are the folders that hold the same migrations in two languages.
var dialects = []string{"adapters/postgres/migrations", "adapters/sqlite/migrations"}

// migrations: each migration exists in both dialects, under the same name.
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
