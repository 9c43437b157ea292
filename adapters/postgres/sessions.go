package postgres

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

// Rotate implements port.Sessions: one statement and one commit for a current refresh
// token. The verdict on any other token is found afterwards.
func (s *Sessions) Rotate(ctx context.Context, r port.Rotation) (port.RotationResult, error) {
	if !domain.IsUUID(r.SessionID) || !domain.IsUUID(r.UserUUID) {
		return port.RotationResult{Verdict: domain.RefreshEnded}, nil
	}
	return sqlstore.WriteWith(ctx, s.db, "rotate a session", rotate, r)
}

// maxTries bounds how often a concurrent update of the session may succeed between reading
// it and acting on the verdict.
const maxTries = 5

var errContention = fmt.Errorf("gave up after %d concurrent updates of the session", maxTries)

func rotate(ctx context.Context, q sqlstore.Queryer, r port.Rotation) (port.RotationResult, error) {
	for range maxTries {
		session, found, err := advance(ctx, q, r)
		if err != nil || found {
			return port.RotationResult{Verdict: domain.RefreshCurrent, Session: session}, err
		}
		row, found, err := sqlstore.QueryRow[sqlstore.Session](ctx, q, sqlstore.RefreshableSession, r.SessionID, r.UserUUID)
		if err != nil || !found {
			return port.RotationResult{Verdict: domain.RefreshEnded}, err
		}
		session = row.ToDomain()
		switch verdict := r.Policy.Judge(session, r.Generation, r.Now); verdict {
		case domain.RefreshCurrent: // since advance looked
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
	return port.RotationResult{}, domain.ErrUnavailable.Because(errContention)
}

// advance rotates the session if the token's generation is current.
func advance(ctx context.Context, q sqlstore.Queryer, r port.Rotation) (domain.Session, bool, error) {
	step := 0
	if r.Policy.Rotates {
		step = 1
	}
	row, found, err := sqlstore.QueryRow[sqlstore.Session](ctx, q, advanceSession, r.SessionID, r.UserUUID, r.Generation,
		r.Policy.AcceptsOlder, step, r.Now, r.Now.Add(-r.Policy.AbsoluteLifetime), statementExpiry(ctx))
	return row.ToDomain(), found, err
}

// End implements port.Sessions.
func (s *Sessions) End(
	ctx context.Context, actor domain.Actor, which port.SessionFilter,
) (ended int, found bool, err error) {
	if !sqlstore.MayAct(actor) {
		return 0, false, nil
	}
	only, except := sqlstore.Selection(which)
	row, _, err := sqlstore.WriteRow[endedRow](ctx, s.db, "end sessions", endSessions,
		actor.UserUUID, actor.SessionID, actor.UserID, only, except)
	return row.Ended, row.Found, err
}

type endedRow struct {
	Found bool
	Ended int
}

// Columns are the scan targets of endSessions.
func (r *endedRow) Columns() []any { return []any{&r.Found, &r.Ended} }

// advanceSession implements the verdict "current" of domain.SessionPolicy.Judge. Of concurrent
// statements, the later one waits and sees the session that the earlier one has committed.
//
//	$1 session   $3 generation of the token           $5 generations to advance   $7 sessions created
//	$2 user      $4 whether older ones are valid too  $6 now                         by then are expired
//	$8 statement expiry
const advanceSession = `
UPDATE sessions
   SET generation = generation + $5, last_used_at = $6
  FROM users
 WHERE sessions.id = $1 AND generation >= $3 AND (generation = $3 OR $4) AND created_at > $7
   AND clock_timestamp() < $8 AND users.id = user_id AND users.uuid = $2 AND users.is_active
RETURNING ` + sqlstore.SessionColumns

// endReused ends the session $1 of the user $2 if the generation $3 is a past one.
const endReused = `
DELETE FROM sessions
 USING users
 WHERE sessions.id = $1 AND generation > $3
   AND users.id = user_id AND users.uuid = $2 AND users.is_active`

// endSessions locks the sessions in order of their ids, so that concurrent calls cannot
// deadlock.
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

// The array makes a generic plan expect few sessions and look up each by its id.
const purgeSessions = `
DELETE FROM sessions
 WHERE id = ANY (ARRAY (DUE
          FOR UPDATE SKIP LOCKED))`
