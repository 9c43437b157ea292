package settings

import (
	"reflect"
	"strings"
	"time"
)

// Leaf is one key and the field that it fills.
type Leaf struct {
	Path    string   // "http.read_timeout"
	Doc     string   // what it means, for people
	Default string   // as text, "" if none
	Derived string   // where Default is computed: from what
	Secret  bool     // never shown
	OneOf   []string // all that it may be, empty for no such list

	min, max string        // of a number or a duration; of a text in bytes
	empty    bool          // "" is a value of its own
	twin     *Leaf         // the leaf that this one is another spelling of
	unit     time.Duration // of a twin: what one is
	field    reflect.Value
	origin   string // of the value, "" while it is the default
	text     string // of the value, as it was set
	unsafe   bool   // for production, with any value but none
	refused  bool   // what was set is no good value: the field has its default
}

// Variable is the name of the leaf's environment variable, after a prefix.
func (l *Leaf) Variable(prefix string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(l.Path, ".", "_"))
}

// Range says in words what is allowed, "" if nothing is said.
func (l *Leaf) Range() string {
	low, high := l.limits()
	length := ""
	if l.measured() {
		length = " bytes"
	}
	switch {
	case len(l.OneOf) > 0:
		return strings.Join(l.OneOf[:len(l.OneOf)-1], ", ") + " or " + l.OneOf[len(l.OneOf)-1]
	case low != "" && high != "":
		return low + " to " + high + length
	case low != "":
		return "at least " + low + length
	case high != "":
		return "at most " + high + length
	default:
		return ""
	}
}

// Entry is a leaf with its value, for people.
type Entry struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

// entry shows the value unless it is a secret.
func (l *Leaf) entry() Entry {
	e := Entry{Key: l.Path, Value: formatValue(l.field), Origin: l.origin}
	if l.Secret && e.Value != "" {
		e.Value = hidden
	}
	if shown, ok := l.field.Interface().(interface{ Redacted() string }); ok {
		e.Value = shown.Redacted()
	}
	if l.refused {
		e.Value = refused
	}
	if e.Origin == "" {
		e.Origin = "default"
	}
	return e
}

// refused stands for a value that is not a good one.
const refused = "[refused]"

// quotable is how long a text may be that is quoted, in bytes: shorter than a good
// key.
const quotable = 31

// quote is a refused text of the leaf, "" where it may be a secret.
func (l *Leaf) quote(text string) string {
	_, secret := l.field.Interface().(interface{ Reveal() string })
	before, _, at := strings.Cut(text, "@")
	if l.Secret || secret || len(text) > quotable || at && strings.Contains(before, ":") {
		return ""
	}
	return text
}
