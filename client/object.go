package client

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxMembers limits the members of an object, so that the search for duplicates is
// cheap; doorcode's tokens have about a dozen.
const maxMembers = 64

// visitMembers calls visit for each member of a JSON object. It refuses anything but an
// object, more than maxMembers members, duplicate names, and escapes in names, so that
// a name has one spelling. Values are not checked here. The data must be valid JSON:
// the functions below rely on it.
func visitMembers(data []byte, visit func(name, value []byte) error) error {
	rest, isObject := bytes.CutPrefix(skipSpace(data), []byte("{"))
	if !isObject {
		return ErrMalformed
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
			return ErrMalformed
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

// readTexts reads a list of strings, or a string that stands for a list of one.
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

// readUserID reads a uuid, or an integer in decimal.
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

// readSeconds reads a time before the year 10000: a later one could overflow.
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

// isPositive reports whether text is a decimal number above 0.
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
