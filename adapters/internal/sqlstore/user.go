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

// Columns are where UserColumns go.
func (r *User) Columns() []any {
	return []any{
		&r.ID, &r.UUID, &r.Email, &r.EmailVerified, &r.Phone, &r.PhoneVerified, &r.Username, &r.FirstName, &r.LastName,
		&r.Company, &r.Position, &r.IsActive, &r.IsStaff, &r.IsSuperuser, &r.DateJoined, &r.LastLogin,
	}
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
