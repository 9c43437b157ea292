package accounts

import (
	"context"
	"errors"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// CreateSuperuser makes the user of an identifier staff and superuser, and creates the
// user if there is none.
type CreateSuperuser struct {
	p               Ports
	placeholderHost string
	testDomains     bool
}

// Ports are what CreateSuperuser needs.
type Ports struct {
	Accounts     port.Accounts
	PhoneNumbers port.PhoneNumbers
	Clock        port.Clock
	Random       port.Random
}

// NewCreateSuperuser makes the use case. The placeholder addresses at placeholderHost
// are refused, and so are those at domains of test networks unless testDomains.
func NewCreateSuperuser(p Ports, placeholderHost string, testDomains bool) *CreateSuperuser {
	return &CreateSuperuser{p, placeholderHost, testDomains}
}

// CreateSuperuserIn names the superuser.
type CreateSuperuserIn struct{ Identifier domain.Identifier }

// CreateSuperuserOut is the superuser.
type CreateSuperuserOut struct {
	User  domain.User
	IsNew bool
}

// maxUsernames is how many usernames are tried for a new user.
const maxUsernames = 4

// Do fails with invalid_email or invalid_phone for an identifier that codes are never
// sent to: no sign-in would be possible.
func (uc *CreateSuperuser) Do(ctx context.Context, in CreateSuperuserIn) (CreateSuperuserOut, error) {
	if in.Identifier.IsPlaceholder(uc.placeholderHost) || !in.Identifier.IsDeliverable(uc.testDomains) {
		return CreateSuperuserOut{}, domain.ErrInvalidEmail
	}
	if err := uc.p.PhoneNumbers.Check(in.Identifier); err != nil {
		return CreateSuperuserOut{}, err
	}
	now := uc.p.Clock.Now()
	p := port.Promotion{Identifier: in.Identifier, NewUser: port.NewUser{UUID: uc.p.Random.UUID(now)}, Now: now}
	for range maxUsernames {
		p.NewUser.Username = domain.Username(in.Identifier, uc.p.Random.Suffix(domain.UsernameSuffixLen))
		user, isNew, err := uc.p.Accounts.Promote(ctx, p)
		if !errors.Is(err, port.ErrUsernameTaken) {
			return CreateSuperuserOut{User: user, IsNew: isNew}, err
		}
	}
	return CreateSuperuserOut{}, domain.ErrUserCreation.Because(errors.New("every username that was tried is taken"))
}
