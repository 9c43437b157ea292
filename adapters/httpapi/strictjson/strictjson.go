// Package strictjson parses the JSON object of a request's body, and rejects what other
// parsers read in different ways. It knows nothing of HTTP.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of objects and arrays.
const maxDepth = 32

// syntaxError is a message that shows nothing of the body.
type syntaxError string

const (
	errSyntax    syntaxError = "Must be one JSON value in UTF-8 and nothing after it"
	errDepth     syntaxError = "Must not be nested deeper than 32 levels"
	errDuplicate syntaxError = "Must not give a member twice"
	errText      syntaxError = "Must not contain NUL or half of a surrogate pair"
	errNotObject syntaxError = "Must be a JSON object"
)

func (e syntaxError) Error() string { return string(e) }

// near adds the position: the nth byte of the body.
func (e syntaxError) near(n int) syntaxError {
	return e + syntaxError(" (see near byte "+strconv.Itoa(n)+")")
}

// errorAt is a syntaxError of one member or element.
type errorAt struct {
	syntaxError
	pointer string // RFC 6901
}

// maxPointer bounds a pointer, in bytes: a name may be as long as the body, and is not
// sent back at that length.
const maxPointer = 256

// below prefixes the pointer of an error with the name of a member or an index.
func below(name string, err error) error {
	wrong, ok := errors.AsType[errorAt](err)
	if !ok {
		wrong.syntaxError, _ = errors.AsType[syntaxError](err)
	}
	wrong.pointer = "/" + pointerToken.Replace(name) + wrong.pointer
	return wrong
}

// pointerToken escapes a name for a pointer.
var pointerToken = strings.NewReplacer("~", "~0", "/", "~1")

// Pointer is the JSON pointer (RFC 6901) of the value that an error of Parse is about,
// "" for the whole body.
func Pointer(err error) string {
	wrong, _ := errors.AsType[errorAt](err)
	if len(wrong.pointer) > maxPointer {
		return ""
	}
	return wrong.pointer
}

// Kind is the type of a value.
type Kind byte

// The kinds that callers tell apart.
const (
	Null   Kind = 'n'
	String Kind = 's'
	Object Kind = 'o'
	Other  Kind = 'x' // a number, a boolean or an array
)

// Value is a JSON value. Arrays are checked, and their elements are not kept.
type Value struct {
	Kind    Kind
	Text    string   // of a string; of a number or a boolean, as it was written
	members []member // of an object
}

type member struct {
	name  string
	value Value
}

// Member is the member of an object, or null. Names are compared byte by byte.
func (v Value) Member(name string) Value {
	for i := range v.members {
		if v.members[i].name == name {
			return v.members[i].value
		}
	}
	return Value{Kind: Null}
}

// Equal reports whether two values are the same string, number or boolean.
func (v Value) Equal(other Value) bool {
	return v.Kind == other.Kind && v.Text == other.Text && (v.Kind == String || v.Kind == Other && v.Text != "")
}

// Parse parses a body that is one JSON object (RFC 8259). It rejects what parsers are
// known to read in different ways (RFC 7493): a duplicate name, at any depth, text that
// is not Unicode, and NUL. encoding/json validates the syntax first, so that the reader
// below meets valid JSON of a bounded depth.
func Parse(body []byte) (Value, error) {
	good, valid := check(body)
	switch {
	case tooDeep(body[:good]):
		return Value{}, errDepth
	case !valid:
		return Value{}, errSyntax.near(good)
	}
	r := reader{rest: body}
	v, err := r.value()
	if err == nil && v.Kind != Object {
		err = errNotObject
	}
	return v, err
}

// check reports whether a body is JSON, and otherwise after how many bytes it is not.
func check(body []byte) (good int, valid bool) {
	if json.Valid(body) && utf8.Valid(body) {
		return len(body), true
	}
	good = len(body)
	var wrong *json.SyntaxError
	if errors.As(json.Unmarshal(body, &json.RawMessage{}), &wrong) {
		good = int(wrong.Offset)
	}
	for i := 0; i < good; {
		r, size := utf8.DecodeRune(body[i:])
		if i += size; r == utf8.RuneError && size == 1 {
			return i, false
		}
	}
	return good, false
}

// tooDeep reports whether objects and arrays are nested too deep, in JSON or in a prefix
// of it.
func tooDeep(body []byte) bool {
	depth, inText := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			inText = !inText
		case inText && c == '\\':
			i++ // what it escapes, be it a quotation mark
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// reader reads valid JSON once, from left to right.
type reader struct{ rest []byte }

// next skips white space, commas and colons, and reads the first byte of a value or the
// closing bracket of an object or array.
func (r *reader) next() byte {
	r.rest = bytes.TrimLeft(r.rest, " \t\r\n,:")
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *reader) value() (Value, error) { return r.valueFrom(r.next()) }

// valueFrom reads the value that begins with c.
func (r *reader) valueFrom(c byte) (v Value, err error) {
	switch v.Kind = Other; c {
	case '"':
		v.Kind = String
		v.Text, err = r.text()
	case '{':
		v.Kind = Object
		v.members, err = r.object()
	case '[':
		err = r.array()
	case 'n':
		v.Kind = Null
		fallthrough
	default: // a word or a number
		after := bytes.TrimLeft(r.rest, "truefalsn0123456789+-.eE")
		v.Text = string(c) + string(r.rest[:len(r.rest)-len(after)])
		r.rest = after
	}
	return v, err
}

func (r *reader) object() (members []member, err error) {
	for r.next() != '}' {
		var m member
		if m.name, err = r.text(); err != nil {
			return nil, err
		}
		if m.value, err = r.value(); err != nil {
			return nil, below(m.name, err)
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(members); i++ {
		if members[i-1].name == members[i].name {
			return nil, below(members[i].name, errDuplicate)
		}
	}
	return members, nil
}

func (r *reader) array() error {
	for i, c := 0, r.next(); c != ']'; i, c = i+1, r.next() {
		if _, err := r.valueFrom(c); err != nil {
			return below(strconv.Itoa(i), err)
		}
	}
	return nil
}

// text reads what follows a quotation mark, up to the closing one.
func (r *reader) text() (string, error) {
	var before []byte // all up to the last escape
	for {
		n := bytes.IndexAny(r.rest, `"\`)
		plain, c := r.rest[:n], r.rest[n]
		r.rest = r.rest[n+1:]
		switch {
		case c == '\\':
			meant, ok := r.escape()
			if !ok {
				return "", errText
			}
			before = utf8.AppendRune(append(before, plain...), meant)
		case before == nil:
			return string(plain), nil
		default:
			return string(append(before, plain...)), nil
		}
	}
}

// escape reads what follows a backslash. It is not ok for NUL and for half of a
// surrogate pair.
func (r *reader) escape() (meant rune, ok bool) {
	const signs, meanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if i := strings.IndexByte(signs, r.rest[0]); i >= 0 {
		r.rest = r.rest[1:]
		return rune(meanings[i]), true
	}
	meant = r.hex()
	if utf16.IsSurrogate(meant) {
		if !bytes.HasPrefix(r.rest, []byte(`\u`)) {
			return 0, false
		}
		r.rest = r.rest[1:]
		meant = utf16.DecodeRune(meant, r.hex())
		return meant, meant != utf8.RuneError // which no pair can mean
	}
	return meant, meant != 0
}

// hex reads a u and four digits.
func (r *reader) hex() rune {
	c, _ := strconv.ParseUint(string(r.rest[1:5]), 16, 16) // valid, as all is
	r.rest = r.rest[5:]
	return rune(c)
}
