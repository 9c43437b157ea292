package config

import (
	"cmp"
	_ "embed"
	"io"
	"strings"
	"text/template"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

// docsTemplate is docs/configuration.md without its tables.
//
//go:embed configuration.md.tmpl
var docsTemplate string

// WriteDocs writes docs/configuration.md: every key, from the tags of the configuration.
func WriteDocs(w io.Writer, providers []port.Provider) error {
	cfg, _, err := Read(Sources{}, providers)
	if err != nil {
		return err
	}
	page, err := template.New("configuration.md").Parse(docsTemplate)
	if err != nil {
		return err
	}
	type key struct{ Path, Default, Meaning string }
	type section struct {
		Title string
		Keys  []key
	}
	var sections []section
	for _, l := range cfg.keys.Leaves() {
		name := l.Path[:max(0, strings.LastIndexByte(l.Path, '.'))]
		title := cmp.Or(name, "General")
		if cfg.sections[name] != nil {
			title += " (a provider)"
		}
		if len(sections) == 0 || sections[len(sections)-1].Title != title {
			sections = append(sections, section{Title: title})
		}
		last := &sections[len(sections)-1]
		last.Keys = append(last.Keys, key{l.Path, docsDefault(l), docsMeaning(l)})
	}
	return page.Execute(w, map[string]any{"Environments": environments, "Presets": presetTable, "Sections": sections})
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
