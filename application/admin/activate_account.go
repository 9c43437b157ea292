package admin

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ActivateAccount lets a user sign in again. What they were signed in with before
// stays ended.
type ActivateAccount struct {
	accounts port.Accounts
	clock    port.Clock
	notices  *Notices
}

// NewActivateAccount makes the use case.
func NewActivateAccount(accounts port.Accounts, clock port.Clock, notices *Notices) *ActivateAccount {
	return &ActivateAccount{accounts, clock, notices}
}

// ActivateAccountIn is whom.
type ActivateAccountIn struct{ Name port.AccountName }

// ActivateAccountOut is the user, and whether they were disabled before.
type ActivateAccountOut struct {
	User    domain.User
	Changed bool
}

// Do fails with not_found when the name is nobody's. Admins hear of it only if it
// changes something.
func (uc *ActivateAccount) Do(ctx context.Context, in ActivateAccountIn) (ActivateAccountOut, error) {
	user, changed, found, err := uc.accounts.SetActive(ctx, in.Name, true)
	if err != nil {
		return ActivateAccountOut{}, err
	}
	if !found {
		return ActivateAccountOut{}, domain.ErrAccountNotFound
	}
	if changed {
		uc.notices.Raise(domain.Event{Name: domain.EventAccountActivated, At: uc.clock.Now(), UserUUID: user.UUID}, user.Identifier())
	}
	return ActivateAccountOut{User: user, Changed: changed}, nil
}
