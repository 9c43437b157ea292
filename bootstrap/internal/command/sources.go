package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
	"github.com/doorcode-auth/doorcode/domain"
)

func (p *program) sourcesCommand() *cobra.Command {
	explain := &sourcesExplain{output{program: p}}
	return group("sources", "Look at where people come from", p.sourcesTopCommand(), p.sourcesReportCommand(),
		explain.flag(leafWithArguments(&cobra.Command{
			Use:   "explain URL",
			Short: "Say how the URL of a source is classified, and by which rule",
			Long: "Say how the URL of a source is classified, and by which rule: those of the product and of sources.rules. " +
				"Nothing is\n" +
				"kept, and nobody is asked. docs/sources.md tells how rules are written. Exits with 1 for what is no source.",
		}, explain.run)),
	)
}

// The defaults of sources top and sources report.
const (
	topSources    = 20
	reportSources = 10
	reportSince   = "30d"
)

// sourceCount is a row of sources top, and a part of sources report.
type sourceCount struct {
	ID          string                `json:"id"`
	DisplayName string                `json:"display_name"`
	Origin      string                `json:"origin"`
	Category    domain.SourceCategory `json:"category"`
	Channel     domain.SourceChannel  `json:"channel"`
	Users       int64                 `json:"users"`
}

type namedCount struct {
	Name  string `json:"name"`
	Users int64  `json:"users"`
}

type dayCount struct {
	Day   string `json:"day"`
	Users int64  `json:"users"`
}

// stageCount is the number of challenges that reached a stage.
type stageCount struct {
	Stage      string `json:"stage"`
	Challenges int64  `json:"challenges"`
}

// reportJSON is the result of sources report.
type reportJSON struct {
	Since         time.Time     `json:"since"`
	Until         time.Time     `json:"until"`
	Users         int64         `json:"users"`
	Registrations []dayCount    `json:"registrations"`
	Categories    []namedCount  `json:"categories"`
	Channels      []namedCount  `json:"channels"`
	Sources       []sourceCount `json:"sources"`
	Funnel        []stageCount  `json:"funnel"`
}

// period is the flags --since and --until.
type period struct{ since, until string }

func (p *period) flags(cmd *cobra.Command, since string) {
	cmd.Flags().StringVar(&p.since, "since", "", "30d, 4w or 12h ago, a date or a `time` (default "+since+")")
	cmd.Flags().StringVar(&p.until, "until", "", "not from this `time` on, said like --since (default now)")
}

// set reads both flags into an analysis. since is the default of --since, "" for none.
func (p *period) set(a *domain.Analysis, since string) error {
	for _, flag := range []struct {
		name, text string
		to         *time.Time
	}{{"--since", cmp.Or(p.since, since), &a.Since}, {"--until", p.until, &a.Until}} {
		if flag.text == "" {
			continue
		}
		at, ok := pastTime(flag.text, system.Clock{}.Now())
		if !ok {
			return fmt.Errorf("%w: %s wants how long ago, such as 30d, 4w or 12h, a date such as 2026-03-01, "+
				"or a time such as 2026-03-01T12:00:00Z", errUsage, flag.name)
		}
		*flag.to = at
	}
	return nil
}

// sourcesTop prints the sources of most users.
type sourcesTop struct {
	output
	period
	limit int
}

func (p *program) sourcesTopCommand() *cobra.Command {
	s := &sourcesTop{output: output{program: p}, limit: topSources}
	top := leaf(&cobra.Command{
		Use:   "top",
		Short: "Print where most users first came from",
		Long:  "Print where most users first came from, of those who joined in a time.",
	}, s.run)
	limitFlag(top, &s.limit, topSources)
	s.period.flags(top, "the beginning")
	return s.flag(top)
}

func (s *sourcesTop) run(ctx context.Context) error {
	a := domain.Analysis{Limit: s.limit}
	if err := s.set(&a, ""); err != nil {
		return err
	}
	return s.withStores(ctx, func(_ *config.Config, stores wiring.Stores) error {
		out, err := sources.NewCountUsers(stores.Analytics).Do(ctx, sources.CountUsersIn{Analysis: a})
		if err != nil {
			return commandError(err)
		}
		rows := sourceCounts(out.Rows)
		if s.json {
			return s.printJSON(map[string]any{"results": rows})
		}
		return s.print(sourcesPage(rows))
	})
}

// sourcesReport prints the registrations of a period, their sources, and how far
// challenges came.
type sourcesReport struct {
	output
	period
}

func (p *program) sourcesReportCommand() *cobra.Command {
	s := &sourcesReport{output: output{program: p}}
	report := leaf(&cobra.Command{
		Use:   "report",
		Short: "Print who registered in a time, where they came from, and how far challenges came",
		Long: "Print who registered in a time, day by day, by category, channel and source, and how far challenges came. " +
			"The funnel\n" +
			"counts whole days, and may miss what has happened in the last upkeep.interval.",
	}, s.run)
	s.period.flags(report, reportSince)
	return s.flag(report)
}

func (s *sourcesReport) run(ctx context.Context) error {
	a := domain.Analysis{Until: system.Clock{}.Now().Add(time.Microsecond)}
	if err := s.set(&a, reportSince); err != nil {
		return err
	}
	return s.withStores(ctx, func(_ *config.Config, stores wiring.Stores) error {
		report, err := readReport(ctx, stores, a)
		if err != nil {
			return commandError(err)
		}
		if s.json {
			return s.printJSON(report)
		}
		return s.print(report.page())
	})
}

