package bootstrap

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/domain"
)

// How much SourcesTop and SourcesReport tell, unless they are asked for more.
const (
	topSources    = 20
	reportSources = 10
	reportSince   = "30d"
)

// sourceCount is a row of SourcesTop, and a part of SourcesReport.
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

// stageCount is how many challenges have come to a stage.
type stageCount struct {
	Stage      string `json:"stage"`
	Challenges int64  `json:"challenges"`
}

// sourcesReport is what SourcesReport tells.
type sourcesReport struct {
	Since         time.Time     `json:"since"`
	Until         time.Time     `json:"until"`
	Users         int64         `json:"users"`
	Registrations []dayCount    `json:"registrations"`
	Categories    []namedCount  `json:"categories"`
	Channels      []namedCount  `json:"channels"`
	Sources       []sourceCount `json:"sources"`
	Funnel        []stageCount  `json:"funnel"`
}

// SourcesTop prints where most users first came from.
func (c *Command) SourcesTop(ctx context.Context) error {
	a := domain.Analysis{Limit: topSources}
	if c.Limit != 0 {
		a.Limit = c.Limit
	}
	if err := c.setTimes(&a, ""); err != nil {
		return err
	}
	return c.withAccounts(ctx, func(_ *Config, s stores) error {
		out, err := sources.NewCountUsers(s.Analytics).Do(ctx, sources.CountUsersIn{Analysis: a})
		if err != nil {
			return c.inWords(err)
		}
		rows := sourceCounts(out.Rows)
		if c.JSON {
			return c.printJSON(map[string]any{"results": rows})
		}
		return c.print(sourcesPage(rows))
	})
}

// SourcesReport prints what there is to know of a time: registrations, where they came
// from, and how far challenges have come.
func (c *Command) SourcesReport(ctx context.Context) error {
	a := domain.Analysis{Until: system.Clock{}.Now().Add(time.Microsecond)}
	if err := c.setTimes(&a, reportSince); err != nil {
		return err
	}
	return c.withAccounts(ctx, func(_ *Config, s stores) error {
		report, err := readReport(ctx, s, a)
		if err != nil {
			return c.inWords(err)
		}
		if c.JSON {
			return c.printJSON(report)
		}
		return c.print(report.page())
	})
}

// setTimes reads --since, which may be left out, and --until.
func (c *Command) setTimes(a *domain.Analysis, since string) error {
	for _, flag := range []struct {
		name, text, normal string
		to                 *time.Time
	}{
		{"--since", c.Since, since, &a.Since},
		{"--until", c.Until, "", &a.Until},
	} {
		text := flag.text
		if text == "" {
			text = flag.normal
		}
		if text == "" {
			continue
		}
		at, ok := pastTime(text, system.Clock{}.Now())
		if !ok {
			return fmt.Errorf("%w: %s wants how long ago, such as 30d, 4w or 12h, a date such as 2026-03-01, or a time such as 2026-03-01T12:00:00Z", ErrUsage, flag.name)
		}
		*flag.to = at
	}
	return nil
}

// pastTime is a time as people say it: how long before now, a date, or a time.
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

// readReport asks for everything that a report has.
func readReport(ctx context.Context, s stores, a domain.Analysis) (report sourcesReport, err error) {
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
	registrations, err := sources.NewCountRegistrations(s.Analytics, system.Clock{}).Do(ctx, sources.CountRegistrationsIn{Analysis: days})
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
			{"requested", row.Requested}, {"sent", row.Sent}, {"delivered", row.Delivered}, {"verified", row.Verified}, {"registered", row.Registered},
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
