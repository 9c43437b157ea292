package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
	"github.com/doorcode-auth/doorcode/domain"
)

func (p *program) sourcesCommand() *cobra.Command {
	return group("sources", "Analyze the sources of registrations",
		p.sourcesTopCommand(), p.sourcesReportCommand(), p.sourcesExplainCommand())
}

// The defaults of sources top and sources report.
const (
	topSources    = 20
	reportSources = 10
	reportSince   = "30d"
)

// period is the flags --since and --until.
type period struct{ since, until string }

func (p *period) flags(cmd *cobra.Command, since string) {
	cmd.Flags().StringVar(&p.since, "since", "", "30d, 4w or 12h ago, a date or a `time` (default "+since+")")
	cmd.Flags().StringVar(&p.until, "until", "", "before this `time`, in the forms of --since (default now)")
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

func (p *program) sourcesTopCommand() *cobra.Command {
	a := domain.Analysis{Limit: topSources}
	var flags period
	cmd := &cobra.Command{
		Use:   "top",
		Short: "Print the first sources of most users",
		Long:  "Print the first sources of most users, of the users that joined in a period.",
	}
	limitFlag(cmd, &a.Limit, topSources)
	flags.flags(cmd, "the beginning")
	return p.command(cmd, func(ctx context.Context, _ []string) (output, error) {
		if err := flags.set(&a, ""); err != nil {
			return output{}, err
		}
		return p.withStores(ctx, func(_ *config.Config, s wiring.Stores) (output, error) {
			out, err := sources.NewCountUsers(s.Analytics).Do(ctx, sources.CountUsersIn{Analysis: a})
			text := "Users by first source:\n\n" + bars(sourceBars(out.Rows))
			if len(out.Rows) == 0 {
				text = "No registrations in this period.\n"
			}
			return output{text, map[string]any{"results": jsonSources(out.Rows)}}, err
		})
	})
}

func (p *program) sourcesReportCommand() *cobra.Command {
	var flags period
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Print the registrations of a period, their sources, and how far challenges came",
		Long: "Print the registrations of a period by day, category, channel and source, and how far challenges came.\n" +
			"The funnel counts whole days, and may miss what has happened in the last upkeep.interval.",
	}
	flags.flags(cmd, reportSince)
	return p.command(cmd, func(ctx context.Context, _ []string) (output, error) {
		a := domain.Analysis{Until: system.Clock{}.Now().Add(time.Microsecond)}
		if err := flags.set(&a, reportSince); err != nil {
			return output{}, err
		}
		return p.withStores(ctx, func(_ *config.Config, s wiring.Stores) (output, error) {
			r, err := readReport(ctx, s, a)
			return output{r.text(), r.json()}, err
		})
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

// report is the result of sources report.
type report struct {
	since, until                           time.Time
	days, categories, channels, topSources []domain.UserCount
	funnel                                 []stageCount // nil without a challenge
}

// stageCount is the number of challenges that reached a stage.
type stageCount struct {
	Stage      string `json:"stage"`
	Challenges int64  `json:"challenges"`
}

// readReport runs the queries of a report.
func readReport(ctx context.Context, s wiring.Stores, a domain.Analysis) (report, error) {
	r := report{since: a.Since, until: a.Until}
	for _, q := range []struct {
		to    *[]domain.UserCount
		by    domain.GroupBy
		limit int
	}{
		{&r.categories, domain.ByCategory, sources.MaxRows},
		{&r.channels, domain.ByChannel, sources.MaxRows},
		{&r.topSources, domain.BySource, reportSources},
	} {
		a := a
		a.GroupBy, a.Limit = q.by, q.limit
		out, err := sources.NewCountUsers(s.Analytics).Do(ctx, sources.CountUsersIn{Analysis: a})
		if err != nil {
			return r, err
		}
		*q.to = out.Rows
	}
	days := a
	days.Limit = sources.MaxRows
	registrations, err := sources.NewCountRegistrations(s.Analytics, system.Clock{}).
		Do(ctx, sources.CountRegistrationsIn{Analysis: days})
	if err != nil {
		return r, err
	}
	r.days = registrations.Rows
	funnel, err := sources.NewShowFunnel(s.Analytics).Do(ctx, sources.ShowFunnelIn{Analysis: a})
	for _, row := range funnel.Rows {
		r.funnel = []stageCount{
			{"requested", row.Requested},
			{"sent", row.Sent},
			{"delivered", row.Delivered},
			{"verified", row.Verified},
			{"registered", row.Registered},
		}
	}
	return r, err
}

// users is the number of new users.
func (r report) users() (n int64) {
	for _, row := range r.categories {
		n += row.Users
	}
	return n
}

func (r report) json() any {
	return map[string]any{
		"since": r.since, "until": r.until, "users": r.users(), "registrations": jsonCounts("day", r.days),
		"categories": jsonCounts("name", r.categories), "channels": jsonCounts("name", r.channels),
		"sources": jsonSources(r.topSources), "funnel": r.funnel,
	}
}

// jsonCounts are rows with their key as the member name.
func jsonCounts(name string, rows []domain.UserCount) []map[string]any {
	counts := make([]map[string]any, len(rows))
	for i, row := range rows {
		counts[i] = map[string]any{name: row.Key, "users": row.Users}
	}
	return counts
}

// sourceCount is a row of sources top, and a part of sources report.
type sourceCount struct {
	ID          string                `json:"id"`
	DisplayName string                `json:"display_name"`
	Origin      string                `json:"origin"`
	Category    domain.SourceCategory `json:"category"`
	Channel     domain.SourceChannel  `json:"channel"`
	Users       int64                 `json:"users"`
}

func jsonSources(rows []domain.UserCount) []sourceCount {
	counts := make([]sourceCount, len(rows))
	for i, r := range rows {
		counts[i] = sourceCount{r.Key, r.SourceName(), r.Origin, r.Category, r.Channel, r.Users}
	}
	return counts
}

func (r report) text() string {
	var funnel []barRow
	for _, s := range r.funnel {
		funnel = append(funnel, barRow{s.Stage, s.Challenges, share(s.Challenges, r.funnel[0].Challenges)})
	}
	text := fmt.Sprintf("From %s until %s (UTC): %d new users\n", r.since.Format(time.DateTime),
		r.until.Format(time.DateTime), r.users())
	for _, section := range []struct {
		title string
		rows  []barRow
	}{
		{"New users by day", keyBars(r.days)},
		{"New users by category", keyBars(r.categories)},
		{"New users by channel", keyBars(r.channels)},
		{fmt.Sprintf("The first %d sources", reportSources), sourceBars(r.topSources)},
		{"Challenges by how far they came (whole days)", funnel},
	} {
		if len(section.rows) > 0 {
			text += "\n" + section.title + "\n" + bars(section.rows)
		}
	}
	return text
}

// How wide the bars of a page are, and how much of a name it shows, in characters.
const (
	barWidth  = 30
	nameWidth = 40
)

// barRow is a name with a number, and a note behind the bar.
type barRow struct {
	name   string
	number int64
	note   string
}

func keyBars(rows []domain.UserCount) (list []barRow) {
	for _, r := range rows {
		list = append(list, barRow{r.Key, r.Users, ""})
	}
	return list
}

// sourceBars notes what distinguishes sources of the same name.
func sourceBars(rows []domain.UserCount) (list []barRow) {
	for _, r := range rows {
		note := string(r.Category) + ", " + string(r.Channel)
		if r.Origin != "" {
			note = shownName(r.Origin) + ", " + note
		}
		list = append(list, barRow{r.SourceName(), r.Users, note})
	}
	return list
}

// bars draws bars proportional to numbers; every number but 0 has a visible one.
func bars(rows []barRow) string {
	most := int64(1)
	for _, row := range rows {
		most = max(most, row.number)
	}
	cells := make([][]string, len(rows))
	for i, row := range rows {
		width := int(max(row.number*barWidth/most, min(row.number, 1)))
		line := fmt.Sprintf("%*d  %s  %s", len(fmt.Sprint(most)), row.number, strings.Repeat("█", width), row.note)
		cells[i] = []string{"  " + shownName(row.name), strings.TrimRight(line, " ")}
	}
	return columns(cells)
}

// shownName is a name that cannot control a terminal, nor fill it.
func shownName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, name)
	if runes := []rune(name); len(runes) > nameWidth {
		return string(runes[:nameWidth-1]) + "…"
	}
	return cmp.Or(name, "(none)")
}

// share is a number in percent of all.
func share(number, all int64) string {
	if all == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(number)/float64(all))
}

