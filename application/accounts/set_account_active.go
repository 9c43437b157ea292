package accounts

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// SetAccountActive enables a user, or disables one and ends all sessions. Sessions that
// have ended stay so when the user is enabled again.
type SetAccountActive struct {
	accounts port.Accounts
	clock    port.Clock
	notices  *notices.Queue
}

// NewSetAccountActive makes the use case.
func NewSetAccountActive(accounts port.Accounts, clock port.Clock, queue *notices.Queue) *SetAccountActive {
	return &SetAccountActive{accounts, clock, queue}
}

// SetAccountActiveIn names the user, and says whether sign-ins are allowed.
type SetAccountActiveIn struct {
	Name   port.AccountRef
	Active bool
}

// SetAccountActiveOut is the user, and whether the call changed anything.
type SetAccountActiveOut struct {
	User    domain.User
	Changed bool
}

// Do fails with not_found when there is no such user. Admins are notified of changes
// only.
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
		uc.notices.Enqueue(domain.Event{Name: event, At: uc.clock.Now(), UserUUID: user.UUID}, user.Identifier())
	}
	return SetAccountActiveOut{User: user, Changed: changed}, nil
}
