package config

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

// docsIntro is docs/configuration.md before its tables.
const docsIntro = `# Configuration

This page is generated from the code: ` + "`doorcode config docs`" + ` prints it.

Without any configuration doorcode starts on port 8000 with an SQLite file beside it and prints codes on its console.
` + "`doorcode config check`" + ` says what is wrong with a configuration, ` + "`doorcode config print`" +
	` shows every value and where it comes
from; secrets stay hidden.

## Where values come from

The first one that has a value wins:

1. flags: ` + "`--set otp.length=8`" + `, and short forms such as ` + "`--addr`" + `;
2. variables: ` + "`DOORCODE_`" + ` and the key in upper case, with ` + "`_`" + ` for the dots; or the same name and ` +
	"`_FILE`" + ` for the path of a
   file that has the value (a final newline is cut); both together are a mistake;
3. ` + "`DATABASE_URL`" + ` for ` + "`database.url`" + `, ` + "`PORT`" + ` for the port of ` + "`http.addr`" +
	`, whose host stays
   that of the file (` + "`127.0.0.1:8000`" + ` becomes ` + "`127.0.0.1:$PORT`" +
	`), and is every address of the machine if there is none;
4. a YAML file: ` + "`--config`" + ` or ` + "`DOORCODE_CONFIG`" + `;
5. the preset of the ` + "`environment`" + `;
6. the defaults.

An empty value is no value. Lists are written with commas, or as lists in YAML. Durations are written ` +
	"`90s`, `5m`, `2h`" + `; a
bare number is seconds. Rates are written ` + "`20/min`" + `; ` + "`0`" +
	` switches one off. An unknown key in a file is a mistake; an unknown
variable is a warning. The server tells all mistakes at once and then does not start.

Two variables are those of Go itself: without ` + "`GOGC`" + ` the server runs as with ` + "`GOGC=150`" + `, and ` +
	"`GOMEMLIMIT`" + ` bounds its memory.

## Presets
`

// WriteDocs writes docs/configuration.md: every key, from the tags of the
// configuration.
func WriteDocs(w io.Writer, providers []port.Provider) error {
	cfg, _, err := Read(Sources{}, providers)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(docsIntro)
	writePresets(&b)
	section, started := "", false
	for _, l := range cfg.keys.Leaves() {
		at := strings.Join(strings.Split(l.Path, ".")[:strings.Count(l.Path, ".")], ".")
		if !started || at != section {
			section, started = at, true
			writeHeading(&b, section, cfg.sections[section] != nil)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", l.Path, docsDefault(l), docsMeaning(l))
	}
	b.WriteString(docsChannels)
	_, err = io.WriteString(w, b.String())
	return err
}

// docsChannels tells of the keys that come with a provider of one's own.
const docsChannels = `
## Channels of other providers

A channel that a provider adds has a key of its own, ` + "`<channel>.providers`" +
	`, and the provider a section of its name.
`

func writeHeading(b *strings.Builder, section string, provider bool) {
	switch {
	case section == "":
		b.WriteString("\n## General\n")
	case provider:
		b.WriteString("\n## " + section + " (a provider)\n")
	default:
		b.WriteString("\n## " + section + "\n")
	}
	b.WriteString("\n| key | default | meaning |\n|---|---|---|\n")
}

func writePresets(b *strings.Builder) {
	environments := []Environment{Development, Production, Testing}
	keys := map[string]bool{}
	b.WriteString("\n| key |")
	for _, e := range environments {
		b.WriteString(" " + string(e) + " |")
		for key := range presets(e) {
			keys[key] = true
		}
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(environments)) + "\n")
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		b.WriteString("| `" + key + "` |")
		for _, e := range environments {
			if value := presets(e)[key]; value != "" {
				b.WriteString(" " + value)
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
}

func docsDefault(l *settings.Leaf) string {
	_, preset := presets(Development)[l.Path]
	switch {
	case l.Derived != "":
		return l.Derived
	case preset:
		return "by environment"
	case l.Default != "":
		return "`" + l.Default + "`"
	default:
		return ""
	}
}

// docsMeaning is what a key means, what it may be, and its variable.
func docsMeaning(l *settings.Leaf) string {
	text := l.Doc
	if allowed := l.Range(); allowed != "" {
		text += " Allowed: " + allowed + "."
	}
	return text + " `" + l.Variable(VariablePrefix) + "`"
}
