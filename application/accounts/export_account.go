package accounts

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ExportAccount exports everything that is kept of a user, as the right of access and
// the right to data portability ask for (GDPR, articles 15 and 20).
type ExportAccount struct {
	accounts port.Accounts
	clock    port.Clock
}

// NewExportAccount makes the use case.
func NewExportAccount(accounts port.Accounts, clock port.Clock) *ExportAccount {
	return &ExportAccount{accounts, clock}
}

// ExportAccountIn names the user.
type ExportAccountIn struct{ Name port.AccountRef }

// ExportAccountOut is the account as of a time.
type ExportAccountOut struct {
	Account domain.Account
	At      time.Time
}

// Do fails with not_found when there is no such user.
func (uc *ExportAccount) Do(ctx context.Context, in ExportAccountIn) (ExportAccountOut, error) {
	at := uc.clock.Now()
	account, found, err := uc.accounts.Find(ctx, in.Name)
	if err != nil {
		return ExportAccountOut{}, err
	}
	if !found {
		return ExportAccountOut{}, domain.ErrAccountNotFound
	}
	return ExportAccountOut{Account: account, At: at}, nil
}
