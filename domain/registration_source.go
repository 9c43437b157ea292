package domain

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxSourceURL is the longest URL of a source, in bytes.
const MaxSourceURL = 2048

// RegistrationSource is where a new user came from. All but the URL makes its
// identity, so that a thousand click ids are one source. The zero value means
// unknown.
type RegistrationSource struct {
	ID          string // computed from what is below: the same source has the same id everywhere
	Host        string // lower case, ASCII, without "www.", port and final dot
	Origin      string // the host, and the port if it is not the one of the scheme
	Category    SourceCategory
	Channel     SourceChannel
	Campaign    Campaign
	DisplayName string // follows from the others
	URL         string // as given, without user info, fragment and what of the query tells no source
}

// SourceCategory is what kind of place a source is.
type SourceCategory string

// The categories.
const (
	CategoryDashboard SourceCategory = "dashboard"
	CategoryCampaign  SourceCategory = "campaign"
	CategoryWebsite   SourceCategory = "website"
	CategoryReferral  SourceCategory = "referral"
	CategoryDirect    SourceCategory = "direct" // of no source
)

// SourceChannel is the way of marketing by which somebody came.
type SourceChannel string

// The channels.
const (
	SourceDirect        SourceChannel = "direct" // also of no source
	SourceOrganicSearch SourceChannel = "organic_search"
	SourcePaidSearch    SourceChannel = "paid_search"
	SourceOrganicSocial SourceChannel = "organic_social"
	SourcePaidSocial    SourceChannel = "paid_social"
	SourceVideo         SourceChannel = "video"
	SourceEmail         SourceChannel = "email"
	SourceAffiliate     SourceChannel = "affiliate"
	SourceReferral      SourceChannel = "referral"
	SourceAI            SourceChannel = "ai"
)

// Campaign is what the UTM fields of a URL say, in lower case and bounded.
type Campaign struct {
	Source  string // utm_source, or what ref or a click id tells
	Medium  string // utm_medium
	Name    string // utm_campaign
	Term    string // utm_term
	Content string // utm_content
}

// UserSource is a source by which a user has come, once or again.
type UserSource struct {
	Source       RegistrationSource
	First        bool // the user came into being through it
	RegisteredAt time.Time
}

// IsZero reports whether the source is unknown.
func (s RegistrationSource) IsZero() bool { return s.URL == "" }

// ParseSource reads the URL of a source and classifies it by its structure alone.
// It fails with invalid_source_url for what is not an absolute http or https URL of
// at most MaxSourceURL bytes.
func ParseSource(text string) (RegistrationSource, error) { return SourceRules{}.Parse(text) }

// ParseReferer reads the Referer of a request. One that is no source, or is a
// page of ownHost itself, is the zero source and never an error.
func ParseReferer(text, ownHost string) RegistrationSource {
	return SourceRules{}.ParseReferer(text, ownHost)
}

// sourceHost is the one form of a host: an IP address, or a name of letters,
// digits, - and _, which some have, without the "www." that most leave out. What
// else url.Parse lets through, such as < or a quote, is in no name.
func sourceHost(host string) (string, bool) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.WithZone("").String(), true
	}
	if !isASCII(host) {
		ascii, ok := lookupASCII(host)
		if !ok {
			return "", false
		}
		host = ascii
	}
	host = withoutWWW(strings.ToLower(strings.TrimSuffix(host, ".")))
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.ContainsFunc(label, notHostText) {
			return "", false
		}
	}
	return host, len(host) <= maxHostBytes
}

func notHostText(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
}

// withoutWWW cuts "www." off a host, unless what is left would be no name of a site.
func withoutWWW(host string) string {
	for {
		rest, ok := strings.CutPrefix(host, "www.")
		if !ok || !strings.Contains(rest, ".") {
			return host
		}
		host = rest
	}
}

// sourceOrigin is a host in its one form with its port, if it is not the one of the
// scheme. There is no port above 65535.
func sourceOrigin(scheme, host, port string) (string, bool) {
	if port == "" {
		return host, true
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return "", false
	}
	const webPort, securePort = 80, 443
	if scheme == "http" && number == webPort || scheme == "https" && number == securePort {
		return host, true
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.FormatUint(number, 10), true
}

// place cuts from a URL that url.Parse has accepted what may hold secrets and
// says nothing of where somebody came from: user info, fragment, and most of the
// query. The rest stays as it was given: escaped again, it could grow beyond
// MaxSourceURL.
func (r SourceRules) place(scheme, text string) string {
	text, _, _ = strings.Cut(text, "#")
	text, query, _ := strings.Cut(text, "?")
	if query = r.telling(query); query != "" {
		text += "?" + query
	}
	rest := text[len(scheme+"://"):]
	authority := rest
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		authority = rest[:end]
	}
	return scheme + "://" + rest[strings.LastIndexByte(authority, '@')+1:]
}

// telling is what of a query tells a source: UTM fields, the click ids of
// advertisers, and ref.
func (r SourceRules) telling(query string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name = strings.ToLower(name)
		_, click := r.ClickIDs[name]
		if click || strings.HasPrefix(name, "utm_") || slices.Contains(tellingNames, name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// tellingNames are the click ids that everybody knows, and ref. Others are known to
// SourceRules.
var tellingNames = []string{
	"dclid", "epik", "fbclid", "gbraid", "gclid", "igshid", "li_fat_id", "msclkid", "rdt_cid", "ref", "sccid", "ttclid",
	"twclid", "wbraid", "yclid",
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
