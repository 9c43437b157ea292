package command

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// How wide the bars of a page are, and how much of a name it shows, in characters.
const (
	barWidth  = 30
	nameWidth = 40
)

// bars is a table of names with numbers, and bars as long as the numbers are great.
type bars struct{ rows []barRow }

type barRow struct {
	name   string
	number int64
	note   string // behind the bar, "" for nothing
}

func (b *bars) add(name string, number int64, note ...string) {
	b.rows = append(b.rows, barRow{shownName(name), number, strings.Join(note, ", ")})
}

func (b *bars) String() string {
	var width, digits int
	var most int64 = 1
	for _, row := range b.rows {
		width = max(width, utf8.RuneCountInString(row.name))
		digits = max(digits, len(fmt.Sprint(row.number)))
		most = max(most, row.number)
	}
	var page strings.Builder
	for _, row := range b.rows {
		gap := strings.Repeat(" ", width-utf8.RuneCountInString(row.name))
		line := fmt.Sprintf("  %s%s  %*d  %s  %s", row.name, gap, digits, row.number, bar(row.number, most), row.note)
		page.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return page.String()
}

// bar is as long as a number is of the most; whatever is not nothing can be seen.
func bar(number, most int64) string {
	width := int(number * barWidth / most)
	if number > 0 {
		width = max(width, 1)
	}
	return strings.Repeat("█", width)
}

// shownName is a name that cannot move the cursor of a terminal, nor fill it.
func shownName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, name)
	if name == "" {
		return "(none)"
	}
	if runes := []rune(name); len(runes) > nameWidth {
		return string(runes[:nameWidth-1]) + "…"
	}
	return name
}

// sourcesPage is the page of sources top.
func sourcesPage(rows []sourceCount) string {
	if len(rows) == 0 {
		return "Nobody has registered in this time.\n"
	}
	var table bars
	for _, r := range rows {
		table.add(r.DisplayName, r.Users, r.about()...)
	}
	return "Users by where they first came from:\n\n" + table.String()
}

// about is what tells a source from another one of the same name.
func (c sourceCount) about() []string {
	about := []string{string(c.Category), string(c.Channel)}
	if c.Origin != "" {
		about = append([]string{shownName(c.Origin)}, about...)
	}
	return about
}

// page is a report for people.
func (r *reportJSON) page() string {
	var page strings.Builder
	fmt.Fprintf(&page, "From %s until %s (UTC): %d new users\n", r.Since.Format(time.DateTime),
		r.Until.Format(time.DateTime), r.Users)
	section := func(title string, table *bars) {
		if len(table.rows) > 0 {
			page.WriteString("\n" + title + "\n" + table.String())
		}
	}
	var days, categories, channels, top, funnel bars
	for _, d := range r.Registrations {
		days.add(d.Day, d.Users)
	}
	for _, c := range r.Categories {
		categories.add(c.Name, c.Users)
	}
	for _, c := range r.Channels {
		channels.add(c.Name, c.Users)
	}
	for _, s := range r.Sources {
		top.add(s.DisplayName, s.Users, s.about()...)
	}
	for _, s := range r.Funnel {
		funnel.add(s.Stage, s.Challenges, share(s.Challenges, r.Funnel[0].Challenges))
	}
	section("New users by day", &days)
	section("New users by category", &categories)
	section("New users by channel", &channels)
	section(fmt.Sprintf("The first %d sources", reportSources), &top)
	section("Challenges by how far they came (whole days)", &funnel)
	return page.String()
}

// share is how much a number is of all.
func share(number, all int64) string {
	if all == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(number)/float64(all))
}
