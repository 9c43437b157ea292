package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/doorcode-auth/doorcode/domain"
)

// explanation is how a source is classified, and why.
type explanation struct {
	ID          string         `json:"id"`
	DisplayName string         `json:"display_name"`
	Category    string         `json:"category"`
	CategoryBy  explanationWhy `json:"category_by"`
	Channel     string         `json:"channel"`
	ChannelBy   explanationWhy `json:"channel_by"`
	Origin      string         `json:"origin"`
	UTMSource   string         `json:"utm_source"`
	UTMMedium   string         `json:"utm_medium"`
	UTMCampaign string         `json:"utm_campaign"`
	UTMTerm     string         `json:"utm_term"`
	UTMContent  string         `json:"utm_content"`
	URL         string         `json:"url"`
}

// explanationWhy is the rule that decided; both are empty where none did.
type explanationWhy struct {
	Rule  string `json:"rule"`
	Match string `json:"match"`
}

// String says it behind what was decided.
func (w explanationWhy) String() string {
	if w.Rule == "" {
		return "no rule says more"
	}
	return w.Rule + " " + w.Match
}

var errNoSource = errors.New("the URL is no source: give an absolute http or https URL of at most 2048 bytes")

// ExplainSource says how the URL that is its argument is classified, by which rules,
// and what of it would be kept.
func (c *Command) ExplainSource(ctx context.Context) error {
	if len(c.Args) != 1 {
		return fmt.Errorf("%w: sources explain wants one URL, in quotes where it has a &", ErrUsage)
	}
	cfg, err := c.configure(ctx)
	if err != nil {
		return err
	}
	rules, err := sourceRules(cfg)
	if err != nil {
		return err
	}
	source, why := rules.Explain(domain.RegistrationSource{URL: c.Args[0]})
	if source.IsZero() {
		return errNoSource
	}
	shown := explanation{
		ID: source.ID, DisplayName: source.DisplayName, Origin: source.Origin, URL: source.URL,
		Category: string(source.Category), CategoryBy: explanationWhy(why.Category),
		Channel: string(source.Channel), ChannelBy: explanationWhy(why.Channel),
		UTMSource: source.Campaign.Source, UTMMedium: source.Campaign.Medium, UTMCampaign: source.Campaign.Name,
		UTMTerm: source.Campaign.Term, UTMContent: source.Campaign.Content,
	}
	if c.JSON {
		return c.printJSON(shown)
	}
	return c.print(shown.table())
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