// pastTime reads an age such as 30d, a date, or a time.
func pastTime(text string, now time.Time) (time.Time, bool) {
	units := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if unit, ok := units[text[len(text)-1]]; ok {
		n, err := strconv.ParseUint(text[:len(text)-1], 10, 16)
		return now.Add(-time.Duration(n) * unit), err == nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

func sourceCounts(rows []domain.UserCount) []sourceCount {
	counts := make([]sourceCount, len(rows))
	for i, r := range rows {
		counts[i] = sourceCount{r.Key, r.SourceName(), r.Origin, r.Category, r.Channel, r.Users}
	}
	return counts
}

// readReport runs the queries of a report.
func readReport(ctx context.Context, s wiring.Stores, a domain.Analysis) (report reportJSON, err error) {
	report.Since, report.Until = a.Since, a.Until
	count := func(by domain.GroupBy, limit int) ([]domain.UserCount, error) {
		a := a
		a.GroupBy, a.Limit = by, limit
		out, err := sources.NewCountUsers(s.Analytics).Do(ctx, sources.CountUsersIn{Analysis: a})
		return out.Rows, err
	}
	categories, err := count(domain.ByCategory, sources.MaxRows)
	if err != nil {
		return report, err
	}
	channels, err := count(domain.ByChannel, sources.MaxRows)
	if err != nil {
		return report, err
	}
	top, err := count(domain.BySource, reportSources)
	if err != nil {
		return report, err
	}
	days := a
	days.Limit = sources.MaxRows
	registrations, err := sources.NewCountRegistrations(s.Analytics, system.Clock{}).Do(ctx,
		sources.CountRegistrationsIn{Analysis: days})
	if err != nil {
		return report, err
	}
	funnel, err := sources.NewShowFunnel(s.Analytics).Do(ctx, sources.ShowFunnelIn{Analysis: a})
	if err != nil {
		return report, err
	}
	report.Categories, report.Channels, report.Sources = namedCounts(categories), namedCounts(channels), sourceCounts(top)
	for _, row := range categories {
		report.Users += row.Users
	}
	report.Registrations = make([]dayCount, len(registrations.Rows))
	for i, row := range registrations.Rows {
		report.Registrations[i] = dayCount{row.Key, row.Users}
	}
	for _, row := range funnel.Rows {
		report.Funnel = []stageCount{
			{"requested", row.Requested}, {"sent", row.Sent}, {"delivered", row.Delivered}, {"verified", row.Verified},
			{"registered", row.Registered},
		}
	}
	return report, nil
}

func namedCounts(rows []domain.UserCount) []namedCount {
	counts := make([]namedCount, len(rows))
	for i, r := range rows {
		counts[i] = namedCount{r.Key, r.Users}
	}
	return counts
}

// explanation is the classification of a source.
type explanation struct {
	ID          string       `json:"id"`
	DisplayName string       `json:"display_name"`
	Category    string       `json:"category"`
	CategoryBy  decidingRule `json:"category_by"`
	Channel     string       `json:"channel"`
	ChannelBy   decidingRule `json:"channel_by"`
	Origin      string       `json:"origin"`
	UTMSource   string       `json:"utm_source"`
	UTMMedium   string       `json:"utm_medium"`
	UTMCampaign string       `json:"utm_campaign"`
	UTMTerm     string       `json:"utm_term"`
	UTMContent  string       `json:"utm_content"`
	URL         string       `json:"url"`
}

// decidingRule is the rule that decided; both are empty without one.
type decidingRule struct {
	Rule  string `json:"rule"`
	Match string `json:"match"`
}

// String says it behind what was decided.
func (w decidingRule) String() string {
	if w.Rule == "" {
		return "no rule says more"
	}
	return w.Rule + " " + w.Match
}

var errNoSource = errors.New("the URL is no source: give an absolute http or https URL of at most 2048 bytes")

// sourcesExplain prints the classification of the URL that is its argument, the rules
// that decided, and what of the URL would be kept.
type sourcesExplain struct{ output }

func (s *sourcesExplain) run(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: sources explain wants one URL, in quotes where it has a &", errUsage)
	}
	cfg, err := s.configure(ctx)
	if err != nil {
		return err
	}
	rules, err := config.SourceRules(cfg)
	if err != nil {
		return err
	}
	source, why := rules.Explain(domain.RegistrationSource{URL: args[0]})
	if source.IsZero() {
		return errNoSource
	}
	campaign := source.Campaign
	e := explanation{
		ID: source.ID, DisplayName: source.DisplayName, Origin: source.Origin, URL: source.URL,
		Category: string(source.Category), CategoryBy: decidingRule(why.Category),
		Channel: string(source.Channel), ChannelBy: decidingRule(why.Channel),
		UTMSource: campaign.Source, UTMMedium: campaign.Medium, UTMCampaign: campaign.Name, UTMTerm: campaign.Term,
		UTMContent: campaign.Content,
	}
	if s.json {
		return s.printJSON(e)
	}
	return s.print(e.table())
}

// table is the explanation for people, one line a value that there is.
func (e explanation) table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"display name", e.DisplayName},
		{"category", e.Category + " (" + e.CategoryBy.String() + ")"},
		{"channel", e.Channel + " (" + e.ChannelBy.String() + ")"},
		{"origin", e.Origin},
		{"utm_source", e.UTMSource},
		{"utm_medium", e.UTMMedium},
		{"utm_campaign", e.UTMCampaign},
		{"utm_term", e.UTMTerm},
		{"utm_content", e.UTMContent},
		{"id", e.ID},
		{"kept", e.URL},
	} {
		if line[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", line[0], printable(line[1]))
		}
	}
	_ = w.Flush() // into a text, which takes everything
	return b.String()
}
