package sqlite

import (
	"context"
	"fmt"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Sessions implements port.Sessions.
type Sessions struct {
	sqlstore.Sessions
	db *DB
}

// Rotate implements port.Sessions: one act of the writer.
func (s *Sessions) Rotate(ctx context.Context, r port.Rotation) (rotated port.RotationResult, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		done, err := rotate(ctx, q, r)
		rotated = done
		return err
	})
	if err != nil {
		return port.RotationResult{}, fmt.Errorf("rotate a session: %w", err)
	}
	return rotated, nil
}

// rotate judges and does what follows: what it has read stays true until it has
// written.
func rotate(ctx context.Context, q sqlstore.Queryer, r port.Rotation) (port.RotationResult, error) {
	row, found, err := sqlstore.One[sqlstore.Session](ctx, q, sqlstore.ShownSession, r.SessionID, r.UserUUID)
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

// End implements port.Sessions: one act of the writer.
func (s *Sessions) End(ctx context.Context, actor domain.Actor, which port.SessionFilter) (ended int, found bool, err error) {
	if !sqlstore.MayAct(actor) {
		return 0, false, nil
	}
	only, except := sqlstore.Named(which)
	err = s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		userID, ok, err := sqlstore.One[int64](ctx, q, sqlstore.ActingUser, actor.UserUUID, actor.SessionID, actor.UserID)
		if err != nil || !ok {
			return err
		}
		n, err := sqlstore.Exec(ctx, q, endSessions, userID, only, except)
		ended, found = n, true
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("end sessions: %w", err)
	}
	return ended, found, nil
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
