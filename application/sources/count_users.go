package sources

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// CountUsers counts users by the source of their registration.
type CountUsers struct{ analytics port.Analytics }

// NewCountUsers makes the use case.
func NewCountUsers(analytics port.Analytics) *CountUsers { return &CountUsers{analytics} }

// CountUsersIn is the analysis: by default by source, with DefaultRows rows. Authorization
// is the caller's.
type CountUsersIn struct{ Analysis domain.Analysis }

// CountUsersOut is a page, and the cursor of the next one; nil on the last one.
type CountUsersOut struct {
	Rows []domain.UserCount
	Next *domain.Cursor
}

// Do fails with invalid_request for an invalid analysis.
func (uc *CountUsers) Do(ctx context.Context, in CountUsersIn) (CountUsersOut, error) {
	a, err := validate(in.Analysis, domain.BySource, domain.ByCategory, domain.ByChannel, domain.ByCampaign, domain.ByDay)
	if err != nil {
		return CountUsersOut{}, err
	}
	rows, next, err := page(ctx, a, uc.analytics.CountUsers, func(r domain.UserCount) domain.Cursor {
		return domain.Cursor{Count: r.Users, Key: r.Key}
	})
	return CountUsersOut{rows, next}, err
}
