package admin

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// DeleteAccount removes a user and all that is kept under their name.
type DeleteAccount struct{ accounts port.Accounts }

// NewDeleteAccount makes the use case.
func NewDeleteAccount(accounts port.Accounts) *DeleteAccount { return &DeleteAccount{accounts} }

// DeleteAccountIn is whom.
type DeleteAccountIn struct{ Name port.AccountRef }

// DeleteAccountOut has nothing to tell: nothing is left.
type DeleteAccountOut struct{}

// Do fails with not_found when the name is nobody's.
func (uc *DeleteAccount) Do(ctx context.Context, in DeleteAccountIn) (DeleteAccountOut, error) {
	found, err := uc.accounts.Delete(ctx, in.Name)
	if err != nil {
		return DeleteAccountOut{}, err
	}
	if !found {
		return DeleteAccountOut{}, domain.ErrAccountNotFound
	}
	return DeleteAccountOut{}, nil
}
