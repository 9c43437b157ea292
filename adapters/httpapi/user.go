package httpapi

import (
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// userBody is a user as clients see them.
type userBody struct {
	ID            int64      `json:"id"`
	UUID          string     `json:"uuid"`
	Email         string     `json:"email"` // or the placeholder of somebody with only a phone
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

func (a *API) user(u *domain.User) userBody {
	b := userBody{
		ID: u.ID, UUID: u.UUID, Email: u.DisplayEmail(a.config.PlaceholderHost), EmailVerified: u.EmailVerified,
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

// profileBody is a user with what they tell about themselves.
type profileBody struct {
	userBody
	Profile profileDetails `json:"profile"`
}

type profileDetails struct {
	Company  string `json:"company"`
	Position string `json:"position"`
}

func (a *API) profile(u *domain.User) profileBody {
	return profileBody{a.user(u), profileDetails{Company: u.Company, Position: u.Position}}
}
