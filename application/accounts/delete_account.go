package accounts

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// DeleteAccount deletes a user with all sessions and links to sources.
type DeleteAccount struct{ accounts port.Accounts }

// NewDeleteAccount makes the use case.
func NewDeleteAccount(accounts port.Accounts) *DeleteAccount { return &DeleteAccount{accounts} }

// DeleteAccountIn names the user.
type DeleteAccountIn struct{ Name port.AccountRef }

// DeleteAccountOut is empty.
type DeleteAccountOut struct{}

// Do fails with not_found when there is no such user.
func (uc *DeleteAccount) Do(ctx context.Context, in DeleteAccountIn) (DeleteAccountOut, error) {
	found, err := uc.accounts.Delete(ctx, in.Name)
	if err == nil && !found {
		err = domain.ErrAccountNotFound
	}
	return DeleteAccountOut{}, err
}
