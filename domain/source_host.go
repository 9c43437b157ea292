package domain

import (
	"slices"
	"strings"
)

// anySuffix at the end of a pattern matches a top-level domain.
const anySuffix = ".*"

// IsHostPattern reports whether a text can be a key of SourceRules.Hosts: a host in
// lower-case ASCII without www. ("lnkd.in"). A leading dot includes its subdomains
// (".facebook.com"). A trailing .* matches country-code and common top-level domains:
// "google.*" matches google.com, google.de and google.co.uk, but neither
// google.example.com nor mail.google.com.
func IsHostPattern(text string) bool {
	text = strings.TrimPrefix(text, ".")
	name, starred := strings.CutSuffix(text, anySuffix)
	host, ok := sourceHost(name)
	return ok && host == name && (starred || strings.Contains(name, "."))
}

// knownHost finds the known source of a host, and the pattern that matched, "" for none.
// Whole labels match, the longest pattern first.
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

// nextDot is the index of the next dot after at, -1 for none.
func nextDot(text string, at int) int {
	next := strings.IndexByte(text[at+1:], '.')
	if next < 0 {
		return -1
	}
	return at + 1 + next
}

// starred is a host with its top-level domain replaced by .*: a country code, with or
// without a common second level, or a common suffix. "" for any other host.
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

// cutLastLabel cuts a host at its last dot; without a dot name is "".
func cutLastLabel(host string) (name, label string) {
	dot := strings.LastIndexByte(host, '.')
	if dot < 0 {
		return "", host
	}
	return host[:dot], host[dot+1:]
}

func notLetter(r rune) bool { return r < 'a' || r > 'z' }

// WithOwnHosts returns the rules with hosts that are the product's own: "example.com", or
// ".example.com" with its subdomains. A text that is no host is left out.
func (r SourceRules) WithOwnHosts(hosts ...string) SourceRules {
	own := slices.Clone(r.OwnHosts)
	for _, text := range hosts {
		name, subdomains := strings.CutPrefix(text, ".")
		host, ok := sourceHost(name)
		if subdomains {
			host = "." + host
		}
		if ok && !slices.Contains(own, host) {
			own = append(own, host)
		}
	}
	r.OwnHosts = own
	return r
}

// ownHost returns the entry of OwnHosts that a host matches, "" for a foreign host.
func (r SourceRules) ownHost(host string) string {
	for _, own := range r.OwnHosts {
		if own == host || own[0] == '.' && (own[1:] == host || strings.HasSuffix(host, own)) {
			return own
		}
	}
	return ""
}

// appPage returns the URL of the page that stands for the Android app that a Referer
// names ("android-app://com.google.android.gm/"), and any other text as it is.
func (r SourceRules) appPage(text string) string {
	const scheme = "android-app://"
	text = strings.TrimSpace(text)
	if len(text) < len(scheme) || !strings.EqualFold(text[:len(scheme)], scheme) {
		return text
	}
	name := text[len(scheme):]
	if end := strings.IndexAny(name, "/?#"); end >= 0 {
		name = name[:end]
	}
	if host, ok := r.Apps[strings.ToLower(name)]; ok {
		return "https://" + host + "/"
	}
	return text
}