// explanation is the classification of a source.
type explanation struct {
	sourceJSON
	CategoryBy decidingRule `json:"category_by"`
	ChannelBy  decidingRule `json:"channel_by"`
	URL        string       `json:"url"`
}

// decidingRule is the rule that decided; both members are empty without one.
type decidingRule struct {
	Rule  string `json:"rule"`
	Match string `json:"match"`
}

func (w decidingRule) String() string {
	if w.Rule == "" {
		return "no rule says more"
	}
	return w.Rule + " " + w.Match
}

var errNoSource = errors.New("the URL is no source: give an absolute http or https URL of at most 2048 bytes")

func (p *program) sourcesExplainCommand() *cobra.Command {
	return p.command(&cobra.Command{
		Use:   "explain URL",
		Short: "Print how the URL of a source is classified, and by which rule",
		Long: "Print how the URL of a source is classified, and by which rule: those of the product and of sources.rules.\n" +
			"Nothing is stored, and no request is made. docs/sources.md tells how rules are written. Exits with 1 for what\n" +
			"is no source.",
		Args: cobra.ArbitraryArgs, // checked by explainSource
	}, p.explainSource)
}

// explainSource reports the classification of a URL, the rules that decided, and what of
// the URL would be stored.
func (p *program) explainSource(ctx context.Context, args []string) (output, error) {
	if len(args) != 1 {
		return output{}, fmt.Errorf("%w: sources explain wants one URL, in quotes where it has a &", errUsage)
	}
	cfg, err := p.configure(ctx)
	if err != nil {
		return output{}, err
	}
	rules, err := config.SourceRules(cfg)
	if err != nil {
		return output{}, err
	}
	source, why := rules.Explain(domain.RegistrationSource{URL: args[0]})
	if source.IsZero() {
		return output{}, errNoSource
	}
	e := explanation{jsonSource(source), decidingRule(why.Category), decidingRule(why.Channel), source.URL}
	return output{e.table(), e}, nil
}

// table has a line for each value that is not empty.
func (e explanation) table() string {
	var rows [][]string
	for _, line := range [][]string{
		{"display name", e.DisplayName},
		{"category", string(e.Category) + " (" + e.CategoryBy.String() + ")"},
		{"channel", string(e.Channel) + " (" + e.ChannelBy.String() + ")"},
		{"origin", e.Origin},
		{"utm_source", e.Source},
		{"utm_medium", e.Medium},
		{"utm_campaign", e.Name},
		{"utm_term", e.Term},
		{"utm_content", e.Content},
		{"id", e.ID},
		{"kept", e.URL},
	} {
		if line[1] != "" {
			rows = append(rows, []string{line[0], printable(line[1])})
		}
	}
	return columns(rows)
}
