package sqlstore

import (
	"context"

	"github.com/doorcode-auth/doorcode/domain"
)

// RegistrationSources implements port.RegistrationSources.
type RegistrationSources struct{ db DB }

// OfUser implements port.RegistrationSources. The statement returns one empty source for
// a user without any, and no row for an actor without the right.
func (s *RegistrationSources) OfUser(
	ctx context.Context, actor domain.Actor,
) (sources []domain.UserSource, found bool, err error) {
	if !MayAct(actor) {
		return nil, false, nil
	}
	rows, err := ReadRows[UserSource](ctx, s.db, "list the sources of a user", sourcesOfActor,
		actor.UserUUID, actor.SessionID, actor.UserID)
	for _, row := range rows {
		if row.ID != "" {
			sources = append(sources, row.ToDomain())
		}
	}
	return sources, len(rows) > 0, err
}

// SourceArgs are the values of SourceColumns.
func SourceArgs(s domain.RegistrationSource) []any {
	c := s.Campaign
	return []any{
		s.ID, s.Host, s.Origin, string(s.Category), string(s.Channel), s.DisplayName,
		c.Source, c.Medium, c.Name, c.Term, c.Content,
	}
}

// UserSource is a row of registration_sources with its link to a user.
type UserSource struct {
	ID           string
	Host         string
	Origin       string
	Category     string
	Channel      string
	DisplayName  string
	Campaign     domain.Campaign
	URL          string
	First        bool
	RegisteredAt Time
}

// Columns are the scan targets of SourcesOfUser.
func (r *UserSource) Columns() []any {
	c := &r.Campaign
	return []any{
		&r.ID, &r.Host, &r.Origin, &r.Category, &r.Channel, &r.DisplayName,
		&c.Source, &c.Medium, &c.Name, &c.Term, &c.Content, &r.URL, &r.First, &r.RegisteredAt,
	}
}

// ToDomain maps the row to a linked source.
func (r UserSource) ToDomain() domain.UserSource {
	return domain.UserSource{
		Source: domain.RegistrationSource{
			ID:          r.ID,
			Host:        r.Host,
			Origin:      r.Origin,
			Category:    domain.SourceCategory(r.Category),
			Channel:     domain.SourceChannel(r.Channel),
			DisplayName: r.DisplayName,
			URL:         r.URL,
			Campaign:    r.Campaign,
		},
		First: r.First, RegisteredAt: r.RegisteredAt.Time,
	}
}

// SourceColumns are the columns of a source without the time at which it was first seen.
// The URL belongs to each link.
const SourceColumns = `id, host, origin, category, channel, display_name,
	utm_source, utm_medium, utm_campaign, utm_term, utm_content`

// SourcesOfUser selects the sources of the user $1 as UserSource rows, the first
// registration first.
const SourcesOfUser = `
SELECT ` + SourceColumns + `, url, first_registration, registered_at
  FROM user_registration_sources JOIN registration_sources ON id = source_id
 WHERE user_id = $1
 ORDER BY first_registration DESC, registered_at, id`

const sourcesOfActor = `
SELECT COALESCE(s.id, ''), COALESCE(s.host, ''), COALESCE(s.origin, ''), COALESCE(s.category, ''),
       COALESCE(s.channel, ''), COALESCE(s.display_name, ''), COALESCE(s.utm_source, ''), COALESCE(s.utm_medium, ''),
       COALESCE(s.utm_campaign, ''), COALESCE(s.utm_term, ''), COALESCE(s.utm_content, ''),
       COALESCE(l.url, ''), COALESCE(l.first_registration, false) AS first_registration, l.registered_at
  FROM (` + ActingUser + `) AS u
  LEFT JOIN user_registration_sources AS l ON l.user_id = u.id
  LEFT JOIN registration_sources AS s ON s.id = l.source_id
 ORDER BY first_registration DESC, l.registered_at, s.id`

// AddSource inserts a source unless it exists: SourceArgs and the time of its first
// registration.
const AddSource = `
INSERT INTO registration_sources (` + SourceColumns + `, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (id) DO NOTHING`

// AddLink links a user to a source unless they are linked.
const AddLink = `
INSERT INTO user_registration_sources (user_id, source_id, url, first_registration, registered_at)
VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING`
