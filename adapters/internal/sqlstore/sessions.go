package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Sessions is port.Sessions without Rotate and End, which each dialect does in
// its own way.
type Sessions struct {
	db                  DB
	purgeIdle, purgeOld string
}

// NewSessions makes the part of the store. The statement purge removes the
// sessions of a query for ids, which takes the place of its word DUE.
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
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		row, ok, err := One[Session](ctx, q, findSession, actor.UserUUID, actor.SessionID, actor.UserID)
		if ok {
			session, found = row.ToDomain(), true
		}
		return err
	})
	if err != nil {
		return domain.Session{}, false, fmt.Errorf("find a session: %w", err)
	}
	return session, found, nil
}

// OfUser implements port.Sessions.
func (s Sessions) OfUser(ctx context.Context, actor domain.Actor) ([]domain.Session, error) {
	if !MayAct(actor) {
		return nil, nil
	}
	var rows []Session
	err := s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		return sqlx.SelectContext(ctx, q, &rows, sessionsOfUser, actor.UserUUID, actor.SessionID, actor.UserID)
	})
	if err != nil {
		return nil, fmt.Errorf("list the sessions of a user: %w", err)
	}
	sessions := make([]domain.Session, len(rows))
	for i, row := range rows {
		sessions[i] = row.ToDomain()
	}
	return sessions, nil
}

// Purge implements port.Sessions: first what is idle, and then, if it may be
// more, what is old.
func (s Sessions) Purge(ctx context.Context, p port.SessionPurge) (removed int, err error) {
	removed, err = s.purge(ctx, s.purgeIdle, p.Limit, dayOf(p.UsedBefore))
	if err == nil && removed < p.Limit {
		var old int
		old, err = s.purge(ctx, s.purgeOld, p.Limit-removed, FirstUUID(p.MadeBefore), p.MadeBefore)
		removed += old
	}
	if err != nil {
		return 0, fmt.Errorf("purge sessions: %w", err)
	}
	return removed, nil
}

func (s Sessions) purge(ctx context.Context, statement string, limit int, args ...any) (removed int, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		n, err := Exec(ctx, q, statement, append([]any{limit}, args...)...)
		removed = n
		return err
	})
	return removed, err
}

// dayOf is the value of used_on at a time.
func dayOf(at time.Time) int64 {
	const seconds = 24 * 60 * 60
	return max(0, at.Unix()) / seconds
}

// Named are the parameters for sessions that are named: each NULL if it does not
// matter.
func Named(which port.SessionFilter) (only, except sql.NullString) {
	only = sql.NullString{String: which.Only, Valid: which.Only != ""}
	if only.Valid && !domain.IsUUID(which.Only) {
		only.String = noUUID
	}
	return only, sql.NullString{String: which.Except, Valid: domain.IsUUID(which.Except)}
}

// noUUID is nobody's.
const noUUID = "00000000-0000-0000-0000-000000000000"

const findSession = `
SELECT ` + SessionColumns + `
  FROM sessions
 WHERE id = $2 AND user_id = (` + ActingUser + `)`

const sessionsOfUser = `
SELECT ` + SessionColumns + `
  FROM sessions
 WHERE user_id = (` + ActingUser + `)
 ORDER BY created_at DESC, id DESC`

// ActingUser finds the id of the actor with the user $1, the session $2 and the
// number $3, if they may act.
const ActingUser = `SELECT id FROM users WHERE ` + actorStands

// ShownSession finds the session $1 of the user $2, who may refresh it.
const ShownSession = `
SELECT ` + SessionColumns + `
  FROM sessions JOIN users ON users.id = sessions.user_id
 WHERE sessions.id = $1 AND users.uuid = $2 AND users.is_active`

// Both are in the order of an index: what is due is at its beginning.
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
