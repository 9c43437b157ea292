package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SignIns implements port.SignIns: one statement, and so one commit.
type SignIns struct{ db *DB }

// Complete implements port.SignIns.
func (s *SignIns) Complete(ctx context.Context, in port.SignIn) (done port.SignedIn, err error) {
	if !sqlstore.IsUUID(string(in.Proof.ChallengeID)) {
		return port.SignedIn{}, nil
	}
	statement := completeByEmail
	if in.Proof.Recipient.Kind() == domain.KindPhone {
		statement = completeByPhone
	}
	session := in.Session
	args := []any{
		string(in.Proof.ChallengeID), in.Now, in.Proof.Recipient.Value(),
		in.NewUser.UUID, in.NewUser.Username,
		in.Source.ID, in.Source.Host, in.Source.URL,
		session.ID, string(session.Channel), strings.Join(session.AMR, " "), session.UserAgent, session.Address,
		!in.KeepLastLogin,
	}
	err = s.db.Write(ctx, func(ctx context.Context, q sqlstore.Queryer) error {
		row, found, err := sqlstore.One[sqlstore.User](ctx, q, statement, append(args, tooLate(ctx))...)
		done = port.SignedIn{Consumed: found, User: row.ToDomain(), IsNew: found && row.UUID == in.NewUser.UUID}
		return err
	})
	if err != nil {
		return port.SignedIn{}, fmt.Errorf("complete a sign-in: %w", err)
	}
	return done, nil
}

var (
	completeByEmail = completeBy("email")
	completeByPhone = completeBy("phone")
)

// completeBy makes the statement for one kind of identifier, which is a column
// of users. Each part builds on what another returns, never on what it wrote. A
// disabled user stays as it was, and has no session; the source is linked to a
// user who is new, and so has the id that was thought up for one.
//
//	$1 challenge_id   $4 uuid and $5 username   $6 id, $7 host and   $9 id, $10 channel, $11 amr,
//	$2 now               of a new user             $8 url of the       $12 user_agent and
//	$3 recipient                                   source, or ''       $13 address of the session
//	$14 whether the last login is noted   $15 when it is too late
func completeBy(identifier string) string {
	return strings.ReplaceAll(completeTemplate, "IDENTIFIER", identifier)
}

const completeTemplate = `
WITH secret AS (
	UPDATE otp_secrets
	   SET used_at = $2
	 WHERE challenge_id = $1 AND recipient = $3 AND purpose = 'sign_in' AND ` + sqlstore.Unspent + `
	   AND clock_timestamp() < $15
	RETURNING recipient
), person AS (
	INSERT INTO users AS u (uuid, IDENTIFIER, IDENTIFIER_verified, username, date_joined, last_login)
	SELECT $4, recipient, true, $5, $2, CASE WHEN $14 THEN $2 END
	  FROM secret
	    ON CONFLICT (IDENTIFIER) DO UPDATE
	   SET IDENTIFIER_verified = u.IDENTIFIER_verified OR u.is_active,
	       last_login = CASE WHEN u.is_active AND $14 THEN EXCLUDED.last_login ELSE u.last_login END
	RETURNING ` + sqlstore.UserColumns + `
), newcomer AS (
	SELECT id
	  FROM person
	 WHERE uuid = $4 AND $6 <> ''
), source AS (
	INSERT INTO registration_sources (id, host, created_at)
	SELECT $6, $7, $2
	  FROM newcomer
	    ON CONFLICT (id) DO NOTHING
), link AS (
	INSERT INTO user_registration_sources (user_id, source_id, url, first_registration, registered_at)
	SELECT id, $6, $8, true, $2
	  FROM newcomer
), session AS (
	INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at, last_used_at)
	SELECT $9, id, $10, $11, $12, $13, $2, $2
	  FROM person
	 WHERE is_active
)
SELECT * FROM person`
