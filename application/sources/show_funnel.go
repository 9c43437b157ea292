package sources

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ShowFunnel queries the funnel, as upkeep has counted it.
type ShowFunnel struct{ analytics port.Analytics }

// NewShowFunnel makes the use case.
func NewShowFunnel(analytics port.Analytics) *ShowFunnel { return &ShowFunnel{analytics} }

// ShowFunnelIn is the analysis: by default one row of everything. Authorization is the
// caller's.
type ShowFunnelIn struct{ Analysis domain.Analysis }

// ShowFunnelOut is a page, and the cursor of the next one; nil on the last one.
type ShowFunnelOut struct {
	Rows []domain.FunnelCount
	Next *domain.Cursor
}

// Do fails with invalid_request for an invalid analysis.
func (uc *ShowFunnel) Do(ctx context.Context, in ShowFunnelIn) (ShowFunnelOut, error) {
	a, err := validate(in.Analysis,
		"", domain.BySource, domain.ByCategory, domain.ByChannel, domain.ByCampaign, domain.ByCountry, domain.ByDay)
	if err != nil {
		return ShowFunnelOut{}, err
	}
	if !a.Since.IsZero() {
		a.Since = dayOf(a.Since) // the funnel is counted by whole days
	}
	rows, next, err := page(ctx, a, uc.analytics.CountFunnel, func(r domain.FunnelCount) domain.Cursor {
		return domain.Cursor{Count: r.Requested, Key: r.Key}
	})
	return ShowFunnelOut{rows, next}, err
}
