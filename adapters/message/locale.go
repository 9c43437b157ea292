package message

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// preferences are the languages that a locale asks for, the best first: one tag
// ("pt-BR", "de_DE.UTF-8") or what a browser sends as Accept-Language. What is no
// language is left out.
func preferences(locale string) []language.Tag {
	type wish struct {
		tag    language.Tag
		weight float32
	}
	var wishes []wish
	for entry := range strings.SplitSeq(locale, ",") {
		name, weight, _ := strings.Cut(entry, ";")
		name, _, _ = strings.Cut(name, ".") // the encoding of a POSIX locale
		name, _, _ = strings.Cut(name, "@")
		if weight != "" {
			name += ";" + weight
		}
		tags, weights, err := language.ParseAcceptLanguage(name)
		if err != nil {
			continue
		}
		for i, tag := range tags {
			wishes = append(wishes, wish{tag, weights[i]})
		}
	}
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(b.weight, a.weight) })
	tags := make([]language.Tag, len(wishes))
	for i, w := range wishes {
		tags[i] = w.tag
	}
	return tags
}
