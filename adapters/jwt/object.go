package jwt

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// object encodes a JSON object member by member, in the order of the calls. Members
// without a value are omitted.
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

// appendText appends a string. Most strings need quotes only.
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

// maxMembers limits the members of an object, so that the search for duplicates is cheap.
const maxMembers = 32

// visitMembers calls visit for each member of a JSON object. It refuses anything but an
// object, more than maxMembers members, duplicate names, and escapes in names, so that
// a name has one spelling. Values are not checked here. The data must be valid JSON:
// the functions below rely on it.
func visitMembers(data []byte, visit func(name, value []byte) error) error {
	rest, isObject := bytes.CutPrefix(skipSpace(data), []byte("{"))
	if !isObject {
		return malformed
	}
	var names [maxMembers][]byte
	rest = skipSpace(rest)
	for n := 0; rest[0] != '}'; n++ {
		if n > 0 {
			rest = skipSpace(rest[1:]) // the comma
		}
		end := endOfString(rest)
		name := rest[1 : end-1]
		isName := func(other []byte) bool { return bytes.Equal(other, name) }
		if n == maxMembers || bytes.IndexByte(name, '\\') >= 0 || slices.ContainsFunc(names[:n], isName) {
			return malformed
		}
		names[n] = name
		rest = skipSpace(skipSpace(rest[end:])[1:]) // the colon
		end = endOfValue(rest)
		if err := visit(name, bytes.TrimRight(rest[:end], jsonSpace)); err != nil {
			return err
		}
		rest = rest[end:]
	}
	return nil
}

const jsonSpace = " \t\r\n"

func skipSpace(data []byte) []byte { return bytes.TrimLeft(data, jsonSpace) }

// endOfString is the index after the string that data begins with.
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

// endOfValue is the index of the comma or brace after the value that data begins with.
func endOfValue(data []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch data[i] {
		case '"':
			i += endOfString(data[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']', ',':
			if depth == 0 {
				return i
			}
			if data[i] != ',' {
				depth--
			}
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

// readTexts reads a list of strings, or a string that stands for a list of one.
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

// readNumber reads an integer, without fraction and exponent.
func readNumber(value []byte) (int64, error) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return 0, malformed
	}
	return n, nil
}
