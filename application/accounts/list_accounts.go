package accounts

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ListAccounts lists users by their ids, page by page.
type ListAccounts struct{ accounts port.Accounts }

// NewListAccounts makes the use case.
func NewListAccounts(accounts port.Accounts) *ListAccounts { return &ListAccounts{accounts} }

// Bounds of a page, and of the search text in bytes.
const (
	DefaultAccounts = 50
	MaxAccounts     = 1000
	maxSearch       = 254
)

// ListAccountsIn filters users.
type ListAccountsIn struct {
	AfterID int64  // NextAfter of the page before
	Search  string // "" for all; else part of an address, number, username or name
	Active  *bool  // nil for both
	Staff   *bool  // nil for both
	Limit   int    // defaults to DefaultAccounts
}

// ListAccountsOut is a page.
type ListAccountsOut struct {
	Users     []domain.User
	NextAfter int64 // AfterID of the next page, 0 if this is the last
}

// Do fails with invalid_request for a limit, an id or a search text out of bounds.
func (uc *ListAccounts) Do(ctx context.Context, in ListAccountsIn) (ListAccountsOut, error) {
	if in.Limit == 0 {
		in.Limit = DefaultAccounts
	}
	switch {
	case in.Limit < 1 || in.Limit > MaxAccounts:
		return ListAccountsOut{}, invalid("limit", "Must be 1 to 1000")
	case in.AfterID < 0:
		return ListAccountsOut{}, invalid("after", "Must be the id that the page before names")
	case len(in.Search) > maxSearch:
		return ListAccountsOut{}, invalid("search", "Must be at most 254 bytes")
	}
	users, err := uc.accounts.List(ctx, port.AccountQuery{
		AfterID: in.AfterID, Search: in.Search, Active: in.Active, Staff: in.Staff, Limit: in.Limit + 1,
	})
	if err != nil {
		return ListAccountsOut{}, err
	}
	out := ListAccountsOut{Users: users}
	if len(users) > in.Limit {
		out.Users = users[:in.Limit]
		out.NextAfter = out.Users[in.Limit-1].ID
	}
	return out, nil
}

// invalid is the fault of one input member.
func invalid(field, cure string) *domain.Error {
	fault := domain.ErrInvalidRequest.In(field)
	fault.Cure = cure
	return fault
}
