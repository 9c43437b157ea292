package settings

import (
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Set is the leaves of some structs. Add the structs, Resolve the layers, then
// read the structs.
type Set struct {
	leaves   []*Leaf
	byPath   map[string]*Leaf
	sections map[string]bool
}

// NewSet makes an empty set.
func NewSet() *Set {
	return &Set{byPath: map[string]*Leaf{}, sections: map[string]bool{}}
}

// Add takes the fields of a struct, by pointer, as the keys of a section; "" is
// the top. What is in the fields is their default, unless they have a tag for
// it. The tags:
//
//	yaml:"key"              the key; "-" leaves the field out
//	doc:"A sentence."       what it means
//	default:"5m"            the default, as text
//	derived:"the host"      in words, a default that the caller computes (Set.Derive)
//	secret:"true"           the value is never shown
//	production:"refused"    in production it must have no value (Set.Unsafe)
//	min:"6" max:"10"        of a number or a duration; of a text in bytes
//	oneof:"text,json"       all that it may be
//	empty:"value"           "" in a file is a value and not nothing
//	twin:"key_hours=1h"     a second key for the value, in whole units
//
// It fails for a struct that cannot be a section: that is a mistake in a program
// and not in a configuration.
func (s *Set) Add(section string, target any) error {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("section %q: want a pointer to a struct, have %T", section, target)
	}
	return s.addStruct(section, v.Elem())
}

// Has reports whether there is a leaf of that path.
func (s *Set) Has(path string) bool { return s.byPath[path] != nil }

// HasSection reports whether leaves are below that path.
func (s *Set) HasSection(path string) bool { return s.sections[path] }

// Leaves are all leaves in the order of the structs, a twin after its own.
func (s *Set) Leaves() []*Leaf { return slices.Clone(s.leaves) }

// Entries are the values of all leaves but the twins, secrets hidden.
func (s *Set) Entries() []Entry {
	entries := make([]Entry, 0, len(s.leaves))
	for _, l := range s.leaves {
		if l.twin == nil {
			entries = append(entries, l.entry())
		}
	}
	return entries
}

// Origin is where the value of a leaf was set, "" if it is the default.
func (s *Set) Origin(path string) string {
	if l := s.byPath[path]; l != nil {
		return l.origin
	}
	return ""
}

// Unsafe is the paths of the leaves that have a value which production refuses.
func (s *Set) Unsafe() []string {
	var paths []string
	for _, l := range s.leaves {
		if l.unsafe && !l.field.IsZero() {
			paths = append(paths, l.Path)
		}
	}
	return paths
}

// Quote is the text that a leaf was set to, "" if it was not set or may be a
// secret.
func (s *Set) Quote(path string) string {
	if l := s.byPath[path]; l != nil {
		return l.quote(l.text)
	}
	return ""
}

// Warnings are what looks wrong in the values that Resolve has found: a secret
// with white space around it is more often pasted than meant.
func (s *Set) Warnings() Mistakes {
	var warnings Mistakes
	for _, l := range s.leaves {
		if l.Secret && l.text != strings.TrimSpace(l.text) {
			warnings = append(warnings, Mistake{
				Key: l.Path, Origin: l.origin, Problem: "begins or ends with white space, which counts",
				Cure: "take it out unless it is meant",
			})
		}
	}
	return warnings
}

// Derive fills a leaf that no layer has set with a value computed from others.
func (s *Set) Derive(path, value, origin string) error {
	l := s.byPath[path]
	switch {
	case l == nil:
		return fmt.Errorf("derive %s: no such key", path)
	case l.origin != "":
		return nil
	}
	l.origin = origin
	if cure := parseInto(l, Raw{Texts: []string{value}}); cure != "" {
		return fmt.Errorf("derive %s: %s", path, cure)
	}
	return nil
}

func (s *Set) addStruct(section string, v reflect.Value) error {
	if section != "" {
		s.sections[section] = true
	}
	for i := range v.NumField() {
		if err := s.addField(section, v.Type().Field(i), v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) addField(section string, f reflect.StructField, v reflect.Value) error {
	key := f.Tag.Get("yaml")
	switch {
	case !f.IsExported() || key == "-":
		return nil
	case !validKey.MatchString(key):
		return fmt.Errorf("field %s of section %q: want a tag yaml with a key of a-z, 0-9 and _", f.Name, section)
	}
	path := strings.TrimPrefix(section+"."+key, ".")
	if v.Kind() == reflect.Struct && !readsText(v) {
		return s.addStruct(path, v)
	}
	l := &Leaf{
		Path: path, Doc: f.Tag.Get("doc"), Default: f.Tag.Get("default"), Derived: f.Tag.Get("derived"),
		Secret: f.Tag.Get("secret") == "true" || v.Type() == reflect.TypeFor[Secret](),
		unsafe: f.Tag.Get("production") == "refused",
		min:    f.Tag.Get("min"), max: f.Tag.Get("max"), empty: f.Tag.Get("empty") == "value", field: v,
	}
	if list := f.Tag.Get("oneof"); list != "" {
		l.OneOf = strings.Split(list, ",")
	}
	if l.Default == "" && !l.Secret && !v.IsZero() {
		l.Default = formatValue(v)
	}
	if err := s.addLeaf(l); err != nil {
		return err
	}
	return s.addTwin(section, l, f.Tag.Get("twin"))
}

// validKey keeps variables readable: no key needs more.
var validKey = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// addLeaf fails for a field that no text can fill, or a default that is not valid.
func (s *Set) addLeaf(l *Leaf) error {
	if _, err := newValue(l.field.Type()); err != nil {
		return fmt.Errorf("key %s: %w", l.Path, err)
	}
	if l.Default != "" {
		if cure := parseInto(l, Raw{Texts: []string{l.Default}}); cure != "" {
			return fmt.Errorf("key %s: its default is wrong: %s", l.Path, cure)
		}
	}
	for _, other := range s.leaves {
		if other.Variable("") == l.Variable("") {
			return fmt.Errorf("keys %s and %s have the same environment variable", other.Path, l.Path)
		}
	}
	s.leaves = append(s.leaves, l)
	s.byPath[l.Path] = l
	return nil
}

// addTwin adds the second key of a duration: a whole number of units.
func (s *Set) addTwin(section string, of *Leaf, tag string) error {
	if tag == "" {
		return nil
	}
	key, each, _ := strings.Cut(tag, "=")
	unit, err := time.ParseDuration(each)
	if err != nil || unit <= 0 || of.field.Type() != reflect.TypeFor[time.Duration]() {
		return fmt.Errorf("key %s: want a duration with a tag twin as in key_hours=1h", of.Path)
	}
	path, units := strings.TrimPrefix(section+"."+key, "."), key[strings.LastIndexByte(key, '_')+1:]
	return s.addLeaf(&Leaf{
		Path: path, Doc: "The same as `" + of.Path + "`, as a whole number of " + units + ".",
		twin: of, unit: unit, field: of.field, min: of.min, max: of.max,
	})
}

// readsText reports whether a value reads itself from text.
func readsText(v reflect.Value) bool {
	_, ok := v.Addr().Interface().(encoding.TextUnmarshaler)
	return ok
}
