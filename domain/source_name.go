package domain

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDisplayName is the maximum length of a display name, in characters.
const maxDisplayName = 200

// Display names that do not depend on the URL.
const (
	directName    = "Direct"
	otherName     = "Other"
	dashboardName = "Dashboard"
	websiteName   = "Website Registration"
)

// displayName is "Facebook - Spring Campaign", "Dashboard", or the name of a host and
// then the ref.
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

// sourceName is the name of a utm_source or ref: its known name, a host as it is,
// anything else in title case.
func (r SourceRules) sourceName(text string) string {
	if known, ok := r.knownName(text); ok != "" {
		return known.Name
	}
	if host, ok := sourceHost(text); ok && strings.Contains(host, ".") {
		return host
	}
	return words(text)
}

// campaignName is the name of a campaign, followed by the word Campaign.
func campaignName(text string) string {
	const word = "Campaign"
	name := words(text)
	if name == "" || strings.EqualFold(name[strings.LastIndexByte(name, ' ')+1:], word) {
		return name
	}
	return name + " " + word
}

// words is a text in title case: "spring_sale" is "Spring Sale". A text of separators
// alone stays as it is.
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

// shortened cuts a text to at most n characters.
func shortened(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	return string(runes[:n-1]) + "…"
}
