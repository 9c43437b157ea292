package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SignIns implements port.SignIns: one statement, and so one commit.
type SignIns struct{ db *DB }

// Complete implements port.SignIns.
func (s *SignIns) Complete(ctx context.Context, in port.SignIn) (done port.SignInResult, err error) {
	if !domain.IsUUID(string(in.Proof.ChallengeID)) {
		return port.SignInResult{}, nil
	}
	statements := completeByEmail
	if in.Proof.Recipient.Kind() == domain.KindPhone {
		statements = completeByPhone
	}
	statement, session := statements.plain, in.Session
	args := []any{
		string(in.Proof.ChallengeID), in.Now, in.Proof.Recipient.Value(),
		in.NewUser.UUID, in.NewUser.Username,
		session.ID, string(session.Channel), strings.Join(session.AMR, " "), session.UserAgent, session.Address,
		!in.KeepLastLogin,
		time.Time{},
	}
	const late = 11 // where $12 is, once the act has a deadline
	if !in.Source.IsZero() {
		statement = statements.linking
		args = append(append(args, in.Source.URL), sqlstore.SourceArgs(in.Source)...)
	}
	err = s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		args[late] = tooLate(ctx)
		row, found, err := sqlstore.One[sqlstore.User](ctx, q, statement, args...)
		done = port.SignInResult{Consumed: found, User: row.ToDomain(), IsNew: found && row.UUID == in.NewUser.UUID}
		return err
	})
	if err != nil {
		return port.SignInResult{}, fmt.Errorf("complete a sign-in: %w", err)
	}
	return done, nil
}

// completeStatements complete a sign-in by one kind of identifier, which is a column
// of users, with no source and with one to be linked.
type completeStatements struct{ plain, linking string }

var (
	completeByEmail = completeBy("email")
	completeByPhone = completeBy("phone")
)

// completeBy makes the statements. Each part builds on what another returns, never
// on what it wrote. A disabled user stays as it was, and has neither session nor
// source; a user who is new has the id that was thought up for one.
//
//	$1 challenge_id   $4 uuid and $5 username   $6 id, $7 channel, $8 amr,   $11 whether the last login is noted
//	$2 now               of a new user             $9 user_agent and         $12 when it is too late
//	$3 recipient                                  $10 address of the session
//
//	$13 url of the link   $14 id, $15 host and the rest of SourceColumns
func completeBy(identifier string) completeStatements {
	plain := strings.ReplaceAll(completeTemplate, "IDENTIFIER", identifier)
	return completeStatements{
		plain:   strings.NewReplacer("LINK", "", "DIRECT", "true").Replace(plain),
		linking: strings.NewReplacer("LINK", linkSource, "DIRECT", "false").Replace(plain),
	}
}

const completeTemplate = `
WITH secret AS (
	UPDATE otp_secrets
	   SET used_at = $2
	 WHERE challenge_id = $1 AND recipient = $3 AND purpose = 'sign_in' AND ` + sqlstore.Unspent + `
	   AND clock_timestamp() < $12
	RETURNING recipient, challenge_id
), person AS (
	INSERT INTO users AS u (uuid, IDENTIFIER, IDENTIFIER_verified, username, date_joined, last_login, challenge_id, direct)
	SELECT $4, recipient, true, $5, $2, CASE WHEN $11 THEN $2 END, challenge_id, DIRECT
	  FROM secret
	    ON CONFLICT (IDENTIFIER) DO UPDATE
	   SET IDENTIFIER_verified = u.IDENTIFIER_verified OR u.is_active,
	       last_login = CASE WHEN u.is_active AND $11 THEN EXCLUDED.last_login ELSE u.last_login END
	RETURNING ` + sqlstore.UserColumns + `
)LINK, session AS (
	INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at, last_used_at)
	SELECT $6, id, $7, $8, $9, $10, $2, $2
	  FROM person
	 WHERE is_active
)
SELECT * FROM person`

// linkSource waits for nobody who links the same source to somebody else, but for
// the first of all.
const linkSource = `, source AS (
	INSERT INTO registration_sources (` + sqlstore.SourceColumns + `, created_at)
	SELECT $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $2
	  FROM person
	 WHERE is_active
	    ON CONFLICT (id) DO NOTHING
), link AS (
	INSERT INTO user_registration_sources (user_id, source_id, url, first_registration, registered_at)
	SELECT id, $14, $13, uuid = $4, $2
	  FROM person
	 WHERE is_active
	    ON CONFLICT DO NOTHING
)`
