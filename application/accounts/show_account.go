package accounts

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ShowAccount shows a user with all sessions and sources.
type ShowAccount struct{ accounts port.Accounts }

// NewShowAccount makes the use case.
func NewShowAccount(accounts port.Accounts) *ShowAccount { return &ShowAccount{accounts} }

// ShowAccountIn names the user.
type ShowAccountIn struct{ Name port.AccountRef }

// ShowAccountOut is the account.
type ShowAccountOut struct{ Account domain.Account }

// Do fails with not_found when there is no such user.
func (uc *ShowAccount) Do(ctx context.Context, in ShowAccountIn) (ShowAccountOut, error) {
	account, found, err := uc.accounts.Find(ctx, in.Name)
	if err != nil {
		return ShowAccountOut{}, err
	}
	if !found {
		return ShowAccountOut{}, domain.ErrAccountNotFound
	}
	return ShowAccountOut{Account: account}, nil
}
