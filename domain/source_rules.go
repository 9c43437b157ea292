package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// SourceRules classifies sources by tables of known names, hosts, mediums and click ids.
// It must not change once it is in use. The zero value has empty tables and classifies
// by the structure of a URL alone.
type SourceRules struct {
	Names    map[string]KnownSource  // by SourceKey of utm_source or ref
	Hosts    map[string]KnownSource  // by a pattern that IsHostPattern accepts
	Mediums  map[string]SourceMedium // by SourceKey of utm_medium
	ClickIDs map[string]ClickID      // by the name of the parameter, in lower case

	DashboardLabels []string // first labels of hosts. Defaults to dashboard.
	WebsitePaths    []string // segments of paths, in lower case. Defaults to register.
}

// KnownSource is a source with a name.
type KnownSource struct {
	Name    string
	Channel SourceChannel // of unpaid visits
}

// ClickID is the click id of an advertiser.
type ClickID struct {
	Source  string        // the utm_source of the advertiser
	Channel SourceChannel // a paid medium turns an organic one into the paid one
}

// SourceMedium is a channel, or a medium that has its channel by the source.
type SourceMedium string

// The mediums that depend on the source.
const (
	MediumPaid     SourceMedium = "paid"     // the paid channel of the source, paid_search of an unknown one
	MediumOrganic  SourceMedium = "organic"  // the channel of the source, organic_search of an unknown one
	MediumReferral SourceMedium = "referral" // the channel of the source, referral of an unknown one
)

// SourceReason is the rule that decided a property of a source.
type SourceReason struct {
	Rule  string // "click id", "medium", "source", "utm", "host", "path", "" for no rule
	Match string // the entry of the rules or the part of the URL that matched, "" for none
}

// SourceReasons are the reasons of a classification.
type SourceReasons struct {
	Category SourceReason
	Channel  SourceReason
}

// The names of rules.
const (
	ruleUTM     = "utm"
	ruleClickID = "click id"
	ruleMedium  = "medium"
	ruleSource  = "source"
	ruleHost    = "host"
	rulePath    = "path"
)

// Parse parses the URL of a source and classifies it. It fails with invalid_source_url
// unless it is an absolute http or https URL of at most MaxSourceURL bytes.
func (r SourceRules) Parse(text string) (RegistrationSource, error) {
	s, _, err := r.parse(text)
	return s, err
}

// ParseReferer parses the Referer of a request. One that is not a source, or is a page of
// ownHost, is the zero source.
func (r SourceRules) ParseReferer(text, ownHost string) RegistrationSource {
	s, err := r.Parse(text)
	if err != nil {
		return RegistrationSource{}
	}
	if own, ok := sourceHost(ownHost); ok && s.Host == own {
		return RegistrationSource{}
	}
	return s
}

// Classify derives a source from s.URL alone. A URL that Parse refuses makes the source
// direct, without id and URL.
func (r SourceRules) Classify(s RegistrationSource) RegistrationSource {
	s, _ = r.Explain(s)
	return s
}

// Explain is Classify with its reasons.
func (r SourceRules) Explain(s RegistrationSource) (RegistrationSource, SourceReasons) {
	s, reasons, err := r.parse(s.URL)
	if err != nil {
		direct := RegistrationSource{Category: CategoryDirect, Channel: SourceDirect, DisplayName: directName}
		return direct, SourceReasons{}
	}
	return s, reasons
}

func (r SourceRules) parse(text string) (s RegistrationSource, why SourceReasons, err error) {
	if len(text) > MaxSourceURL || !utf8.ValidString(text) {
		return s, why, ErrInvalidSourceURL
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return s, why, ErrInvalidSourceURL
	}
	host, ok := sourceHost(u.Hostname())
	if !ok {
		return s, why, ErrInvalidSourceURL
	}
	origin, ok := sourceOrigin(u.Scheme, host, u.Port())
	if !ok {
		return s, why, ErrInvalidSourceURL
	}
	s = RegistrationSource{Host: host, Origin: origin, URL: r.sanitizedURL(u.Scheme, text)}
	m := r.parseAttribution(u.RawQuery)
	s.Campaign = m.campaign
	from, pattern := r.knownHost(host)
	s.Category, why.Category = r.category(m, host, pattern, u.Path)
	s.Channel, why.Channel = r.channel(m, from, pattern, s.Category)
	s.DisplayName = r.displayName(s)
	s.ID = s.identity()
	return s, why, nil
}

