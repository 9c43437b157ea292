package domain

import (
	"cmp"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSourceText is the longest value of a campaign, in characters.
const maxSourceText = 100

// attribution is the part of a query that identifies a source.
type attribution struct {
	campaign Campaign
	utm      string // the first UTM field with a value, "" for none
	click    string // the click id that decides, "" for none
}

// parseAttribution reads a query: the names of parameters in any case, of several with
// one name the first with a value.
func (r SourceRules) parseAttribution(query string) attribution {
	var a attribution
	var ref string
	for name, pair := range queryPairs(query) {
		_, value, _ := strings.Cut(pair, "=")
		if field := a.campaign.field(name); field != nil {
			if *field == "" {
				*field = sourceText(value)
			}
		} else if name == "ref" {
			ref = cmp.Or(ref, sourceText(value))
		} else if _, ok := r.ClickIDs[name]; ok && hasValue(value) {
			a.click = r.stronger(a.click, name)
		}
	}
	a.utm = a.campaign.firstField()
	a.campaign.Source = cmp.Or(a.campaign.Source, ref, r.ClickIDs[a.click].Source)
	return a
}

// field returns the place of a UTM field, nil for any other parameter.
func (c *Campaign) field(name string) *string {
	switch name {
	case "utm_source":
		return &c.Source
	case "utm_medium":
		return &c.Medium
	case "utm_campaign":
		return &c.Name
	case "utm_term":
		return &c.Term
	case "utm_content":
		return &c.Content
	default:
		return nil
	}
}

// firstField is the name of the first field that has a value.
func (c *Campaign) firstField() string {
	for _, name := range []string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"} {
		if *c.field(name) != "" {
			return name
		}
	}
	return ""
}

// stronger returns the one of two click ids that decides, in whatever order they come:
// of an advertisement before any other, of mail last (a forwarded link keeps it), then
// by name.
func (r SourceRules) stronger(a, b string) string {
	if a == "" {
		return b
	}
	switch first, second := r.ClickIDs[a].rank(), r.ClickIDs[b].rank(); {
	case first == second:
		return min(a, b)
	case first < second:
		return a
	default:
		return b
	}
}

func (c ClickID) rank() int {
	const paid, organic, mail = 0, 1, 2
	switch {
	case c.Channel == SourceEmail:
		return mail
	case c.Channel == c.Channel.paid():
		return paid
	default:
		return organic
	}
}

// sourceText returns the canonical form of a value: decoded, in lower case, one space
// between words, at most maxSourceText characters, without control characters and those
// that change the direction of a text. A joiner stays inside a word: emoji and some
// scripts are written with it. A placeholder that was never filled in is "".
func sourceText(raw string) string {
	var b strings.Builder
	var before rune // a space or a joiner, written only before another character; 0 for none
	length := 0
	value := decoded(raw)
	for i, c := range value {
		if c == utf8.RuneError {
			c = byteAsRune(value[i:])
		}
		switch {
		case unicode.IsSpace(c):
			before = ' '
		case isJoiner(c):
			before = cmp.Or(before, c)
		case unicode.Is(unicode.Cc, c), unicode.Is(unicode.Cf, c):
		default:
			if length > 0 && before != 0 {
				length++
			} else {
				before = 0
			}
			if length++; length > maxSourceText {
				return filledIn(b.String())
			}
			if before != 0 {
				b.WriteRune(before)
			}
			b.WriteRune(unicode.ToLower(c))
			before = 0
		}
	}
	return filledIn(b.String())
}

// decoded returns a value of a query without its escapes. A value that was escaped twice
// is decoded twice; one with a bad escape stays as it is, but for + as a space.
func decoded(raw string) string {
	value, err := url.QueryUnescape(raw)
	if err != nil {
		return strings.ReplaceAll(raw, "+", " ")
	}
	if strings.IndexByte(value, '%') >= 0 && utf8.ValidString(value) {
		if again, err := url.PathUnescape(value); err == nil && utf8.ValidString(again) {
			return again
		}
	}
	return value
}

// windows1252 are the characters of the bytes 0x80 to 0x9F, as browsers read them; those
// of the bytes above are the same in Unicode.
var windows1252 = []rune("€�‚ƒ„…†‡ˆ‰Š‹Œ�Ž��‘’“”•–—˜™š›œ�žŸ")

// byteAsRune reads the first character of a text that is not UTF-8 there: older systems
// escape names in Windows-1252.
func byteAsRune(text string) rune {
	const first, last = 0x80, 0x9F
	if c, size := utf8.DecodeRuneInString(text); c != utf8.RuneError || size > 1 {
		return c
	}
	if b := text[0]; b >= first && b <= last {
		return windows1252[b-first]
	}
	return rune(text[0])
}

// hasValue reports whether sourceText of a value is not "". It is fast for click ids.
func hasValue(raw string) bool {
	if raw == "" {
		return false
	}
	c := raw[0] | 0x20
	if c >= 'a' && c <= 'z' && c != 'n' && c != 'u' || c >= '0' && c <= '9' {
		return true
	}
	return sourceText(raw) != ""
}

// isJoiner reports whether c is one of the two joiners of zero width.
func isJoiner(c rune) bool { return c == '\u200c' || c == '\u200d' }

// placeholders are the marks around the names of macros that advertisers and mailers
// fill in.
var placeholders = [][2]string{{"{", "}"}, {"${", "}"}, {"%%", "%%"}, {"__", "__"}, {"*|", "|*"}}

// filledIn returns a value in its canonical form, "" for a placeholder.
func filledIn(text string) string {
	switch text {
	case "":
		return ""
	case "null", "undefined", "(not set)", "[object object]":
		return ""
	}
	for _, p := range placeholders {
		if len(text) > len(p[0])+len(p[1]) && strings.HasPrefix(text, p[0]) && strings.HasSuffix(text, p[1]) {
			return ""
		}
	}
	return text
}

// SourceKey is the form in which SourceRules have names and mediums: "Paid_Social",
// "paid-social" and "paid social" are one.
func SourceKey(text string) string {
	if !strings.ContainsFunc(text, notKeyText) {
		return text
	}
	return strings.Map(func(c rune) rune {
		if isKeySeparator(c) {
			return -1
		}
		return unicode.ToLower(c)
	}, text)
}

func notKeyText(c rune) bool { return isKeySeparator(c) || c != unicode.ToLower(c) }

func isKeySeparator(c rune) bool { return c == '-' || c == '_' || c == ' ' }

// knownName finds the source that a utm_source or a ref names, by name, by host or by
// Android package, and the text that matched, "" for an unknown one.
func (r SourceRules) knownName(text string) (KnownSource, string) {
	if text == "" {
		return KnownSource{}, ""
	}
	if known, ok := r.Names[SourceKey(text)]; ok {
		return known, text
	}
	if !strings.Contains(text, ".") {
		return KnownSource{}, ""
	}
	if host, ok := r.Apps[text]; ok {
		text = host
	}
	return r.knownHost(withoutWWW(text))
}
