package settings

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Layer is values by path, all from one place.
type Layer map[string]Raw

// Resolve fills every leaf from the strongest layer that has a value for it, and
// returns all mistakes. A leaf with a mistake keeps its default. A value of
// nothing but space is none.
func (s *Set) Resolve(layers ...Layer) (mistakes Mistakes) {
	for _, layer := range layers {
		for _, path := range slices.Sorted(maps.Keys(layer)) {
			if !s.Has(path) {
				mistakes = append(mistakes, s.Unknown(path, layer[path].Origin))
			}
		}
	}
	for _, l := range s.leaves {
		if l.twin == nil {
			mistakes = append(mistakes, s.resolve(l, layers)...)
		}
	}
	return mistakes
}

// Unknown is what to say about a name that is no key.
func (s *Set) Unknown(path, origin string) Mistake {
	m := Mistake{Key: path, Origin: origin, Problem: "unknown key", Cure: "take it out"}
	parent, _, _ := strings.Cut(path, ".")
	if i := strings.LastIndexByte(path, '.'); i > 0 {
		parent = path[:i]
	}
	switch like := s.like(path); {
	case s.sections[path]:
		m.Problem, m.Cure = "is a section and has no value of its own", "put its keys below it"
	case parent != path && s.Has(parent):
		m.Cure = "give " + parent + " one value"
	case like != "":
		m.Cure = "take it out, or did you mean " + like + "?"
	}
	return m
}

// like is the path closest to an unknown name, "" if none is close: the same in another
// case, as a variable, or with a typing error.
func (s *Set) like(name string) string {
	asVariable := "_" + strings.ToUpper(strings.ReplaceAll(name, ".", "_"))
	best, paths := "", make([]string, len(s.leaves))
	for i, l := range s.leaves {
		paths[i] = l.Path
		if strings.HasSuffix(asVariable, l.Variable("_")) && len(l.Path) > len(best) {
			best = l.Path
		}
	}
	lower := strings.ToLower(name)
	return cmp.Or(best, nearest(lower, sameSection(lower, ".", paths)))
}

// resolve fills one leaf. It looks at both keys of a value in every layer: two
// in one layer are a mistake even where a stronger layer wins.
func (s *Set) resolve(l *Leaf, layers []Layer) (mistakes Mistakes) {
	keys := []*Leaf{l}
	for _, other := range s.leaves {
		if other.twin == l {
			keys = append(keys, other)
		}
	}
	var from *Leaf
	var raw Raw
	for _, layer := range layers {
		var set []*Leaf
		for _, k := range keys {
			if v, ok := layer[k.Path]; ok && (k.empty || !v.blank()) {
				set = append(set, k)
			}
		}
		if len(set) > 1 {
			mistakes = append(mistakes, Mistake{
				Key: set[0].Path, Origin: layer[set[0].Path].Origin,
				Problem: "set together with " + set[1].Path, Cure: "keep one of the two",
			})
		}
		if from == nil && len(set) > 0 {
			from, raw = set[0], layer[set[0].Path]
		}
	}
	if from == nil {
		return mistakes
	}
	l.origin, l.text = raw.Origin, strings.Join(raw.Texts, ",")
	if cure := parseInto(from, raw); cure != "" {
		l.refused = true
		mistakes = append(mistakes, Mistake{
			Key: from.Path, Origin: raw.Origin, Value: l.quote(l.text), Problem: "not a good value", Cure: cure,
		})
	}
	return mistakes
}
