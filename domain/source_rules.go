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

// SourceRules says what sources are: who stands behind a host or a name, and what a
// medium or a click id tells. It is data and its questions; nothing may change it once
// it is in use. The zero value knows nobody and goes by the structure of a URL alone.
type SourceRules struct {
	Names    map[string]KnownSource  // by SourceKey of what utm_source and ref say
	Hosts    map[string]KnownSource  // by what IsHostPattern accepts
	Mediums  map[string]SourceMedium // by SourceKey of what utm_medium says
	ClickIDs map[string]ClickID      // by the name of the parameter, in lower case

	DashboardLabels []string // first labels of hosts. Default to dashboard.
	WebsitePaths    []string // segments of paths, in lower case. Default to register.
}

// KnownSource is a source that has a name.
type KnownSource struct {
	Name    string
	Channel SourceChannel // by which people come from it when nobody pays
}

// ClickID is what an advertiser's click id tells.
type ClickID struct {
	Source  string        // of the advertiser, as utm_source would say it
	Channel SourceChannel // an organic one becomes the paid one where the medium says so
}

// SourceMedium is what a medium tells: a channel, or one that depends on the source.
type SourceMedium string

// The mediums that depend on the source.
const (
	MediumPaid     SourceMedium = "paid"     // the paid channel of the source, paid_search of an unknown one
	MediumOrganic  SourceMedium = "organic"  // the channel of the source, organic_search of an unknown one
	MediumReferral SourceMedium = "referral" // the channel of the source, referral of an unknown one
)

// SourceReason is what decided something about a source.
type SourceReason struct {
	Rule  string // "click id", "medium", "source", "utm", "host", "path", "" for no rule
	Match string // what of the rules or of the URL it matched, "" for nothing
}

// SourceReasons are what decided where a source belongs.
type SourceReasons struct {
	Category SourceReason
	Channel  SourceReason
}

// What rules are called.
const (
	ruleUTM     = "utm"
	ruleClickID = "click id"
	ruleMedium  = "medium"
	ruleSource  = "source"
	ruleHost    = "host"
	rulePath    = "path"
)

// Parse reads the URL of a source and classifies it. It fails as ParseSource does.
func (r SourceRules) Parse(text string) (RegistrationSource, error) {
	s, _, err := r.parse(text)
	return s, err
}

// ParseReferer is ParseReferer of a source that these rules classify.
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

// Classify is the source of s.URL as these rules see it; all else of s is made anew.
// What has no URL that Parse would take is no source, which is direct and has no id.
func (r SourceRules) Classify(s RegistrationSource) RegistrationSource {
	s, _ = r.Explain(s)
	return s
}

// Explain is Classify, and why.
func (r SourceRules) Explain(s RegistrationSource) (RegistrationSource, SourceReasons) {
	s, reasons, err := r.parse(s.URL)
	if err != nil {
		return RegistrationSource{Category: CategoryDirect, Channel: SourceDirect, DisplayName: directName}, SourceReasons{}
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
	s = RegistrationSource{Host: host, Origin: origin, URL: r.place(u.Scheme, text)}
	m := r.readMarks(u.RawQuery)
	s.Campaign = m.campaign
	from, pattern := r.knownHost(host)
	s.Category, why.Category = r.category(m, host, pattern, u.Path)
	s.Channel, why.Channel = r.channel(m, from, pattern, s.Category)
	s.DisplayName = r.displayName(s)
	s.ID = s.identity()
	return s, why, nil
}

// category is that of a URL: its marks beat its host, which beats its path.
func (r SourceRules) category(m marks, host, pattern, path string) (SourceCategory, SourceReason) {
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

// What the zero rules know.
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

// websitePath is the first segment of a path that is one of a page where people
// register, whatever file name extension it has.
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

// channel is that of a URL. from is the known source of its host, if pattern is not "".
func (r SourceRules) channel(m marks, from KnownSource, pattern string, c SourceCategory) (SourceChannel, SourceReason) {
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

// channel is that of a medium and a source, which may be unknown.
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

// paid is the channel of somebody's advertisements.
func (c SourceChannel) paid() SourceChannel {
	switch c {
	case SourceOrganicSocial, SourcePaidSocial:
		return SourcePaidSocial
	case SourceVideo, SourceEmail, SourceAffiliate, SourceAI:
		return c // which are one channel, paid or not
	default:
		return SourcePaidSearch
	}
}

// identity is the id of a source: it follows from what a source is, so that every
// instance finds the same one without asking.
func (s RegistrationSource) identity() string {
	const room = 512 // more than most need
	text := make([]byte, 0, room)
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
