package sourcerules

import (
	_ "embed" // rules.txt
	"errors"
	"strings"

	"github.com/doorcode-auth/doorcode/domain"
)

// compiled is rules.yaml as the program carries it, a line an entry, with tabs between
// its parts and spaces between several of a kind. The tests write it.
//
//go:embed rules.txt
var compiled string

// What lines begin with, and how many parts they have.
const (
	sourceLine, sourceParts = "source", 6 // key, channel, name, hosts, names
	mediumLine, mediumParts = "medium", 3 // what it means, mediums
	clickLine, clickParts   = "click", 4  // parameter, source, channel
	pagesLine, pagesParts   = "pages", 3  // labels of dashboards, segments of paths
)

var errCompiled = errors.New("rules.txt is not what the tests write: run go test ./adapters/sourcerules -update")

// load fills a table with the product's own rules. Its texts are parts of the one
// that is embedded: nothing is copied.
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
		case parts[0] == mediumLine && len(parts) == mediumParts:
			for medium := range strings.FieldsSeq(parts[2]) {
				t.mediums[medium] = domain.SourceMedium(parts[1])
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
