package sqlstore

import (
	"database/sql"

	"github.com/doorcode-auth/doorcode/domain"
)

// UserColumns are the columns of a User.
const UserColumns = `id, uuid, email, email_verified, phone, phone_verified, username, first_name, last_name,
	company, position, is_active, is_staff, is_superuser, date_joined, last_login`

// User is a row of users.
type User struct {
	ID            int64          `db:"id"`
	UUID          string         `db:"uuid"`
	Email         sql.NullString `db:"email"`
	EmailVerified bool           `db:"email_verified"`
	Phone         sql.NullString `db:"phone"`
	PhoneVerified bool           `db:"phone_verified"`
	Username      string         `db:"username"`
	FirstName     string         `db:"first_name"`
	LastName      string         `db:"last_name"`
	Company       string         `db:"company"`
	Position      string         `db:"position"`
	IsActive      bool           `db:"is_active"`
	IsStaff       bool           `db:"is_staff"`
	IsSuperuser   bool           `db:"is_superuser"`
	DateJoined    Time           `db:"date_joined"`
	LastLogin     Time           `db:"last_login"`
}

// ToDomain is the user of the row.
func (r User) ToDomain() domain.User {
	return domain.User{
		ID:            r.ID,
		UUID:          r.UUID,
		Email:         r.Email.String,
		EmailVerified: r.EmailVerified,
		Phone:         r.Phone.String,
		PhoneVerified: r.PhoneVerified,
		Username:      r.Username,
		Profile:       domain.Profile{FirstName: r.FirstName, LastName: r.LastName, Company: r.Company, Position: r.Position},
		IsActive:      r.IsActive,
		IsStaff:       r.IsStaff,
		IsSuperuser:   r.IsSuperuser,
		DateJoined:    r.DateJoined.Time,
		LastLogin:     r.LastLogin.Time,
	}
}
