package admin

import (
	"context"
	"errors"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// CreateSuperuser makes somebody staff and superuser, whether they have a user or not.
type CreateSuperuser struct {
	accounts        port.Accounts
	phones          port.PhoneNumbers
	clock           port.Clock
	random          port.Random
	placeholderHost string
}

// NewCreateSuperuser makes the use case. The addresses at placeholderHost that stand
// for people without one are nobody's.
func NewCreateSuperuser(
	accounts port.Accounts, phones port.PhoneNumbers, clock port.Clock, random port.Random, placeholderHost string,
) *CreateSuperuser {
	return &CreateSuperuser{accounts, phones, clock, random, placeholderHost}
}

// CreateSuperuserIn is who it is to be.
type CreateSuperuserIn struct{ Identifier domain.Identifier }

// CreateSuperuserOut is the superuser.
type CreateSuperuserOut struct {
	User  domain.User
	IsNew bool
}

// How many usernames are tried for somebody new, and how much of one is random.
const (
	maxUsernames   = 4
	usernameSuffix = 6
)

// Do fails with invalid_email or invalid_phone for an identifier that no code is ever
// sent to: nobody could sign in with it. The act is repeated only while the name that a
// new user would get is taken.
func (uc *CreateSuperuser) Do(ctx context.Context, in CreateSuperuserIn) (CreateSuperuserOut, error) {
	if in.Identifier.IsPlaceholder(uc.placeholderHost) {
		return CreateSuperuserOut{}, domain.ErrInvalidEmail
	}
	if err := uc.phones.Check(in.Identifier); err != nil {
		return CreateSuperuserOut{}, err
	}
	now := uc.clock.Now()
	p := port.Promotion{Identifier: in.Identifier, NewUser: port.NewUser{UUID: uc.random.UUID(now)}, Now: now}
	for range maxUsernames {
		p.NewUser.Username = domain.Username(in.Identifier, uc.random.Suffix(usernameSuffix))
		user, isNew, err := uc.accounts.Promote(ctx, p)
		if !errors.Is(err, port.ErrUsernameTaken) {
			return CreateSuperuserOut{User: user, IsNew: isNew}, err
		}
	}
	return CreateSuperuserOut{}, domain.ErrUserCreation.Because(errors.New("every username that was tried is taken"))
}
