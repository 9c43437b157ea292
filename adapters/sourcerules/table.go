package sourcerules

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/doorcode-auth/doorcode/domain"
)

// maxName is the longest name, alias or pattern, in characters.
const maxName = 100

// table is the merged content of the files.
type table struct {
	sources    map[string]domain.KnownSource  // by key
	names      map[string]string              // keys of sources by value of utm_source
	hosts      map[string]string              // keys of sources by pattern
	apps       map[string]string              // hosts by Android package
	mediums    map[string]domain.SourceMedium // by key or pattern; "" for an ignored one
	clicks     map[string]domain.ClickID
	dashboards []string
	paths      []string
}

// capacity is the approximate number of entries of a map.
const capacity = 600

func newTable() *table {
	return &table{
		sources: make(map[string]domain.KnownSource, capacity),
		names:   make(map[string]string, capacity), hosts: make(map[string]string, capacity),
		apps: map[string]string{}, mediums: map[string]domain.SourceMedium{}, clicks: map[string]domain.ClickID{},
	}
}

// layer is one file that is merged into the table.
type layer struct {
	reader
	*table
	owners map[string]string // keys by the names, hosts and mediums that they own in this file
}

// overlay merges a file into the table.
func (t *table) overlay(file string, text []byte) Mistakes {
	l := layer{reader: reader{file: file}, table: t, owners: map[string]string{}}
	body := l.parse(bytes.TrimPrefix(text, []byte("\ufeff")))
	clicks := func() {}
	l.pairs("", body, func(path, name string, value ast.Node) {
		switch {
		case !slices.Contains(sections, name):
			l.refuse(path, value, "no such key", "there are sources, apps, mediums, click_ids, "+
				"dashboard_labels and website_paths")
		case isNull(value):
		case name == "sources":
			l.pairs(path, value, l.source)
		case name == "apps":
			l.pairs(path, value, l.app)
		case name == "mediums":
			l.pairs(path, value, l.medium)
		case name == "click_ids":
			clicks = func() { l.pairs(path, value, l.click) } // after all sources
		case name == "dashboard_labels":
			l.dashboards = l.list(path, value, "a first label of a host, such as dashboard", notLabelText)
		case name == "website_paths":
			what := "one segment of a path without slash and extension, such as signup"
			l.paths = l.list(path, value, what, notSegmentText)
		}
	})
	clicks()
	return l.mistakes
}

var sections = []string{"sources", "apps", "mediums", "click_ids", "dashboard_labels", "website_paths"}

// source merges one entry of sources: name and channel are replaced, aliases and hosts
// are added, and null removes the source.
func (l *layer) source(path, name string, value ast.Node) {
	key := domain.SourceKey(name)
	known, before := l.sources[key]
	if isNull(value) {
		l.remove(path, key, value, before)
		return
	}
	if !l.claim(path, "source "+key, path, value) {
		return
	}
	mistakes := len(l.mistakes)
	l.pairs(path, value, func(path, field string, value ast.Node) {
		switch field {
		case "name":
			known.Name = l.text(path, value)
		case "channel":
			known.Channel = l.channel(path, value)
		case "aliases":
			l.aliases(path, key, value)
		case "hosts":
			l.patterns(path, key, value)
		default:
			l.refuse(path, value, "no such key", "there are name, channel, aliases and hosts")
		}
	})
	if known.Name == "" && len(l.mistakes) == mistakes {
		l.refuse(path, value, "without a name", "add name: what people read")
	}
	if known.Channel == "" && len(l.mistakes) == mistakes {
		l.refuse(path, value, "without a channel", "add channel: such as referral")
	}
	l.sources[key] = known
	if l.claim(path, "name "+key, "sources."+key, value) {
		l.names[key] = key
	}
}

func (l *layer) remove(path, key string, n ast.Node, known bool) {
	if !known {
		l.refuse(path, n, "nothing to take out", "give the source a name and a channel, or leave it out")
		return
	}
	delete(l.sources, key)
	for _, of := range []map[string]string{l.names, l.hosts} {
		for text, owner := range of {
			if owner == key {
				delete(of, text)
			}
		}
	}
}

// claim records the owner of a name, host or medium, and refuses a second owner in the
// same file. Another file may change the owner.
func (l *layer) claim(path, what, by string, n ast.Node) bool {
	if other, ok := l.owners[what]; ok && other != by {
		l.refuse(path, n, "has what "+other+" has", "keep one of the two")
		return false
	}
	l.owners[what] = by
	return true
}

func (l *layer) aliases(path, key string, value ast.Node) {
	for _, alias := range l.texts(path, value) {
		alias = domain.SourceKey(alias)
		if l.claim(path, "name "+alias, "sources."+key, value) {
			l.names[alias] = key
		}
	}
}

func (l *layer) patterns(path, key string, value ast.Node) {
	for _, pattern := range l.texts(path, value) {
		if !domain.IsHostPattern(pattern) {
			l.refuse(path, value, "not a host", "write hosts in lower-case ASCII without www., such as "+
				"example.com, .example.com with its subdomains, example.* of every country")
			continue
		}
		if l.claim(path, "host "+pattern, "sources."+key, value) {
			l.hosts[pattern] = key
		}
	}
}

// app merges one Android package with its host; null removes it.
func (l *layer) app(path, name string, value ast.Node) {
	if isNull(value) {
		delete(l.apps, name)
		return
	}
	host := l.text(path, value)
	switch {
	case strings.ContainsFunc(name, notPackageText):
		l.refuse(path, value, "not a package", "write an Android package in lower case, such as com.google.android.gm")
	case host != "" && (!domain.IsHostPattern(host) || host[0] == '.' || strings.HasSuffix(host, "*")):
		l.refuse(path, value, "not a host", "write one host in lower-case ASCII without www., such as mail.google.com")
	default:
		l.apps[name] = host
	}
}

