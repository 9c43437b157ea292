package domain

import (
	"iter"
	"net/netip"
	"net/url"
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
	ID          string // computed from the fields below: the same source has the same id everywhere
	Host        string // lower case, ASCII, without "www.", port and final dot
	Origin      string // the host, and the port if it is not the default of the scheme
	Category    SourceCategory
	Channel     SourceChannel
	Campaign    Campaign
	DisplayName string // follows from the others
	URL         string // as given, without user info, fragment and query parameters that identify no source
}

// SourceCategory is the kind of page that a source is.
type SourceCategory string

// The categories.
const (
	CategoryDashboard SourceCategory = "dashboard"
	CategoryCampaign  SourceCategory = "campaign"
	CategoryWebsite   SourceCategory = "website"
	CategoryReferral  SourceCategory = "referral"
	CategoryDirect    SourceCategory = "direct" // of no source
)

// SourceChannel is the marketing channel of a source.
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

// Campaign holds the UTM fields of a URL, in lower case and bounded.
type Campaign struct {
	Source  string // utm_source, else ref, else the source of a click id
	Medium  string // utm_medium
	Name    string // utm_campaign
	Term    string // utm_term
	Content string // utm_content
}

// UserSource is a source by which a user has come, once or again.
type UserSource struct {
	Source       RegistrationSource
	First        bool // the user was created through it
	RegisteredAt time.Time
}

// IsZero reports whether the source is unknown.
func (s RegistrationSource) IsZero() bool { return s.URL == "" }

// parseSourceURL reads the URL of a source. It returns the URL as text too, without its
// fragment and the white space around its parts.
func parseSourceURL(text string) (*url.URL, string, error) {
	if text = strings.TrimSpace(text); len(text) > MaxSourceURL || !utf8.ValidString(text) {
		return nil, "", ErrInvalidSourceURL
	}
	text, _, _ = strings.Cut(text, "#")
	text = strings.TrimSpace(text)
	if page, query, ok := strings.Cut(text, "?"); ok && strings.TrimSpace(page) != page {
		text = strings.TrimSpace(page) + "?" + query
	}
	u, err := url.Parse(text)
	if err != nil {
		if text = escapePercent(text); len(text) > MaxSourceURL {
			return nil, "", ErrInvalidSourceURL
		}
		u, err = url.Parse(text)
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, "", ErrInvalidSourceURL
	}
	return u, text, nil
}

// escapePercent escapes each % before the query that begins no escape.
func escapePercent(text string) string {
	text, query, hasQuery := strings.Cut(text, "?")
	var b strings.Builder
	for i := range len(text) {
		b.WriteByte(text[i])
		if text[i] == '%' && (i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2])) {
			b.WriteString("25")
		}
	}
	if hasQuery {
		b.WriteString("?" + query)
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// sourceHost returns the canonical form of a host: an IP address, or a name of letters,
// digits, - and _, without the "www." that most leave out. Other characters that
// url.Parse accepts, such as < or a quote, are refused.
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

// withoutWWW cuts "www." off a host, unless a top-level domain alone would be left.
func withoutWWW(host string) string {
	for {
		rest, ok := strings.CutPrefix(host, "www.")
		if !ok || !strings.Contains(rest, ".") {
			return host
		}
		host = rest
	}
}

// sourceOrigin returns a canonical host with its port, unless that is the default of
// the scheme. It refuses ports above 65535.
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

// sanitizedURL cuts from a URL without fragment the parts that may hold secrets and
// identify no source: user info and most of the query. The rest stays as it was given:
// escaped again, it could grow beyond MaxSourceURL.
func (r SourceRules) sanitizedURL(scheme, text string) string {
	text, query, _ := strings.Cut(text, "?")
	if query = r.attributionQuery(query); query != "" {
		text += "?" + query
	}
	rest := text[len(scheme+"://"):]
	authority := rest
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		authority = rest[:end]
	}
	return strings.TrimSpace(scheme + "://" + rest[strings.LastIndexByte(authority, '@')+1:])
}

// attributionQuery keeps the parameters of a query that identify a source: UTM fields,
// the click ids of advertisers, and ref.
func (r SourceRules) attributionQuery(query string) string {
	var kept []string
	for name, pair := range queryPairs(query) {
		_, click := r.ClickIDs[name]
		if click || strings.HasPrefix(name, "utm_") || slices.Contains(attributionNames, name) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

// attributionNames are the common click ids, and ref. SourceRules know others.
var attributionNames = []string{
	"dclid", "epik", "fbclid", "gbraid", "gclid", "igshid", "li_fat_id", "msclkid", "rdt_cid", "ref", "sccid", "ttclid",
	"twclid", "wbraid", "yclid",
}

// queryPairs yields the parameters of a query, by their names in lower case. An & that
// was escaped for HTML separates as one that was not.
func queryPairs(query string) iter.Seq2[string, string] {
	return func(yield func(name, pair string) bool) {
		for query != "" {
			var pair string
			pair, query, _ = strings.Cut(query, "&")
			const escaped = "amp;" // what is left of &amp;
			for len(pair) >= len(escaped) && strings.EqualFold(pair[:len(escaped)], escaped) {
				pair = pair[len(escaped):]
			}
			name, _, _ := strings.Cut(pair, "=")
			if !yield(strings.ToLower(name), pair) {
				return
			}
		}
	}
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}
