package profile

import (
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// UserBody is a user as clients see it.
type UserBody struct {
	ID            int64      `json:"id"`
	UUID          string     `json:"uuid"`
	Email         string     `json:"email"` // or the placeholder of a user with only a phone
	EmailVerified bool       `json:"email_verified"`
	Phone         string     `json:"phone"`
	PhoneVerified bool       `json:"phone_verified"`
	Username      string     `json:"username"`
	FirstName     string     `json:"first_name"`
	LastName      string     `json:"last_name"`
	FullName      string     `json:"full_name"`
	IsStaff       bool       `json:"is_staff"`
	DateJoined    time.Time  `json:"date_joined"`
	LastLogin     *time.Time `json:"last_login"`
}

// Renderer renders users.
type Renderer struct {
	PlaceholderHost string // of the address shown for a user without one
}

// User renders a user.
func (r Renderer) User(u *domain.User) UserBody {
	b := UserBody{
		ID: u.ID, UUID: u.UUID, Email: u.DisplayEmail(r.PlaceholderHost), EmailVerified: u.EmailVerified,
		Phone: u.Phone, PhoneVerified: u.PhoneVerified, Username: u.Username,
		FirstName: u.FirstName, LastName: u.LastName, FullName: u.FullName(), IsStaff: u.IsStaff,
		DateJoined: u.DateJoined.UTC(),
	}
	if !u.LastLogin.IsZero() {
		last := u.LastLogin.UTC()
		b.LastLogin = &last
	}
	return b
}

// profileBody is a user with the details of its profile.
type profileBody struct {
	UserBody
	Profile profileDetails `json:"profile"`
}

type profileDetails struct {
	Company  string `json:"company"`
	Position string `json:"position"`
}

func (r Renderer) profile(u *domain.User) profileBody {
	return profileBody{r.User(u), profileDetails{Company: u.Company, Position: u.Position}}
}