func notPackageText(c rune) bool { return notLabelText(c) && c != '.' }

// channels are all channels but direct.
var channels = []domain.SourceChannel{
	domain.SourceOrganicSearch, domain.SourcePaidSearch, domain.SourceOrganicSocial, domain.SourcePaidSocial,
	domain.SourceVideo, domain.SourceEmail, domain.SourceAffiliate, domain.SourceReferral, domain.SourceAI,
}

func (l *layer) channel(path string, value ast.Node) domain.SourceChannel {
	channel := domain.SourceChannel(l.text(path, value))
	if channel != "" && !slices.Contains(channels, channel) {
		l.refuse(path, value, "not a channel", "give one of "+channelNames())
		return ""
	}
	return channel
}

func channelNames() string {
	names := make([]string, len(channels))
	for i, channel := range channels {
		names[i] = string(channel)
	}
	return strings.Join(names, ", ")
}

// ignored is the group of mediums without a meaning.
const ignored = "ignore"

// medium merges one group of mediums.
func (l *layer) medium(path, name string, value ast.Node) {
	medium := domain.SourceMedium(name)
	known := name == ignored || medium == domain.MediumPaid || medium == domain.MediumOrganic ||
		slices.Contains(channels, domain.SourceChannel(name))
	if !known {
		l.refuse(path, value, "no such key", "there are paid, organic, ignore, "+channelNames())
		return
	}
	for _, text := range l.texts(path, value) {
		text = domain.SourceKey(text)
		switch {
		case strings.Contains(text, "*") && !domain.IsMediumPattern(text):
			l.refuse(path, value, "not a medium", "write * only before or after a part of it, such as paid* or *video*")
		case !l.claim(path, "medium "+text, path, value):
		case name == ignored:
			l.mediums[text] = ""
		default:
			l.mediums[text] = medium
		}
	}
}

// click merges one click id; null removes it.
func (l *layer) click(path, name string, value ast.Node) {
	switch {
	case strings.ContainsFunc(name, notParameterText) || strings.HasPrefix(name, "utm_") || name == "ref":
		l.refuse(path, value, "cannot be a click id",
			"write the name of a parameter: lower-case letters, digits and _, neither utm_ nor ref")
		return
	case isNull(value):
		delete(l.clicks, name)
		return
	}
	click, mistakes := l.clicks[name], len(l.mistakes)
	l.pairs(path, value, func(path, field string, value ast.Node) {
		switch field {
		case "source":
			click.Source = domain.SourceKey(l.text(path, value))
			if _, ok := l.sources[click.Source]; !ok && click.Source != "" {
				l.refuse(path, value, "not a source", "give a key of sources, such as google")
			}
		case "channel":
			click.Channel = l.channel(path, value)
		default:
			l.refuse(path, value, "no such key", "there are source and channel")
		}
	})
	if (click.Source == "" || click.Channel == "") && len(l.mistakes) == mistakes {
		l.refuse(path, value, "without a source or a channel",
			"write both, such as {source: google, channel: paid_search}")
	}
	l.clicks[name] = click
}

// list is a list of texts without invalid characters. An empty list is not nil, which
// means the default.
func (l *layer) list(path string, value ast.Node, what string, invalid func(rune) bool) []string {
	texts := l.texts(path, value)
	if slices.ContainsFunc(texts, func(text string) bool { return strings.ContainsFunc(text, invalid) }) {
		l.refuse(path, value, "not good values", "give "+what+", in lower case")
	}
	return texts
}

func notLabelText(c rune) bool {
	return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_'
}

func notSegmentText(c rune) bool {
	return c == '/' || c == '.' || c == '%' || unicode.IsSpace(c) || unicode.IsUpper(c)
}

func notParameterText(c rune) bool { return notLabelText(c) || c == '-' }

// isPlain reports whether a text is one line of at most n printable characters.
func isPlain(text string, n int) bool {
	return text != "" && strings.TrimSpace(text) == text && utf8.ValidString(text) &&
		utf8.RuneCountInString(text) <= n && !strings.ContainsFunc(text, func(c rune) bool { return !unicode.IsPrint(c) })
}

// rules converts the table to the domain's rules.
func (t *table) rules() domain.SourceRules {
	r := domain.SourceRules{
		Names:   make(map[string]domain.KnownSource, len(t.names)),
		Hosts:   make(map[string]domain.KnownSource, len(t.hosts)),
		Mediums: make(map[string]domain.SourceMedium, len(t.mediums)),
		Apps:    t.apps, ClickIDs: t.clicks, DashboardLabels: t.dashboards, WebsitePaths: t.paths,
	}
	for text, key := range t.names {
		r.Names[text] = t.sources[key]
	}
	for pattern, key := range t.hosts {
		r.Hosts[pattern] = t.sources[key]
	}
	for text, medium := range t.mediums {
		if !strings.Contains(text, "*") {
			r.Mediums[text] = medium
		} else if medium != "" {
			r.MediumPatterns = append(r.MediumPatterns, domain.MediumPattern{Text: text, Medium: medium})
		}
	}
	slices.SortFunc(r.MediumPatterns, byPrecedence)
	return r
}

// byPrecedence orders patterns: those of paid mediums first, so that no advertisement
// counts as unpaid, then the longest first.
func byPrecedence(a, b domain.MediumPattern) int {
	if paid := a.Medium.Paid(); paid != b.Medium.Paid() {
		if paid {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(len(b.Text), len(a.Text)), cmp.Compare(a.Text, b.Text))
}
