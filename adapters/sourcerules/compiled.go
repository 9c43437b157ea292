package sourcerules

import (
	_ "embed" // rules.txt
	"errors"
	"strings"

	"github.com/doorcode-auth/doorcode/domain"
)

// compiled is rules.yaml in lines of tab-separated columns; a column of several values is
// space-separated. The tests generate it.
//
//go:embed rules.txt
var compiled string

// Types of lines, and their numbers of columns.
const (
	sourceLine, sourceParts = "source", 6 // key, channel, name, hosts, names
	appLine, appParts       = "app", 3    // package, host
	mediumLine, mediumParts = "medium", 3 // meaning, mediums
	clickLine, clickParts   = "click", 4  // parameter, source, channel
	pagesLine, pagesParts   = "pages", 3  // dashboard labels, path segments
)

var errCompiled = errors.New("rules.txt is not what the tests write: run go test ./adapters/sourcerules -update")

// load fills a table with the embedded rules. Its strings share the memory of text.
func (t *table) load(text string) error {
	for line := range strings.Lines(text) {
		parts := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case parts[0] == sourceLine && len(parts) == sourceParts:
			key := parts[1]
			t.sources[key] = domain.KnownSource{Name: parts[3], Channel: domain.SourceChannel(parts[2])}
			for pattern := range strings.FieldsSeq(parts[4]) {
				t.hosts[pattern] = key
			}
			for name := range strings.FieldsSeq(parts[5]) {
				t.names[name] = key
			}
		case parts[0] == appLine && len(parts) == appParts:
			t.apps[parts[1]] = parts[2]
		case parts[0] == mediumLine && len(parts) == mediumParts:
			meaning := domain.SourceMedium(strings.TrimPrefix(parts[1], ignored))
			for medium := range strings.FieldsSeq(parts[2]) {
				t.mediums[medium] = meaning
			}
		case parts[0] == clickLine && len(parts) == clickParts:
			t.clicks[parts[1]] = domain.ClickID{Source: parts[2], Channel: domain.SourceChannel(parts[3])}
		case parts[0] == pagesLine && len(parts) == pagesParts:
			t.dashboards, t.paths = strings.Fields(parts[1]), strings.Fields(parts[2])
		default:
			return errCompiled
		}
	}
	return nil
}
