package sqlstore

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/domain"
)

// RegistrationSources implements port.RegistrationSources.
type RegistrationSources struct{ db DB }

// NewRegistrationSources makes the store.
func NewRegistrationSources(db DB) *RegistrationSources { return &RegistrationSources{db} }

// OfUser implements port.RegistrationSources. A user without a source is one row
// without one.
func (s *RegistrationSources) OfUser(ctx context.Context, actor domain.Actor) (sources []domain.UserSource, found bool, err error) {
	if !MayAct(actor) {
		return nil, false, nil
	}
	var rows []UserSource
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		return sqlx.SelectContext(ctx, q, &rows, sourcesOfActor, actor.UserUUID, actor.SessionID, actor.UserID)
	})
	if err != nil {
		return nil, false, fmt.Errorf("list the sources of a user: %w", err)
	}
	for _, row := range rows {
		if row.ID != "" {
			sources = append(sources, row.ToDomain())
		}
	}
	return sources, len(rows) > 0, nil
}

const sourcesOfActor = `
SELECT COALESCE(s.id, '') AS id, COALESCE(s.host, '') AS host, COALESCE(s.origin, '') AS origin,
       COALESCE(s.category, '') AS category, COALESCE(s.channel, '') AS channel, COALESCE(s.display_name, '') AS display_name,
       COALESCE(s.utm_source, '') AS utm_source, COALESCE(s.utm_medium, '') AS utm_medium,
       COALESCE(s.utm_campaign, '') AS utm_campaign, COALESCE(s.utm_term, '') AS utm_term,
       COALESCE(s.utm_content, '') AS utm_content,
       COALESCE(l.url, '') AS url, COALESCE(l.first_registration, false) AS first_registration, l.registered_at
  FROM (` + ActingUser + `) AS u
  LEFT JOIN user_registration_sources AS l ON l.user_id = u.id
  LEFT JOIN registration_sources AS s ON s.id = l.source_id
 ORDER BY first_registration DESC, l.registered_at, s.id`
