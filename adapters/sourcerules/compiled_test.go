package sourcerules

import (
	"cmp"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write rules.txt anew")

// The embedded rules equal rules.yaml.
func TestCompiled_isTheTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("rules.yaml")
	require.NoError(t, err)
	want := newTable()
	require.Empty(t, want.overlay("rules.yaml", text))
	if *update {
		require.NoError(t, os.WriteFile("rules.txt", []byte(compile(want)), 0o644))
		t.Log("rules.txt is written: build again")
		return
	}
	require.Equal(t, compile(want), compiled, "rules.txt is stale: run go test ./adapters/sourcerules -update")
	got := newTable()
	require.NoError(t, got.load(compiled))
	require.Equal(t, want, got)
}

func TestCompiled_whatItRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"x\n", "\n", "source\ta\n", "medium\ta\n", "app\ta\n", "click\ta\tb\n", "pages\ta\n", "source\ta\tb\tc\td\te\tf\n",
	} {
		require.ErrorIs(t, newTable().load(text), errCompiled, "%q", text)
	}
}

// compile encodes a table for load.
func compile(t *table) string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.Join(parts, "\t") + "\n") }
	of := func(owners map[string]string, key string) string {
		others := func(text string) bool { return owners[text] != key }
		return strings.Join(slices.DeleteFunc(slices.Sorted(maps.Keys(owners)), others), " ")
	}
	for _, key := range slices.Sorted(maps.Keys(t.sources)) {
		source := t.sources[key]
		line(sourceLine, key, string(source.Channel), source.Name, of(t.hosts, key), of(t.names, key))
	}
	for _, name := range slices.Sorted(maps.Keys(t.apps)) {
		line(appLine, name, t.apps[name])
	}
	meanings := map[string][]string{}
	for _, medium := range slices.Sorted(maps.Keys(t.mediums)) {
		meaning := cmp.Or(string(t.mediums[medium]), ignored)
		meanings[meaning] = append(meanings[meaning], medium)
	}
	for _, meaning := range slices.Sorted(maps.Keys(meanings)) {
		line(mediumLine, meaning, strings.Join(meanings[meaning], " "))
	}
	for _, name := range slices.Sorted(maps.Keys(t.clicks)) {
		line(clickLine, name, t.clicks[name].Source, string(t.clicks[name].Channel))
	}
	line(pagesLine, strings.Join(t.dashboards, " "), strings.Join(t.paths, " "))
	return b.String()
}
