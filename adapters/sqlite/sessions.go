package sqlite

import (
	"context"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Sessions implements port.Sessions.
type Sessions struct {
	sqlstore.Sessions
	db *DB
}

// Rotate implements port.Sessions.
func (s *Sessions) Rotate(ctx context.Context, r port.Rotation) (port.RotationResult, error) {
	return sqlstore.WriteWith(ctx, s.db, "rotate a session", rotate, r)
}

// rotate classifies the refresh token and applies the verdict. With a single writer, what
// it has read stays true until it has written.
func rotate(ctx context.Context, q sqlstore.Queryer, r port.Rotation) (port.RotationResult, error) {
	row, found, err := sqlstore.QueryRow[sqlstore.Session](ctx, q, sqlstore.RefreshableSession, r.SessionID, r.UserUUID)
	if err != nil || !found {
		return port.RotationResult{Verdict: domain.RefreshEnded}, err
	}
	session := row.ToDomain()
	rotated := port.RotationResult{Verdict: r.Policy.Judge(session, r.Generation, r.Now)}
	switch rotated.Verdict {
	case domain.RefreshCurrent:
		if r.Policy.Rotates {
			session.Generation++
		}
		session.LastUsedAt = r.Now
		rotated.Session = session
		_, err = q.ExecContext(ctx, useSession, session.ID, session.Generation, session.LastUsedAt)
	case domain.RefreshRepeat:
		rotated.Session = session
	case domain.RefreshReused:
		_, err = q.ExecContext(ctx, endSession, session.ID)
	}
	return rotated, err
}

// End implements port.Sessions.
func (s *Sessions) End(
	ctx context.Context, actor domain.Actor, which port.SessionFilter,
) (ended int, found bool, err error) {
	if !sqlstore.MayAct(actor) {
		return 0, false, nil
	}
	only, except := sqlstore.Selection(which)
	type result struct {
		ended int
		found bool
	}
	end := func(ctx context.Context, q sqlstore.Queryer) (result, error) {
		userID, found, err := sqlstore.QueryRow[int64](ctx, q, sqlstore.ActingUser,
			actor.UserUUID, actor.SessionID, actor.UserID)
		if err != nil || !found {
			return result{}, err
		}
		n, err := sqlstore.Exec(ctx, q, endSessions, userID, only, except)
		return result{n, true}, err
	}
	r, err := sqlstore.Write(ctx, s.db, "end sessions", end)
	return r.ended, r.found, err
}

const useSession = `
UPDATE sessions
   SET generation = $2, last_used_at = $3
 WHERE id = $1`

const endSession = `
DELETE FROM sessions
 WHERE id = $1`

const endSessions = `
DELETE FROM sessions
 WHERE user_id = $1 AND ($2 IS NULL OR id = $2) AND ($3 IS NULL OR id <> $3)`

const purgeSessions = `
DELETE FROM sessions
 WHERE id IN (DUE)`
