package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Sessions is port.Sessions without Rotate and End, which are hot paths of the dialects.
type Sessions struct {
	db                  DB
	purgeIdle, purgeOld string
}

// NewSessions makes the part of the store. The statement purge deletes the sessions
// whose ids a query selects; the query replaces its placeholder DUE.
func NewSessions(db DB, purge string) Sessions {
	return Sessions{
		db:        db,
		purgeIdle: strings.Replace(purge, "DUE", idleSessions, 1),
		purgeOld:  strings.Replace(purge, "DUE", oldSessions, 1),
	}
}

// Find implements port.Sessions.
func (s Sessions) Find(ctx context.Context, actor domain.Actor) (session domain.Session, found bool, err error) {
	if !MayAct(actor) {
		return domain.Session{}, false, nil
	}
	row, found, err := ReadRow[Session](ctx, s.db, "find a session", findSession,
		actor.UserUUID, actor.SessionID, actor.UserID)
	if !found {
		return domain.Session{}, false, err
	}
	return row.ToDomain(), true, nil
}

// OfUser implements port.Sessions.
func (s Sessions) OfUser(ctx context.Context, actor domain.Actor) ([]domain.Session, error) {
	if !MayAct(actor) {
		return nil, nil
	}
	rows, err := ReadRows[Session](ctx, s.db, "list the sessions of a user", sessionsOfUser,
		actor.UserUUID, actor.SessionID, actor.UserID)
	if err != nil {
		return nil, err
	}
	sessions := make([]domain.Session, len(rows))
	for i, row := range rows {
		sessions[i] = row.ToDomain()
	}
	return sessions, nil
}

// Purge implements port.Sessions: idle sessions first, then expired ones up to the
// limit.
func (s Sessions) Purge(ctx context.Context, p port.SessionPurge) (removed int, err error) {
	removed, err = WriteExec(ctx, s.db, "purge idle sessions", s.purgeIdle, p.Limit, dayOf(p.UsedBefore))
	if err == nil && removed < p.Limit {
		var old int
		old, err = WriteExec(ctx, s.db, "purge old sessions", s.purgeOld,
			p.Limit-removed, FirstUUID(p.MadeBefore), p.MadeBefore)
		removed += old
	}
	if err != nil {
		return 0, err
	}
	return removed, nil
}

// dayOf is the value of the column used_on at a time.
func dayOf(at time.Time) int64 {
	const seconds = 24 * 60 * 60
	return max(0, at.Unix()) / seconds
}

// Selection returns the parameters that select sessions by id, NULL without a
// condition.
func Selection(which port.SessionFilter) (only, except sql.NullString) {
	only = sql.NullString{String: which.Only, Valid: which.Only != ""}
	if only.Valid && !domain.IsUUID(which.Only) {
		only.String = nilUUID
	}
	return only, sql.NullString{String: which.Except, Valid: domain.IsUUID(which.Except)}
}

// Session is a row of sessions.
type Session struct {
	ID         string
	UserID     int64
	Channel    string
	AMR        string // separated by spaces
	UserAgent  string
	Address    string
	CreatedAt  Time
	LastUsedAt Time
	Generation int64
}

// Columns are the scan targets of SessionColumns.
func (r *Session) Columns() []any {
	return []any{
		&r.ID, &r.UserID, &r.Channel, &r.AMR, &r.UserAgent, &r.Address, &r.CreatedAt, &r.LastUsedAt, &r.Generation,
	}
}

// ToDomain maps the row to a session.
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

// SessionColumns are the columns of a Session, qualified for joins.
const SessionColumns = `sessions.id, sessions.user_id, sessions.channel, sessions.amr, sessions.user_agent,
	sessions.address, sessions.created_at, sessions.last_used_at, sessions.generation`

const findSession = `
SELECT ` + SessionColumns + `
  FROM sessions
 WHERE id = $2 AND user_id = (` + ActingUser + `)`

const sessionsOfUser = `
SELECT ` + SessionColumns + `
  FROM sessions
 WHERE user_id = (` + ActingUser + `)
 ORDER BY created_at DESC, id DESC`

// RefreshableSession selects the session $1 of the active user $2.
const RefreshableSession = `
SELECT ` + SessionColumns + `
  FROM sessions JOIN users ON users.id = sessions.user_id
 WHERE sessions.id = $1 AND users.uuid = $2 AND users.is_active`

// Both queries read an index in its order: due sessions are at its beginning.
const (
	idleSessions = `
       SELECT id
         FROM sessions
        WHERE used_on < $2
        ORDER BY used_on
        LIMIT $1`
	oldSessions = `
       SELECT id
         FROM sessions
        WHERE id < $2 AND created_at < $3
        ORDER BY id
        LIMIT $1`
)
