package domain

import (
	"slices"
	"strings"
)

// anySuffix at the end of a pattern stands for a top-level domain.
const anySuffix = ".*"

// IsHostPattern reports whether a text can be a key of SourceRules.Hosts: a host in
// lower-case ASCII, without www. ("lnkd.in"). With a dot before it, it has its
// subdomains too (".facebook.com"). With .* behind it, it has the domains of every
// country and the old common ones: "google.*" is google.com, google.de and
// google.co.uk, and neither google.example.com nor mail.google.com.
func IsHostPattern(text string) bool {
	text = strings.TrimPrefix(text, ".")
	name, starred := strings.CutSuffix(text, anySuffix)
	host, ok := sourceHost(name)
	return ok && host == name && (starred || strings.Contains(name, "."))
}

// knownHost finds who has a host, and the pattern that says so, "" for none. Labels
// are matched as wholes, the longest first.
func (r SourceRules) knownHost(host string) (KnownSource, string) {
	for _, exact := range []string{host, starred(host)} {
		if known, ok := r.Hosts[exact]; ok && exact != "" {
			return known, exact
		}
	}
	dotted := "." + host
	plural := starred(dotted)
	for at := 0; at >= 0; at = nextDot(dotted, at) {
		if known, ok := r.Hosts[dotted[at:]]; ok {
			return known, dotted[at:]
		}
		if at >= len(plural) {
			continue // within the top-level domain
		}
		if known, ok := r.Hosts[plural[at:]]; ok {
			return known, plural[at:]
		}
	}
	return KnownSource{}, ""
}

// nextDot is where the next dot behind at is, -1 for none.
func nextDot(text string, at int) int {
	next := strings.IndexByte(text[at+1:], '.')
	if next < 0 {
		return -1
	}
	return at + 1 + next
}

// starred is a host with .* in the place of its top-level domain: two letters, with or
// without a common second level before them, or one of the old common ones. "" if it
// has another.
func starred(host string) string {
	name, last := cutLastLabel(host)
	switch {
	case name == "":
		return ""
	case slices.Contains(commonSuffixes, last):
		return name + anySuffix
	case len(last) != 2 || strings.ContainsFunc(last, notLetter):
		return ""
	}
	if rest, second := cutLastLabel(name); slices.Contains(secondLevels, second) {
		name = rest
	}
	return name + anySuffix
}

var (
	commonSuffixes = []string{"com", "net", "org", "cat"}
	secondLevels   = []string{"co", "com", "ne", "net", "or", "org"}
)

// cutLastLabel parts a host at its last dot; without one name is "".
func cutLastLabel(host string) (name, label string) {
	dot := strings.LastIndexByte(host, '.')
	if dot < 0 {
		return "", host
	}
	return host[:dot], host[dot+1:]
}

func notLetter(r rune) bool { return r < 'a' || r > 'z' }
