package admin

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// DeactivateAccount keeps a user from signing in, and ends whatever they are signed in
// with.
type DeactivateAccount struct {
	accounts port.Accounts
	clock    port.Clock
	notices  *Notices
}

// NewDeactivateAccount makes the use case.
func NewDeactivateAccount(accounts port.Accounts, clock port.Clock, notices *Notices) *DeactivateAccount {
	return &DeactivateAccount{accounts, clock, notices}
}

// DeactivateAccountIn is whom.
type DeactivateAccountIn struct{ Name port.AccountName }

// DeactivateAccountOut is the user, and whether they were active before.
type DeactivateAccountOut struct {
	User    domain.User
	Changed bool
}

// Do fails with not_found when the name is nobody's. Admins hear of it only if it
// changes something.
func (uc *DeactivateAccount) Do(ctx context.Context, in DeactivateAccountIn) (DeactivateAccountOut, error) {
	user, changed, found, err := uc.accounts.SetActive(ctx, in.Name, false)
	if err != nil {
		return DeactivateAccountOut{}, err
	}
	if !found {
		return DeactivateAccountOut{}, domain.ErrAccountNotFound
	}
	if changed {
		uc.notices.Raise(domain.Event{Name: domain.EventAccountDeactivated, At: uc.clock.Now(), UserUUID: user.UUID}, user.Identifier())
	}
	return DeactivateAccountOut{User: user, Changed: changed}, nil
}
