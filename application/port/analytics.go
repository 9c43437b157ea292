package port

import (
	"context"

	"github.com/doorcode-auth/doorcode/domain"
)

// Analytics counts users and challenges.
//
// Rows must be in the order of domain.Cursor, of which the count is that of users or of requests, and at most as many as the analysis allows.
// The rows of all pages together must be those of one page that has room for all, and a cursor of no row must only shift the page.
// What it cannot group by must be refused as invalid_request: users by country, which is not kept of them, and what has no meaning.
type Analytics interface {
	// CountUsers must count each user who joined in the time of the analysis once, by the source of their first registration; a user without one is direct.
	// Since and until must hold to the microsecond.
	// It must count as users are now: a deleted user is not counted.
	// A group without users must have no row, but for the one of everything.
	CountUsers(ctx context.Context, a domain.Analysis) ([]domain.UserCount, error)

	// CountFunnel must sum what Funnel.Count has counted, of the days of the analysis: a day counts whole when it begins in its time.
	// What counts as other must be the group other, by source and by campaign.
	// A group that nothing was counted in must have no row, but for the one of everything.
	CountFunnel(ctx context.Context, a domain.Analysis) ([]domain.FunnelCount, error)
}
