package sqlstore

import (
	"context"
	"fmt"

	"github.com/doorcode-auth/doorcode/domain"
)

// Users implements port.Users.
type Users struct{ db DB }

// NewUsers makes the store.
func NewUsers(db DB) *Users { return &Users{db} }

// WhoAmI implements port.Users.
func (s *Users) WhoAmI(ctx context.Context, actor domain.Actor) (user domain.User, found bool, err error) {
	if !known(actor) {
		return domain.User{}, false, nil
	}
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		row, ok, err := One[User](ctx, q, WhoAmI, actor.UserUUID, actor.SessionID)
		if ok && (actor.UserID == 0 || actor.UserID == row.ID) {
			user, found = row.ToDomain(), true
		}
		return err
	})
	if err != nil {
		return domain.User{}, false, fmt.Errorf("find the user of a session: %w", err)
	}
	return user, found, nil
}

// ChangeProfile implements port.Users.
func (s *Users) ChangeProfile(ctx context.Context, actor domain.Actor, change domain.ProfileChange) (user domain.User, found bool, err error) {
	if !known(actor) {
		return domain.User{}, false, nil
	}
	err = s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		row, ok, err := One[User](ctx, q, changeProfile, actor.UserUUID, actor.SessionID,
			change.FirstName, change.LastName, change.Company, change.Position, actor.UserID)
		user, found = row.ToDomain(), ok
		return err
	})
	if err != nil {
		return domain.User{}, false, fmt.Errorf("change a profile: %w", err)
	}
	return user, found, nil
}

func known(actor domain.Actor) bool { return IsUUID(actor.UserUUID) && IsUUID(actor.SessionID) }

// WhoAmI finds the user $1 of the session $2.
const WhoAmI = `
SELECT ` + UserColumns + `
  FROM users
 WHERE ` + actorStands

const changeProfile = `
UPDATE users
   SET first_name = COALESCE($3, first_name),
       last_name = COALESCE($4, last_name),
       company = COALESCE($5, company),
       position = COALESCE($6, position)
 WHERE ` + actorStands + ` AND CAST($7 AS bigint) IN (0, id)
RETURNING ` + UserColumns

// actorStands is true of the user $1 if the session $2 is theirs and they may
// act.
const actorStands = `uuid = $1 AND is_active AND id = (SELECT user_id FROM sessions WHERE sessions.id = $2)`
