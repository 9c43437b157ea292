package sqlstore

import "github.com/doorcode-auth/doorcode/domain"

// SourceColumns are the columns of a RegistrationSource, but for when it was first
// seen. The URL is not among them: each link has its own.
const SourceColumns = `id, host, origin, category, channel, display_name, utm_source, utm_medium, utm_campaign, utm_term, utm_content`

// SourceArgs are the values of SourceColumns.
func SourceArgs(s domain.RegistrationSource) []any {
	c := s.Campaign
	return []any{
		s.ID, s.Host, s.Origin, string(s.Category), string(s.Channel), s.DisplayName, c.Source, c.Medium, c.Name, c.Term, c.Content,
	}
}

// RegistrationSource is a row of registration_sources.
type RegistrationSource struct {
	ID          string `db:"id"`
	Host        string `db:"host"`
	Origin      string `db:"origin"`
	Category    string `db:"category"`
	Channel     string `db:"channel"`
	DisplayName string `db:"display_name"`
	UTMSource   string `db:"utm_source"`
	UTMMedium   string `db:"utm_medium"`
	UTMCampaign string `db:"utm_campaign"`
	UTMTerm     string `db:"utm_term"`
	UTMContent  string `db:"utm_content"`
}

// ToDomain is the source of the row, by way of a URL.
func (r RegistrationSource) ToDomain(url string) domain.RegistrationSource {
	return domain.RegistrationSource{
		ID:          r.ID,
		Host:        r.Host,
		Origin:      r.Origin,
		Category:    domain.SourceCategory(r.Category),
		Channel:     domain.SourceChannel(r.Channel),
		DisplayName: r.DisplayName,
		URL:         url,
		Campaign: domain.Campaign{
			Source: r.UTMSource, Medium: r.UTMMedium, Name: r.UTMCampaign, Term: r.UTMTerm, Content: r.UTMContent,
		},
	}
}

// UserSource is a link of a user and a source.
type UserSource struct {
	RegistrationSource
	URL          string `db:"url"`
	First        bool   `db:"first_registration"`
	RegisteredAt Time   `db:"registered_at"`
}

// ToDomain is the source as it is linked.
func (r UserSource) ToDomain() domain.UserSource {
	return domain.UserSource{Source: r.RegistrationSource.ToDomain(r.URL), First: r.First, RegisteredAt: r.RegisteredAt.Time}
}

// UserSourcesOf lists the sources of the user $1 as UserSource rows, the first
// registration first.
const UserSourcesOf = `
SELECT ` + SourceColumns + `, url, first_registration, registered_at
  FROM user_registration_sources JOIN registration_sources ON id = source_id
 WHERE user_id = $1
 ORDER BY first_registration DESC, registered_at, id`
