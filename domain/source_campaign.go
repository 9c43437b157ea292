package domain

import (
	"cmp"
	"net/url"
	"strings"
	"unicode"
)

// maxSourceText is the maximum length of a campaign value, in characters.
const maxSourceText = 100

// attribution is the attribution parameters of a query.
type attribution struct {
	campaign Campaign
	utm      string // the first UTM parameter with a value, "" for none
	click    string // the click id that takes precedence, "" for none
}

// parseAttribution parses a query, which & alone separates. Names are case-insensitive,
// and the first value of a name that is not empty counts.
func (r SourceRules) parseAttribution(query string) attribution {
	var m attribution
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

// field is the field of a UTM parameter, nil for another name.
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

// firstField is the name of the first UTM parameter with a value.
func (c *Campaign) firstField() string {
	for _, name := range []string{"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"} {
		if *c.field(name) != "" {
			return name
		}
	}
	return ""
}

// better is the click id that takes precedence: a paid one, then the first by name.
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

// sourceText is the canonical form of a value: decoded once, unless it cannot be; lower
// case; single spaces; at most maxSourceText characters; without invisible and
// bidirectional formatting characters. Joiners inside a word stay: emoji and some
// scripts need them.
func sourceText(raw string) string {
	value, err := url.QueryUnescape(raw)
	if err != nil {
		value = strings.ReplaceAll(raw, "+", " ")
	}
	var b strings.Builder
	var before []rune // a pending space or joiner, dropped at the end
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

// SourceKey is the form of names and mediums in SourceRules: "Paid_Social",
// "paid-social" and "paid social" are equal.
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

// knownName finds the known source of a utm_source or ref, by name or by host, and the
// text that matched, "" for none.
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
