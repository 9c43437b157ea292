package sqlstore

import (
	"context"
	"fmt"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Users implements port.Users.
type Users struct{ db DB }

// NewUsers makes the store.
func NewUsers(db DB) *Users { return &Users{db} }

// WhoAmI implements port.Users.
func (s *Users) WhoAmI(ctx context.Context, actor domain.Actor) (user domain.User, found bool, err error) {
	if !MayAct(actor) {
		return domain.User{}, false, nil
	}
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		row, ok, err := One[User](ctx, q, whoAmI, actor.UserUUID, actor.SessionID, actor.UserID)
		user, found = row.ToDomain(), ok
		return err
	})
	if err != nil {
		return domain.User{}, false, fmt.Errorf("find the user of a session: %w", err)
	}
	return user, found, nil
}

// ChangeProfile implements port.Users.
func (s *Users) ChangeProfile(ctx context.Context, actor domain.Actor, change domain.ProfileChange) (user domain.User, found bool, err error) {
	if !MayAct(actor) {
		return domain.User{}, false, nil
	}
	err = s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		row, ok, err := One[User](ctx, q, changeProfile, actor.UserUUID, actor.SessionID, actor.UserID,
			change.FirstName, change.LastName, change.Company, change.Position)
		user, found = row.ToDomain(), ok
		return err
	})
	if err != nil {
		return domain.User{}, false, fmt.Errorf("change a profile: %w", err)
	}
	return user, found, nil
}

// KnownSince implements port.Users.
func (s *Users) KnownSince(ctx context.Context, identifier domain.Identifier) (joined time.Time, known bool, err error) {
	statement := knownEmail
	if identifier.Kind() == domain.KindPhone {
		statement = knownPhone
	}
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		at, ok, err := One[Time](ctx, q, statement, identifier.Value())
		joined, known = at.Time, ok
		return err
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("look for the user of an identifier: %w", err)
	}
	return joined, known, nil
}

// MayAct reports whether the ids of an actor are UUIDs. Nobody else is anybody.
func MayAct(actor domain.Actor) bool {
	return domain.IsUUID(actor.UserUUID) && domain.IsUUID(actor.SessionID)
}

const whoAmI = `
SELECT ` + UserColumns + `
  FROM users
 WHERE ` + actorStands

const (
	knownEmail = "SELECT date_joined FROM users WHERE email = $1"
	knownPhone = "SELECT date_joined FROM users WHERE phone = $1"
)

const changeProfile = `
UPDATE users
   SET first_name = COALESCE($4, first_name),
       last_name = COALESCE($5, last_name),
       company = COALESCE($6, company),
       position = COALESCE($7, position)
 WHERE ` + actorStands + `
RETURNING ` + UserColumns

// actorStands is true of the user $1, whose number is $3 unless that is 0, if the
// session $2 is theirs and they may act.
const actorStands = `uuid = $1 AND is_active AND CAST($3 AS bigint) IN (0, id)
   AND id = (SELECT user_id FROM sessions WHERE sessions.id = $2)`
