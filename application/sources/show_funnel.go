package sources

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ShowFunnel shows how far challenges have come, as upkeep has counted them.
type ShowFunnel struct{ analytics port.Analytics }

// NewShowFunnel makes the use case.
func NewShowFunnel(analytics port.Analytics) *ShowFunnel { return &ShowFunnel{analytics} }

// ShowFunnelIn is what to show: everything in one row unless it says otherwise. Who
// may ask is for the caller to decide.
type ShowFunnelIn struct{ Analysis domain.Analysis }

// ShowFunnelOut is the rows, and what the next ones come after; nil after the last.
type ShowFunnelOut struct {
	Rows []domain.FunnelCount
	Next *domain.Cursor
}

// Do fails with invalid_request for an analysis that can't be made.
func (uc *ShowFunnel) Do(ctx context.Context, in ShowFunnelIn) (ShowFunnelOut, error) {
	a, err := checked(in.Analysis, "", domain.BySource, domain.ByCategory, domain.ByChannel, domain.ByCampaign, domain.ByCountry, domain.ByDay)
	if err != nil {
		return ShowFunnelOut{}, err
	}
	if !a.Since.IsZero() {
		a.Since = dayOf(a.Since) // only whole days are known
	}
	limit := a.Limit
	a.Limit++
	rows, err := uc.analytics.CountFunnel(ctx, a)
	if err != nil {
		return ShowFunnelOut{}, err
	}
	page, next := paged(rows, limit, func(r domain.FunnelCount) domain.Cursor { return domain.Cursor{Count: r.Requested, Key: r.Key} })
	return ShowFunnelOut{page, next}, nil
}
