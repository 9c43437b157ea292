package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Users implements port.Users.
type Users struct{ db DB }

// WhoAmI implements port.Users.
func (s *Users) WhoAmI(ctx context.Context, actor domain.Actor) (user domain.User, found bool, err error) {
	if !MayAct(actor) {
		return domain.User{}, false, nil
	}
	row, found, err := ReadRow[User](ctx, s.db, "find the user of a session", whoAmI,
		actor.UserUUID, actor.SessionID, actor.UserID)
	return row.ToDomain(), found, err
}

// ChangeProfile implements port.Users.
func (s *Users) ChangeProfile(
	ctx context.Context, actor domain.Actor, change domain.ProfileChange,
) (user domain.User, found bool, err error) {
	if !MayAct(actor) {
		return domain.User{}, false, nil
	}
	row, found, err := WriteRow[User](ctx, s.db, "change a profile", changeProfile, actor.UserUUID, actor.SessionID,
		actor.UserID, change.FirstName, change.LastName, change.Company, change.Position)
	return row.ToDomain(), found, err
}

// KnownSince implements port.Users.
func (s *Users) KnownSince(
	ctx context.Context, identifier domain.Identifier,
) (joined time.Time, known bool, err error) {
	statement := dateJoinedOfEmail
	if identifier.Kind() == domain.KindPhone {
		statement = dateJoinedOfPhone
	}
	at, known, err := ReadRow[Time](ctx, s.db, "look for the user of an identifier", statement, identifier.Value())
	return at.Time, known, err
}

// MayAct reports whether the ids of an actor are UUIDs. Other text identifies no user
// or session, and PostgreSQL would reject the statement.
func MayAct(actor domain.Actor) bool {
	return domain.IsUUID(actor.UserUUID) && domain.IsUUID(actor.SessionID)
}

// User is a row of users.
type User struct {
	ID            int64
	UUID          string
	Email         sql.NullString
	EmailVerified bool
	Phone         sql.NullString
	PhoneVerified bool
	Username      string
	FirstName     string
	LastName      string
	Company       string
	Position      string
	IsActive      bool
	IsStaff       bool
	IsSuperuser   bool
	DateJoined    Time
	LastLogin     Time
}

// Columns are the scan targets of UserColumns.
func (r *User) Columns() []any {
	return []any{
		&r.ID, &r.UUID, &r.Email, &r.EmailVerified, &r.Phone, &r.PhoneVerified, &r.Username, &r.FirstName, &r.LastName,
		&r.Company, &r.Position, &r.IsActive, &r.IsStaff, &r.IsSuperuser, &r.DateJoined, &r.LastLogin,
	}
}

// ToDomain maps the row to a user.
func (r User) ToDomain() domain.User {
	return domain.User{
		ID:            r.ID,
		UUID:          r.UUID,
		Email:         r.Email.String,
		EmailVerified: r.EmailVerified,
		Phone:         r.Phone.String,
		PhoneVerified: r.PhoneVerified,
		Username:      r.Username,
		Profile: domain.Profile{
			FirstName: r.FirstName, LastName: r.LastName, Company: r.Company, Position: r.Position,
		},
		IsActive:    r.IsActive,
		IsStaff:     r.IsStaff,
		IsSuperuser: r.IsSuperuser,
		DateJoined:  r.DateJoined.Time,
		LastLogin:   r.LastLogin.Time,
	}
}

// UserColumns are the columns of a User.
const UserColumns = `id, uuid, email, email_verified, phone, phone_verified, username, first_name, last_name,
	company, position, is_active, is_staff, is_superuser, date_joined, last_login`

const whoAmI = `
SELECT ` + UserColumns + `
  FROM users
 WHERE ` + actorCondition

const (
	dateJoinedOfEmail = `SELECT date_joined FROM users WHERE email = $1`
	dateJoinedOfPhone = `SELECT date_joined FROM users WHERE phone = $1`
)

const changeProfile = `
UPDATE users
   SET first_name = COALESCE($4, first_name),
       last_name = COALESCE($5, last_name),
       company = COALESCE($6, company),
       position = COALESCE($7, position)
 WHERE ` + actorCondition + `
RETURNING ` + UserColumns

// actorCondition: the user is $1, active, with the id $3 unless that is 0, and owns
// the session $2.
const actorCondition = `uuid = $1 AND is_active AND CAST($3 AS bigint) IN (0, id)
   AND id = (SELECT user_id FROM sessions WHERE sessions.id = $2)`

// ActingUser selects the id of the user that satisfies actorCondition.
const ActingUser = `SELECT id FROM users WHERE ` + actorCondition
