package postgres

import (
	"context"
	"errors"
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

// Rotate implements port.Sessions: one statement, and so one commit, for a
// refresh token that is good. What is wrong with another is read afterwards.
func (s *Sessions) Rotate(ctx context.Context, r port.Rotation) (rotated port.RotationResult, err error) {
	if !domain.IsUUID(r.SessionID) || !domain.IsUUID(r.UserUUID) {
		return port.RotationResult{Verdict: domain.RefreshEnded}, nil
	}
	err = s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		rotated, err = rotate(ctx, q, r)
		return err
	})
	if err != nil {
		return port.RotationResult{}, fmt.Errorf("rotate a session: %w", err)
	}
	return rotated, nil
}

// maxJudgements bounds how often a session may change between the look at it and
// what is done about it. Each time somebody else's act has succeeded.
const maxJudgements = 5

var errRestless = errors.New("the session did not stay as it was for long enough to be judged")

func rotate(ctx context.Context, q sqlstore.Queryer, r port.Rotation) (port.RotationResult, error) {
	for range maxJudgements {
		session, found, err := advance(ctx, q, r)
		if err != nil || found {
			return port.RotationResult{Verdict: domain.RefreshCurrent, Session: session}, err
		}
		row, found, err := sqlstore.One[sqlstore.Session](ctx, q, sqlstore.ShownSession, r.SessionID, r.UserUUID)
		if err != nil || !found {
			return port.RotationResult{Verdict: domain.RefreshEnded}, err
		}
		session = row.ToDomain()
		switch verdict := r.Policy.Judge(session, r.Generation, r.Now); verdict {
		case domain.RefreshCurrent: // it has become so since
		case domain.RefreshRepeat:
			return port.RotationResult{Verdict: verdict, Session: session}, nil
		case domain.RefreshReused:
			ended, err := sqlstore.Exec(ctx, q, endReused, r.SessionID, r.UserUUID, r.Generation)
			if err != nil || ended > 0 {
				return port.RotationResult{Verdict: verdict}, err
			}
		default:
			return port.RotationResult{Verdict: verdict}, nil
		}
	}
	return port.RotationResult{}, domain.ErrUnavailable.Because(errRestless)
}

// advance does all that there is to do about a generation that is current.
func advance(ctx context.Context, q sqlstore.Queryer, r port.Rotation) (domain.Session, bool, error) {
	step := 0
	if r.Policy.Rotates {
		step = 1
	}
	row, found, err := sqlstore.One[sqlstore.Session](ctx, q, advanceSession, r.SessionID, r.UserUUID, r.Generation,
		r.Policy.AcceptsOlder, step, r.Now, r.Now.Add(-r.Policy.AbsoluteLifetime), tooLate(ctx))
	return row.ToDomain(), found, err
}

// End implements port.Sessions.
func (s *Sessions) End(ctx context.Context, actor domain.Actor, which port.SessionFilter) (ended int, found bool, err error) {
	if !sqlstore.MayAct(actor) {
		return 0, false, nil
	}
	only, except := sqlstore.Named(which)
	err = s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		row, _, err := sqlstore.One[endedRow](ctx, q, endSessions, actor.UserUUID, actor.SessionID, actor.UserID, only, except)
		ended, found = row.Ended, row.Found
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("end sessions: %w", err)
	}
	return ended, found, nil
}

type endedRow struct {
	Found bool
	Ended int
}

// Columns are where those of endSessions go.
func (r *endedRow) Columns() []any { return []any{&r.Found, &r.Ended} }

// advanceSession is domain.SessionPolicy.Judge for what is current, and the
// consequence. Who waits here for another who does the same finds the session as
// the other has left it.
//
//	$1 session   $3 generation that was shown        $5 generations to go on   $7 what was made by
//	$2 user      $4 whether older ones are good too  $6 now                       then is too old
//	$8 when it is too late
const advanceSession = `
UPDATE sessions
   SET generation = generation + $5, last_used_at = $6
  FROM users
 WHERE sessions.id = $1 AND generation >= $3 AND (generation = $3 OR $4) AND created_at > $7
   AND clock_timestamp() < $8 AND users.id = user_id AND users.uuid = $2 AND users.is_active
RETURNING ` + sqlstore.SessionColumns

// endReused ends the session $1 of the user $2 if the generation $3 is one of the
// past.
const endReused = `
DELETE FROM sessions
 USING users
 WHERE sessions.id = $1 AND generation > $3
   AND users.id = user_id AND users.uuid = $2 AND users.is_active`

// endSessions locks the sessions in an order, so that two who end the same ones
// never wait for each other.
const endSessions = `
WITH actor AS (
	` + sqlstore.ActingUser + `
), named AS (
	SELECT sessions.id
	  FROM sessions JOIN actor ON actor.id = sessions.user_id
	 WHERE ($4::uuid IS NULL OR sessions.id = $4) AND ($5::uuid IS NULL OR sessions.id <> $5)
	 ORDER BY sessions.id
	   FOR UPDATE OF sessions
), ended AS (
	DELETE FROM sessions
	 USING named
	 WHERE sessions.id = named.id
	RETURNING sessions.id
)
SELECT EXISTS (SELECT FROM actor) AS found, (SELECT count(*) FROM ended) AS ended`

// The array has whoever plans for any limit expect few sessions, and find each by
// its id.
const purgeSessions = `
DELETE FROM sessions
 WHERE id = ANY (ARRAY (DUE
          FOR UPDATE SKIP LOCKED))`
