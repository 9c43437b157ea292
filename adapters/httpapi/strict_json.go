package httpapi

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

// maxJSONDepth is how deep objects and arrays may lie in each other.
const maxJSONDepth = 32

// badJSON is what strict JSON refuses, in words that show nothing of the body.
type badJSON string

const (
	errJSONSyntax    badJSON = "Must be one JSON value in UTF-8 and nothing after it"
	errJSONDepth     badJSON = "Must not be nested deeper than 32 levels"
	errJSONDuplicate badJSON = "Must not give a member twice"
	errJSONText      badJSON = "Must not contain NUL or half of a surrogate pair"
	errJSONNoObject  badJSON = "Must be a JSON object"
)

func (e badJSON) Error() string { return string(e) }

// near says where it is: at the nth byte of the body.
func (e badJSON) near(n int) badJSON { return e + badJSON(" (see near byte "+strconv.Itoa(n)+")") }

// badJSONAt is badJSON that is inside of a body.
type badJSONAt struct {
	badJSON
	pointer string // RFC 6901
}

// maxPointer is how long a pointer may be, in bytes: names in a body may be as long as
// the body, and are not sent back at that length.
const maxPointer = 256

// below says that the value with what is wrong is a member or an element.
func below(name string, err error) error {
	wrong, ok := errors.AsType[badJSONAt](err)
	if !ok {
		wrong.badJSON, _ = errors.AsType[badJSON](err)
	}
	wrong.pointer = "/" + pointerToken.Replace(name) + wrong.pointer
	return wrong
}

// pointerToken writes a name as a part of a pointer.
var pointerToken = strings.NewReplacer("~", "~0", "/", "~1")

// pointerIn is where in a body something is wrong, "" for the body as a whole.
func pointerIn(err error) string {
	wrong, _ := errors.AsType[badJSONAt](err)
	if len(wrong.pointer) > maxPointer {
		return ""
	}
	return wrong.pointer
}

// jsonValue is one value of a body. Arrays are checked and forgotten: no member that
// is read can be one.
type jsonValue struct {
	kind    byte         // n(ull), s(tring), o(bject), or x for anything else
	text    string       // of a string; of a number or a boolean, as it was written
	members []jsonMember // of an object
}

type jsonMember struct {
	name  string
	value jsonValue
}

// member is the value of a name, or null. Names are compared byte by byte.
func (v jsonValue) member(name string) jsonValue {
	for i := range v.members {
		if v.members[i].name == name {
			return v.members[i].value
		}
	}
	return jsonValue{kind: 'n'}
}

// is reports whether a value is the same text, number or boolean as another.
func (v jsonValue) is(other jsonValue) bool {
	return v.kind == other.kind && v.text == other.text && (v.kind == 's' || v.kind == 'x' && v.text != "")
}

// parseJSON reads a body that is one JSON object (RFC 8259), and refuses what
// parsers are known to read in different ways (RFC 7493): a name given twice, at
// any depth, text that is not Unicode, and NUL. Whether it is JSON at all is for
// encoding/json to say, so that the reader below meets only what is, and never
// more levels than it may.
func parseJSON(body []byte) (jsonValue, error) {
	good, valid := checkJSON(body)
	switch {
	case tooDeep(body[:good]):
		return jsonValue{}, errJSONDepth
	case !valid:
		return jsonValue{}, errJSONSyntax.near(good)
	}
	r := jsonReader{rest: body}
	v, err := r.value()
	if err == nil && v.kind != 'o' {
		err = errJSONNoObject
	}
	return v, err
}

// checkJSON reports whether a body is JSON, and else how many bytes it takes to
// see that it is not.
func checkJSON(body []byte) (good int, valid bool) {
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

// tooDeep reports whether too many objects and arrays lie in each other, in JSON
// or in the beginning of it.
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
			if depth++; depth > maxJSONDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// jsonReader goes once through valid JSON, from left to right.
type jsonReader struct{ rest []byte }

// next takes white space, commas and colons, and then the first byte of a value
// or the last of what holds it.
func (r *jsonReader) next() byte {
	r.rest = bytes.TrimLeft(r.rest, " \t\r\n,:")
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

func (r *jsonReader) value() (jsonValue, error) { return r.valueFrom(r.next()) }

// valueFrom reads the value that begins with c.
func (r *jsonReader) valueFrom(c byte) (v jsonValue, err error) {
	switch v.kind = 'x'; c {
	case '"':
		v.kind = 's'
		v.text, err = r.text()
	case '{':
		v.kind = 'o'
		v.members, err = r.object()
	case '[':
		err = r.array()
	case 'n':
		v.kind = 'n'
		fallthrough
	default: // a word or a number
		after := bytes.TrimLeft(r.rest, "truefalsn0123456789+-.eE")
		v.text = string(c) + string(r.rest[:len(r.rest)-len(after)])
		r.rest = after
	}
	return v, err
}

func (r *jsonReader) object() (members []jsonMember, err error) {
	for r.next() != '}' {
		var m jsonMember
		if m.name, err = r.text(); err != nil {
			return nil, err
		}
		if m.value, err = r.value(); err != nil {
			return nil, below(m.name, err)
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b jsonMember) int { return strings.Compare(a.name, b.name) })
	for i := 1; i < len(members); i++ {
		if members[i-1].name == members[i].name {
			return nil, below(members[i].name, errJSONDuplicate)
		}
	}
	return members, nil
}

func (r *jsonReader) array() error {
	for i, c := 0, r.next(); c != ']'; i, c = i+1, r.next() {
		if _, err := r.valueFrom(c); err != nil {
			return below(strconv.Itoa(i), err)
		}
	}
	return nil
}

// text reads what follows a quotation mark, up to the closing one.
func (r *jsonReader) text() (string, error) {
	var before []byte // all up to the last escape
	for {
		n := bytes.IndexAny(r.rest, `"\`)
		plain, c := r.rest[:n], r.rest[n]
		r.rest = r.rest[n+1:]
		switch {
		case c == '\\':
			meant, ok := r.escape()
			if !ok {
				return "", errJSONText
			}
			before = utf8.AppendRune(append(before, plain...), meant)
		case before == nil:
			return string(plain), nil
		default:
			return string(append(before, plain...)), nil
		}
	}
}

// escape reads what follows a backslash. It is not ok when that is no character,
// or NUL.
func (r *jsonReader) escape() (meant rune, ok bool) {
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
func (r *jsonReader) hex() rune {
	c, _ := strconv.ParseUint(string(r.rest[1:5]), 16, 16) // valid, as all is
	r.rest = r.rest[5:]
	return rune(c)
}
