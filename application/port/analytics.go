package port

import (
	"context"

	"github.com/doorcode-auth/doorcode/domain"
)

// Analytics queries the counts of users and challenges.
//
// Rows must be in the order of domain.Cursor, by the count of users or of requests, and at most as
// many as the analysis allows.
// The pages together must have the rows of one unlimited page, and a cursor without a row must only
// shift the page.
// An unknown group must be refused as invalid_request, and so must users by country, which is not
// stored.
type Analytics interface {
	// CountUsers must count each user that joined in the time of the analysis once, by the source of
	// the registration; a user without one is direct.
	// Since and until must be exact to the microsecond.
	// It must count the users of now: a deleted user is not counted.
	// A group without users must have no row, except for the total.
	CountUsers(ctx context.Context, a domain.Analysis) ([]domain.UserCount, error)

	// CountFunnel must sum the counts of Funnel.Count over the days that begin in the time of the
	// analysis.
	// Challenges that count as other must be the group other, by source and by campaign.
	// A group without challenges must have no row, except for the total.
	CountFunnel(ctx context.Context, a domain.Analysis) ([]domain.FunnelCount, error)
}
