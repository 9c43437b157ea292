package admin

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SetAccountActive lets a user sign in again, or keeps them from it and ends whatever
// they are signed in with. What has ended stays so.
type SetAccountActive struct {
	accounts port.Accounts
	clock    port.Clock
	notices  *Notices
}

// NewSetAccountActive makes the use case.
func NewSetAccountActive(accounts port.Accounts, clock port.Clock, notices *Notices) *SetAccountActive {
	return &SetAccountActive{accounts, clock, notices}
}

// SetAccountActiveIn is whom, and whether they may sign in.
type SetAccountActiveIn struct {
	Name   port.AccountRef
	Active bool
}

// SetAccountActiveOut is the user, and whether that was otherwise before.
type SetAccountActiveOut struct {
	User    domain.User
	Changed bool
}

// Do fails with not_found when the name is nobody's. Admins hear of it only if it
// changes something.
func (uc *SetAccountActive) Do(ctx context.Context, in SetAccountActiveIn) (SetAccountActiveOut, error) {
	user, changed, found, err := uc.accounts.SetActive(ctx, in.Name, in.Active)
	if err != nil {
		return SetAccountActiveOut{}, err
	}
	if !found {
		return SetAccountActiveOut{}, domain.ErrAccountNotFound
	}
	event := domain.EventAccountDeactivated
	if in.Active {
		event = domain.EventAccountActivated
	}
	if changed {
		uc.notices.Raise(domain.Event{Name: event, At: uc.clock.Now(), UserUUID: user.UUID}, user.Identifier())
	}
	return SetAccountActiveOut{User: user, Changed: changed}, nil
}
