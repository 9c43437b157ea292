package domain

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDisplayName is the longest display name, in characters.
const maxDisplayName = 200

// Display names of sources without a campaign or a foreign host.
const (
	directName    = "Direct"
	otherName     = "Other"
	dashboardName = "Dashboard"
	websiteName   = "Website Registration"
)

// displayName is the text that people read: "Facebook - Spring Campaign", "Dashboard", or
// the name of a host, followed by the source that ref names.
func (r SourceRules) displayName(s RegistrationSource) string {
	source, base := r.sourceName(s.Campaign.Source), ""
	switch s.Category {
	case CategoryCampaign:
		base, source = source, campaignName(s.Campaign.Name)
		if base == "" && source == "" {
			base = words(s.Campaign.Medium)
		}
	case CategoryDashboard:
		base = dashboardName
	case CategoryWebsite:
		base = websiteName
	default:
		base = s.Origin
	}
	name := cmp.Or(base, source, s.Origin)
	if base != "" && source != "" {
		name = base + " - " + source
	}
	return shortened(name, maxDisplayName)
}

// sourceName is the name of a utm_source or a ref: that of the rules, a host as it is,
// any other text as words.
func (r SourceRules) sourceName(text string) string {
	if known, ok := r.knownName(text); ok != "" {
		return known.Name
	}
	if host, ok := sourceHost(text); ok && strings.Contains(host, ".") {
		return host
	}
	return words(text)
}

// campaignName is the name of a campaign followed by the word.
func campaignName(text string) string {
	const word = "Campaign"
	name := words(text)
	if name == "" || strings.EqualFold(name[strings.LastIndexByte(name, ' ')+1:], word) {
		return name
	}
	return name + " " + word
}

// words splits a text of a URL into capitalized words: "spring_sale" is "Spring Sale".
// A text of separators alone stays as it is.
func words(text string) string {
	parts := strings.FieldsFunc(text, isWordSeparator)
	if len(parts) == 0 {
		return text
	}
	for i, part := range parts {
		first, size := utf8.DecodeRuneInString(part)
		parts[i] = string(unicode.ToTitle(first)) + part[size:]
	}
	return strings.Join(parts, " ")
}

func isWordSeparator(c rune) bool { return strings.ContainsRune("-_.+ ", c) }

// shortened is a text of at most n characters.
func shortened(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	return string(runes[:n-1]) + "…"
}
