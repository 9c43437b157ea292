package jwt

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// object writes a JSON object member by member, in the order of the calls. What
// has no value is left out.
type object []byte

func (o *object) text(name, value string) {
	if value != "" {
		o.name(name)
		o.appendText(value)
	}
}

func (o *object) number(name string, value int64) {
	if value != 0 {
		o.name(name)
		*o = strconv.AppendInt(*o, value, 10)
	}
}

func (o *object) texts(name string, values []string) {
	if len(values) == 0 {
		return
	}
	o.name(name)
	for i, value := range values {
		separator := byte(',')
		if i == 0 {
			separator = '['
		}
		*o = append(*o, separator)
		o.appendText(value)
	}
	*o = append(*o, ']')
}

func (o *object) name(name string) {
	separator := byte(',')
	if len(*o) == 0 {
		separator = '{'
	}
	*o = append(strconv.AppendQuote(append(*o, separator), name), ':')
}

// appendText writes a string. Most need nothing but quotes around.
func (o *object) appendText(value string) {
	if strings.IndexFunc(value, needsEscape) < 0 {
		*o = append(append(append(*o, '"'), value...), '"')
		return
	}
	encoded, _ := json.Marshal(value) // a string can always be encoded
	*o = append(*o, encoded...)
}

func needsEscape(r rune) bool {
	return r < ' ' || r > '~' || r == '"' || r == '\\' || r == '<' || r == '>' || r == '&'
}

func (o *object) end() []byte { return append(*o, '}') }

// maxMembers bounds the members of an object, so that looking for names that come
// twice stays cheap.
const maxMembers = 32

// members calls visit for each member of a JSON object. It refuses what is no
// object, has too many members, or has a name twice, and names that are written
// with escapes, so that one name has one spelling. It looks no deeper: what is in
// a value is its reader's. The data must be valid JSON.
func members(data []byte, visit func(name, value []byte) error) error {
	rest, isObject := bytes.CutPrefix(skipSpace(data), []byte("{"))
	if !isObject {
		return malformed
	}
	var names [maxMembers][]byte
	for n := 0; ; n++ {
		rest = skipSpace(rest)
		if rest[0] == '}' {
			return nil
		}
		if n > 0 {
			rest = skipSpace(rest[1:]) // the comma
		}
		end := endOfString(rest)
		name := rest[1 : end-1]
		if n == maxMembers || bytes.IndexByte(name, '\\') >= 0 || contains(names[:n], name) {
			return malformed
		}
		names[n] = name
		rest = skipSpace(rest[end:])
		rest = skipSpace(rest[1:]) // the colon
		end = endOfValue(rest)
		if err := visit(name, rest[:end]); err != nil {
			return err
		}
		rest = rest[end:]
	}
}

func contains(names [][]byte, name []byte) bool {
	for _, n := range names {
		if bytes.Equal(n, name) {
			return true
		}
	}
	return false
}

// The functions below stand on valid JSON: what they look for is there.

func skipSpace(data []byte) []byte {
	for i, c := range data {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return data[i:]
		}
	}
	return nil
}

func endOfString(data []byte) int {
	for i := 1; ; i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// endOfValue is where the value ends that data begins with: after its string, at
// the bracket that closes it, or at what follows a number or a word.
func endOfValue(data []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch data[i] {
		case '"':
			i += endOfString(data[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 { // that of the object around a number or a word
				return i
			}
			depth--
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
}

// readText reads a string.
func readText(value []byte) (string, error) {
	if value[0] != '"' || !utf8.Valid(value) {
		return "", malformed
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1]), nil
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return "", malformed
	}
	return text, nil
}

// readTexts reads a list of strings, or one that stands for a list of itself.
func readTexts(value []byte) ([]string, error) {
	if value[0] == '"' {
		text, err := readText(value)
		return []string{text}, err
	}
	var texts []*string
	if value[0] != '[' || !utf8.Valid(value) || json.Unmarshal(value, &texts) != nil {
		return nil, malformed
	}
	list := make([]string, len(texts))
	for i, text := range texts {
		if text == nil {
			return nil, malformed
		}
		list[i] = *text
	}
	return list, nil
}

// readNumber reads a whole number, without fraction and exponent.
func readNumber(value []byte) (int64, error) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return 0, malformed
	}
	return n, nil
}
