package domain

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
)

// SourceRules classifies sources by tables of known names, hosts, mediums and click ids.
// It must not change once it is in use. The zero value has empty tables and classifies
// by the structure of a URL alone.
type SourceRules struct {
	Names    map[string]KnownSource  // by SourceKey of utm_source or ref
	Hosts    map[string]KnownSource  // by a pattern that IsHostPattern accepts
	Apps     map[string]string       // hosts by Android package, in lower case
	Mediums  map[string]SourceMedium // by SourceKey of utm_medium; "" for a medium without a meaning
	ClickIDs map[string]ClickID      // by the name of the parameter, in lower case

	MediumPatterns  []MediumPattern // for mediums that are not in Mediums; the first that matches counts
	DashboardLabels []string        // first labels of hosts. Defaults to dashboard.
	WebsitePaths    []string        // segments of paths, in lower case. Defaults to register.
	OwnHosts        []string        // of the product, never a referral; see WithOwnHosts
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

// MediumPattern is the meaning of all mediums that contain a text. A * at either end of
// the text stands for anything: "paid*" begins with paid, "*cp*" contains cp.
type MediumPattern struct {
	Text   string // see IsMediumPattern
	Medium SourceMedium
}

// IsMediumPattern reports whether a text can be that of a MediumPattern: a SourceKey with
// a * before it, after it or both.
func IsMediumPattern(text string) bool {
	key := strings.TrimSuffix(strings.TrimPrefix(text, "*"), "*")
	return len(key) < len(text) && key != "" && !strings.Contains(key, "*") && SourceKey(key) == key
}

// matches reports whether the pattern includes a medium.
func (p MediumPattern) matches(key string) bool {
	text, open := strings.CutPrefix(p.Text, "*")
	text, prefix := strings.CutSuffix(text, "*")
	switch {
	case open && prefix:
		return strings.Contains(key, text)
	case open:
		return strings.HasSuffix(key, text)
	default:
		return strings.HasPrefix(key, text)
	}
}

// Paid reports whether the medium is that of an advertisement.
func (m SourceMedium) Paid() bool {
	return m == MediumPaid || m == SourceMedium(SourcePaidSearch) || m == SourceMedium(SourcePaidSocial)
}

// SourceReason is the rule that decided a property of a source.
type SourceReason struct {
	Rule  string // "click id", "medium", "source", "utm", "host", "own host", "path", "" for no rule
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
	ruleOwnHost = "own host"
	rulePath    = "path"
)

// Parse parses the URL of a source and classifies it. It fails with invalid_source_url
// unless it is an absolute http or https URL of at most MaxSourceURL bytes, or the Referer
// of an Android app in Apps, which stands for a page of its host. Outer white space is
// cut, and a % in the path that begins no escape is a percent sign.
func (r SourceRules) Parse(text string) (RegistrationSource, error) {
	s, _, err := r.parse(text)
	return s, err
}

// ParseReferer parses the Referer of a request. One that is not a source, or is a page of
// an own host, is the zero source.
func (r SourceRules) ParseReferer(text string) RegistrationSource {
	s, err := r.Parse(text)
	if err != nil || r.ownHost(s.Host) != "" {
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
		return RegistrationSource{Category: CategoryDirect, Channel: SourceDirect, DisplayName: directName}, SourceReasons{}
	}
	return s, reasons
}

func (r SourceRules) parse(text string) (s RegistrationSource, why SourceReasons, err error) {
	u, text, err := parseSourceURL(r.appPage(text))
	if err != nil {
		return s, why, err
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
	a := r.parseAttribution(u.RawQuery)
	s.Campaign = a.campaign
	from, pattern := r.knownHost(host)
	own := r.ownHost(host)
	if own != "" {
		from, pattern = KnownSource{}, ""
	}
	s.Category, why.Category = r.category(a, host, own, pattern, u.Path)
	s.Channel, why.Channel = r.channel(a, from, pattern, s.Category)
	s.DisplayName = r.displayName(s)
	s.ID = s.identity()
	return s, why, nil
}

// category classifies a URL: its attribution takes precedence over its host, and its
// host over its path.
func (r SourceRules) category(a attribution, host, own, pattern, path string) (SourceCategory, SourceReason) {
	label, _, _ := strings.Cut(host, ".")
	switch {
	case a.utm != "":
		return CategoryCampaign, SourceReason{ruleUTM, a.utm}
	case a.click != "":
		return CategoryCampaign, SourceReason{ruleClickID, a.click}
	case pattern != "":
		return CategoryReferral, SourceReason{ruleHost, pattern}
	case slices.Contains(orElse(r.DashboardLabels, dashboardLabels), label):
		return CategoryDashboard, SourceReason{ruleHost, label}
	}
	if segment := r.websitePath(path); segment != "" {
		return CategoryWebsite, SourceReason{rulePath, segment}
	}
	if own != "" {
		return CategoryWebsite, SourceReason{ruleOwnHost, own}
	}
	return CategoryReferral, SourceReason{}
}

// The defaults of the zero rules.
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

// websitePath returns the first segment of a path that names a registration page,
// without its file name extension.
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

// channel classifies a URL. from is the known source of its host, if pattern is not "".
func (r SourceRules) channel(
	a attribution, from KnownSource, pattern string, c SourceCategory,
) (SourceChannel, SourceReason) {
	source, name := r.knownName(a.campaign.Source)
	medium, match := r.medium(a.campaign.Medium)
	switch {
	case a.click != "":
		channel := r.ClickIDs[a.click].Channel
		if medium.Paid() {
			channel = channel.paid()
		}
		return channel, SourceReason{ruleClickID, a.click}
	case medium != "":
		return medium.channel(source), SourceReason{ruleMedium, match}
	case name != "":
		return source.Channel, SourceReason{ruleSource, name}
	case pattern != "":
		return from.Channel, SourceReason{ruleHost, pattern}
	case a.campaign == (Campaign{}) && c != CategoryReferral:
		return SourceDirect, SourceReason{}
	}
	return SourceReferral, SourceReason{}
}

// medium returns the meaning of a utm_medium, and the text or pattern that matched.
func (r SourceRules) medium(text string) (SourceMedium, string) {
	if text == "" {
		return "", ""
	}
	key := SourceKey(text)
	if medium, ok := r.Mediums[key]; ok {
		return medium, text
	}
	for _, pattern := range r.MediumPatterns {
		if pattern.matches(key) {
			return pattern.Medium, pattern.Text
		}
	}
	return "", ""
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

// paid is the channel of advertisements on a source.
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

// identity is the id of a source: it follows from the fields of the source, so that every
// instance computes the same one.
func (s RegistrationSource) identity() string {
	const room = 512 // more than most sources need
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
