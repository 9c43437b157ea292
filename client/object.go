package client

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxMembers bounds the members of an object, so that looking for names that come
// twice stays cheap; doorcode's tokens have about a dozen.
const maxMembers = 64

// members calls visit for each member of a JSON object. It refuses what is no object,
// has too many members, or has a name twice, and names that are written with escapes,
// so that one name has one spelling. It looks no deeper: what is in a value is its
// reader's. The data must be valid JSON.
func members(data []byte, visit func(name, value []byte) error) error {
	rest, isObject := bytes.CutPrefix(skipSpace(data), []byte("{"))
	if !isObject {
		return ErrMalformed
	}
	names := make([][]byte, 0, maxMembers)
	for {
		rest = skipSpace(rest)
		if rest[0] == '}' {
			return nil
		}
		if len(names) > 0 {
			rest = skipSpace(rest[1:]) // the comma
		}
		end := endOfString(rest)
		name := rest[1 : end-1]
		twice := slices.ContainsFunc(names, func(n []byte) bool { return bytes.Equal(n, name) })
		if twice || len(names) == maxMembers || bytes.IndexByte(name, '\\') >= 0 {
			return ErrMalformed
		}
		names = append(names, name)
		rest = skipSpace(rest[end:])
		rest = skipSpace(rest[1:]) // the colon
		end = endOfValue(rest)
		if err := visit(name, rest[:end]); err != nil {
			return err
		}
		rest = rest[end:]
	}
}

// The functions below stand on valid JSON: what they look for is there.

func skipSpace(data []byte) []byte { return bytes.TrimLeft(data, " \t\r\n") }

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

// endOfValue is where the value ends that data begins with: after its string, at the
// bracket that closes it, or at what follows a number or a word.
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

func readText(value []byte) (text string, err error) {
	if value[0] != '"' || !utf8.Valid(value) {
		return "", ErrMalformed
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1]), nil
	}
	if json.Unmarshal(value, &text) != nil {
		return "", ErrMalformed
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
		return nil, ErrMalformed
	}
	list := make([]string, len(texts))
	for i, text := range texts {
		if text == nil {
			return nil, ErrMalformed
		}
		list[i] = *text
	}
	return list, nil
}

// readUserID reads a uuid, or a number as it is written: whole numbers have one way.
func readUserID(value []byte) (string, error) {
	if value[0] != '"' {
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil {
			return "", ErrMalformed
		}
		return strconv.FormatInt(n, 10), nil
	}
	text, err := readText(value)
	if err == nil && !isUUID(text) {
		err = ErrIncomplete
	}
	return text, err
}

// readSeconds reads a time, as a whole number of seconds in this age: later ones could
// overflow.
func readSeconds(value []byte) (int64, error) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return 0, ErrMalformed
	}
	if n <= 0 || n > maxSeconds {
		return 0, ErrIncomplete
	}
	return n, nil
}

// isPositive reports whether text is a decimal number above 0, as readUserID returns
// one.
func isPositive(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && n > 0
}

// isUUID reports whether text is a UUID in its canonical form, lower case.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		c := text[i]
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if hyphen != (c == '-') || !hyphen && !hex {
			return false
		}
	}
	return true
}