// category classifies a URL: its attribution takes precedence over its host, and its
// host over its path.
func (r SourceRules) category(m attribution, host, pattern, path string) (SourceCategory, SourceReason) {
	label, _, _ := strings.Cut(host, ".")
	switch {
	case m.utm != "":
		return CategoryCampaign, SourceReason{ruleUTM, m.utm}
	case m.click != "":
		return CategoryCampaign, SourceReason{ruleClickID, m.click}
	case pattern != "":
		return CategoryReferral, SourceReason{ruleHost, pattern}
	case slices.Contains(orElse(r.DashboardLabels, dashboardLabels), label):
		return CategoryDashboard, SourceReason{ruleHost, label}
	}
	if segment := r.websitePath(path); segment != "" {
		return CategoryWebsite, SourceReason{rulePath, segment}
	}
	return CategoryReferral, SourceReason{}
}

// The defaults of SourceRules.
var (
	dashboardLabels = []string{"dashboard"}
	websitePaths    = []string{"register"}
)

func orElse(list, other []string) []string {
	if list == nil {
		return other
	}
	return list
}

// websitePath is the first segment of a path that names a registration page, whatever its
// file name extension.
func (r SourceRules) websitePath(path string) string {
	pages := orElse(r.WebsitePaths, websitePaths)
	for segment := range strings.SplitSeq(path, "/") {
		segment, _, _ = strings.Cut(segment, ".")
		for _, page := range pages {
			if strings.EqualFold(segment, page) {
				return page
			}
		}
	}
	return ""
}

// channel classifies a URL. from is the known source of its host, unless pattern is "".
func (r SourceRules) channel(
	m attribution, from KnownSource, pattern string, c SourceCategory,
) (SourceChannel, SourceReason) {
	source, name := r.knownName(m.campaign.Source)
	medium := r.Mediums[SourceKey(m.campaign.Medium)]
	switch {
	case m.click != "":
		channel := r.ClickIDs[m.click].Channel
		if medium.paid() {
			channel = channel.paid()
		}
		return channel, SourceReason{ruleClickID, m.click}
	case medium != "":
		return medium.channel(source), SourceReason{ruleMedium, m.campaign.Medium}
	case name != "":
		return source.Channel, SourceReason{ruleSource, name}
	case pattern != "":
		return from.Channel, SourceReason{ruleHost, pattern}
	case m.campaign == (Campaign{}) && c != CategoryReferral:
		return SourceDirect, SourceReason{}
	}
	return SourceReferral, SourceReason{}
}

func (m SourceMedium) paid() bool {
	return m == MediumPaid || m == SourceMedium(SourcePaidSearch) || m == SourceMedium(SourcePaidSocial)
}

// channel is the channel of a medium and a source, which may be unknown.
func (m SourceMedium) channel(source KnownSource) SourceChannel {
	switch m {
	case MediumPaid:
		return source.Channel.paid()
	case MediumOrganic:
		return cmp.Or(source.Channel, SourceOrganicSearch)
	case MediumReferral:
		return cmp.Or(source.Channel, SourceReferral)
	default:
		return SourceChannel(m)
	}
}

// paid is the channel of advertisements on c.
func (c SourceChannel) paid() SourceChannel {
	switch c {
	case SourceOrganicSocial, SourcePaidSocial:
		return SourcePaidSocial
	case SourceVideo, SourceEmail, SourceAffiliate, SourceAI:
		return c // one channel, paid or not
	default:
		return SourcePaidSearch
	}
}

// identity is the id of a source: a hash, so that every instance computes the same id
// without reading a store.
func (s RegistrationSource) identity() string {
	text := make([]byte, 0, 512)
	for _, part := range []string{
		s.Origin, string(s.Category), string(s.Channel),
		s.Campaign.Source, s.Campaign.Medium, s.Campaign.Name, s.Campaign.Term, s.Campaign.Content,
	} {
		text = binary.BigEndian.AppendUint32(text, uint32(len(part)))
		text = append(text, part...)
	}
	const bytes = 16
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:bytes])
}
