package sqlstore

import (
	"strings"

	"github.com/doorcode-auth/doorcode/domain"
)

// SessionColumns are the columns of a Session, also where other tables are about.
const SessionColumns = `sessions.id, sessions.user_id, sessions.channel, sessions.amr, sessions.user_agent, sessions.address,
	sessions.created_at, sessions.last_used_at, sessions.generation`

// Session is a row of sessions.
type Session struct {
	ID         string `db:"id"`
	UserID     int64  `db:"user_id"`
	Channel    string `db:"channel"`
	AMR        string `db:"amr"` // separated by spaces
	UserAgent  string `db:"user_agent"`
	Address    string `db:"address"`
	CreatedAt  Time   `db:"created_at"`
	LastUsedAt Time   `db:"last_used_at"`
	Generation int64  `db:"generation"`
}

// Columns are where SessionColumns go.
func (r *Session) Columns() []any {
	return []any{&r.ID, &r.UserID, &r.Channel, &r.AMR, &r.UserAgent, &r.Address, &r.CreatedAt, &r.LastUsedAt, &r.Generation}
}

// ToDomain is the session of the row.
func (r Session) ToDomain() domain.Session {
	return domain.Session{
		ID:         r.ID,
		UserID:     r.UserID,
		Channel:    domain.ChannelName(r.Channel),
		AMR:        strings.Fields(r.AMR),
		UserAgent:  r.UserAgent,
		Address:    r.Address,
		CreatedAt:  r.CreatedAt.Time,
		LastUsedAt: r.LastUsedAt.Time,
		Generation: r.Generation,
	}
}
