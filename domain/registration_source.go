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

// RegistrationSource is where a new user came from. The URL is not part of its identity,
// so that URLs with different click ids are one source. The zero value is unknown.
type RegistrationSource struct {
	ID          string // a hash of the other fields but Host, DisplayName and URL
	Host        string // lower case, ASCII, without "www.", port and final dot
	Origin      string // the host, and the port unless it is the scheme's default
	Category    SourceCategory
	Channel     SourceChannel
	Campaign    Campaign
	DisplayName string
	URL         string // as given, without user info, fragment and unrelated query parameters
}

// SourceCategory is the kind of a source.
type SourceCategory string

// The categories.
const (
	CategoryDashboard SourceCategory = "dashboard"
	CategoryCampaign  SourceCategory = "campaign"
	CategoryWebsite   SourceCategory = "website"
	CategoryReferral  SourceCategory = "referral"
	CategoryDirect    SourceCategory = "direct" // no source
)

// SourceChannel is the marketing channel of a source.
type SourceChannel string

// The channels.
const (
	SourceDirect        SourceChannel = "direct" // no source, too
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

// Campaign is the UTM parameters of a URL, in lower case and bounded.
type Campaign struct {
	Source  string // utm_source, else ref, else the advertiser of a click id
	Medium  string // utm_medium
	Name    string // utm_campaign
	Term    string // utm_term
	Content string // utm_content
}

// UserSource links a user to a source.
type UserSource struct {
	Source       RegistrationSource
	First        bool // the source of the registration
	RegisteredAt time.Time
}

// IsZero reports whether the source is unknown.
func (s RegistrationSource) IsZero() bool { return s.URL == "" }

// sourceHost is the canonical form of a host: an IP address, or a name of letters,
// digits, - and _ without "www.". Other characters that url.Parse accepts, such as < or
// a quote, are refused.
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

// withoutWWW cuts "www." off a host, unless a single label would be left.
func withoutWWW(host string) string {
	for {
		rest, ok := strings.CutPrefix(host, "www.")
		if !ok || !strings.Contains(rest, ".") {
			return host
		}
		host = rest
	}
}

// sourceOrigin is a canonical host with its port, unless the port is the scheme's
// default. Ports above 65535 are refused.
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

// sanitizedURL removes from a URL that url.Parse has accepted the parts that may hold
// secrets: user info, fragment, and the query but for attribution. The rest is not
// escaped again, which could make it longer than MaxSourceURL.
func (r SourceRules) sanitizedURL(scheme, text string) string {
	text, _, _ = strings.Cut(text, "#")
	text, query, _ := strings.Cut(text, "?")
	if query = r.attributionQuery(query); query != "" {
		text += "?" + query
	}
	rest := text[len(scheme+"://"):]
	authority := rest
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		authority = rest[:end]
	}
	return scheme + "://" + rest[strings.LastIndexByte(authority, '@')+1:]
}

// attributionQuery keeps the attribution parameters of a query: UTM parameters, click
// ids of advertisers, and ref.
func (r SourceRules) attributionQuery(query string) string {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name = strings.ToLower(name)
		_, click := r.ClickIDs[name]
		if click || strings.HasPrefix(name, "utm_") || slices.Contains(attributionNames, name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// attributionNames are ref and the common click ids. SourceRules may have more.
var attributionNames = []string{
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
