package domain

import (
	"cmp"
	"net/url"
	"strings"
	"unicode"
)

// maxSourceText is the longest value of a campaign, in characters.
const maxSourceText = 100

// marks are what a query says of a source.
type marks struct {
	campaign Campaign
	utm      string // the first UTM field that says something, "" for none
	click    string // the click id that tells most, "" for none
}

// readMarks reads a query: names in any letters, the first of several that say
// something, & between them and nothing else.
func (r SourceRules) readMarks(query string) marks {
	var m marks
	var ref string
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		name = strings.ToLower(name)
		if field := m.campaign.field(name); field != nil {
			if *field == "" {
				*field = sourceText(value)
			}
		} else if name == "ref" {
			ref = cmp.Or(ref, sourceText(value))
		} else if _, ok := r.ClickIDs[name]; ok && value != "" {
			m.click = r.better(m.click, name)
		}
	}
	m.utm = m.campaign.firstField()
	m.campaign.Source = cmp.Or(m.campaign.Source, ref, r.ClickIDs[m.click].Source)
	return m
}

// field is where a UTM field is kept, nil for what is none.
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

// better is the one of two click ids that decides, whatever their order: a paid one,
// then the first by name.
func (r SourceRules) better(a, b string) string {
	if a == "" {
		return b
	}
	first, second := r.ClickIDs[a].Channel, r.ClickIDs[b].Channel
	switch paidA, paidB := first == first.paid(), second == second.paid(); {
	case paidA == paidB:
		return min(a, b)
	case paidA:
		return a
	default:
		return b
	}
}

// sourceText is the one form of a value: decoded once, or as it stands where that
// cannot be; in lower case; one space between words; at most maxSourceText characters;
// without what nobody sees and what turns the direction of a text. A joiner stays
// inside a word: emoji and some scripts are written with it.
func sourceText(raw string) string {
	value, err := url.QueryUnescape(raw)
	if err != nil {
		value = strings.ReplaceAll(raw, "+", " ")
	}
	var b strings.Builder
	var before []rune // a space or a joiner, which needs something behind it
	length := 0
	for _, c := range value {
		switch {
		case unicode.IsSpace(c):
			before = append(before[:0], ' ')
		case isJoiner(c):
			if len(before) == 0 {
				before = append(before, c)
			}
		case unicode.Is(unicode.Cc, c), unicode.Is(unicode.Cf, c):
		default:
			if length == 0 {
				before = before[:0]
			}
			length += len(before) + 1
			if length > maxSourceText {
				return b.String()
			}
			b.WriteString(string(before))
			b.WriteRune(unicode.ToLower(c))
			before = before[:0]
		}
	}
	return b.String()
}

// isJoiner reports whether c is one of the two joiners of zero width.
func isJoiner(c rune) bool { return c == '\u200c' || c == '\u200d' }

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

// knownName finds who a utm_source or a ref names, by name or by host; the text that
// found it is "" for nobody.
func (r SourceRules) knownName(text string) (KnownSource, string) {
	if text == "" {
		return KnownSource{}, ""
	}
	if known, ok := r.Names[SourceKey(text)]; ok {
		return known, text
	}
	if strings.Contains(text, ".") {
		return r.knownHost(withoutWWW(text))
	}
	return KnownSource{}, ""
}
