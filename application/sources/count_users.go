package sources

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// CountUsers counts users by where they first came from.
type CountUsers struct{ analytics port.Analytics }

// NewCountUsers makes the use case.
func NewCountUsers(analytics port.Analytics) *CountUsers { return &CountUsers{analytics} }

// CountUsersIn is what to count: by source unless it says otherwise, DefaultRows of
// them. Who may ask is for the caller to decide.
type CountUsersIn struct{ Analysis domain.Analysis }

// CountUsersOut is the rows, and what the next ones come after; nil after the last.
type CountUsersOut struct {
	Rows []domain.UserCount
	Next *domain.Cursor
}

// Do fails with invalid_request for an analysis that can't be made.
func (uc *CountUsers) Do(ctx context.Context, in CountUsersIn) (CountUsersOut, error) {
	a, err := checked(in.Analysis, domain.BySource, domain.ByCategory, domain.ByChannel, domain.ByCampaign, domain.ByDay)
	if err != nil {
		return CountUsersOut{}, err
	}
	limit := a.Limit
	a.Limit++
	rows, err := uc.analytics.CountUsers(ctx, a)
	if err != nil {
		return CountUsersOut{}, err
	}
	page, next := paged(rows, limit, func(r domain.UserCount) domain.Cursor { return domain.Cursor{Count: r.Users, Key: r.Key} })
	return CountUsersOut{page, next}, nil
}
