package sqlite

import (
	"context"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SignIns implements port.SignIns.
type SignIns struct{ db *DB }

// Complete implements port.SignIns.
func (s *SignIns) Complete(ctx context.Context, in port.SignIn) (port.SignInResult, error) {
	return sqlstore.WriteWith(ctx, s.db, "complete a sign-in", complete, in)
}

// complete consumes the secret first, so that nothing that follows happens twice.
func complete(ctx context.Context, q sqlstore.Queryer, in port.SignIn) (port.SignInResult, error) {
	consumed, err := sqlstore.Exec(ctx, q, consumeSecret,
		string(in.Proof.ChallengeID), in.Now, in.Proof.Recipient.Value())
	if err != nil || consumed == 0 {
		return port.SignInResult{}, err
	}
	user, isNew, err := findOrCreateUser(ctx, q, in)
	if err == nil && user.IsActive && !in.Source.IsZero() {
		err = linkSource(ctx, q, user.ID, isNew, in)
	}
	if err == nil && user.IsActive {
		err = openSession(ctx, q, user.ID, in)
	}
	return port.SignInResult{Consumed: true, User: user.ToDomain(), IsNew: isNew}, err
}

func findOrCreateUser(
	ctx context.Context, q sqlstore.Queryer, in port.SignIn,
) (user sqlstore.User, isNew bool, err error) {
	statements := byEmail
	if in.Proof.Recipient.Kind() == domain.KindPhone {
		statements = byPhone
	}
	recipient := in.Proof.Recipient.Value()
	user, found, err := sqlstore.QueryRow[sqlstore.User](ctx, q, statements.update, recipient, in.Now, !in.KeepLastLogin)
	if err != nil || found {
		return user, false, err
	}
	user, _, err = sqlstore.QueryRow[sqlstore.User](ctx, q, statements.insert,
		in.NewUser.UUID, recipient, in.NewUser.Username, in.Now, !in.KeepLastLogin,
		string(in.Proof.ChallengeID), in.Source.IsZero())
	return user, true, err
}

func linkSource(ctx context.Context, q sqlstore.Queryer, userID int64, first bool, in port.SignIn) error {
	if _, err := q.ExecContext(ctx, sqlstore.AddSource, append(sqlstore.SourceArgs(in.Source), in.Now)...); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, sqlstore.AddLink, userID, in.Source.ID, in.Source.URL, first, in.Now)
	return err
}

func openSession(ctx context.Context, q sqlstore.Queryer, userID int64, in port.SignIn) error {
	s := in.Session
	_, err := q.ExecContext(ctx, insertSession, s.ID, userID, string(s.Channel), strings.Join(s.AMR, " "),
		s.UserAgent, s.Address, in.Now)
	return err
}

// userStatements find and create a user by one identifier column of users.
type userStatements struct{ update, insert string }

var (
	byEmail = userStatementsBy("email")
	byPhone = userStatementsBy("phone")
)

func userStatementsBy(identifier string) userStatements {
	return userStatements{
		update: strings.ReplaceAll(updateUser, "IDENTIFIER", identifier),
		insert: strings.ReplaceAll(insertUser, "IDENTIFIER", identifier),
	}
}

const consumeSecret = `
UPDATE otp_secrets
   SET used_at = $2
 WHERE challenge_id = $1 AND recipient = $3 AND purpose = 'sign_in' AND ` + sqlstore.ActiveCondition

// A disabled user stays unchanged.
const updateUser = `
UPDATE users
   SET IDENTIFIER_verified = CASE WHEN is_active THEN 1 ELSE IDENTIFIER_verified END,
       last_login = CASE WHEN is_active AND $3 THEN $2 ELSE last_login END
 WHERE IDENTIFIER = $1
RETURNING ` + sqlstore.UserColumns

const insertUser = `
INSERT INTO users (uuid, IDENTIFIER, IDENTIFIER_verified, username, date_joined, last_login, challenge_id, direct)
VALUES ($1, $2, 1, $3, $4, CASE WHEN $5 THEN $4 END, $6, $7)
RETURNING ` + sqlstore.UserColumns

const insertSession = `
INSERT INTO sessions (id, user_id, channel, amr, user_agent, address, created_at, last_used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`
