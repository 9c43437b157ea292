package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SignIns implements port.SignIns: one statement and one commit.
type SignIns struct{ db *DB }

// Complete implements port.SignIns.
func (s *SignIns) Complete(ctx context.Context, in port.SignIn) (port.SignInResult, error) {
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
	const expiry = 11 // index of $12, which is known once the operation has a deadline
	if !in.Source.IsZero() {
		statement = statements.linking
		args = append(append(args, in.Source.URL), sqlstore.SourceArgs(in.Source)...)
	}
	complete := func(ctx context.Context, q sqlstore.Queryer) (port.SignInResult, error) {
		args[expiry] = statementExpiry(ctx)
		row, found, err := sqlstore.QueryRow[sqlstore.User](ctx, q, statement, args...)
		isNew := found && row.UUID == in.NewUser.UUID
		return port.SignInResult{Consumed: found, User: row.ToDomain(), IsNew: isNew}, err
	}
	return sqlstore.Write(ctx, s.db, "complete a sign-in", complete)
}

// completeStatements complete a sign-in by one identifier column of users, without and with
// a source to link.
type completeStatements struct{ plain, linking string }

var (
	completeByEmail = completeBy("email")
	completeByPhone = completeBy("phone")
)

// completeBy makes the statements. Each part builds on the rows that another returns, never
// on its writes. A disabled user stays unchanged and gets neither session nor source; a new
// user has the UUID $4.
//
//	$1 challenge_id   $4 uuid and $5 username   $6 id, $7 channel, $8 amr,   $11 whether to set last_login
//	$2 now               of a new user             $9 user_agent and         $12 statement expiry
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
	 WHERE challenge_id = $1 AND recipient = $3 AND purpose = 'sign_in' AND ` + sqlstore.ActiveCondition + `
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

// linkSource waits for a concurrent sign-in through the same source only if that one
// inserts the source.
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
