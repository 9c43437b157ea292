package contract

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// analytics are good ones, until a test breaks a method.
type analytics struct {
	port.Analytics
	countUsers  func(ctx context.Context, a domain.Analysis) ([]domain.UserCount, error)
	countFunnel func(ctx context.Context, a domain.Analysis) ([]domain.FunnelCount, error)
}

func (s *analytics) CountUsers(ctx context.Context, a domain.Analysis) ([]domain.UserCount, error) {
	return s.countUsers(ctx, a)
}

func (s *analytics) CountFunnel(ctx context.Context, a domain.Analysis) ([]domain.FunnelCount, error) {
	return s.countFunnel(ctx, a)
}

// countUsersOtherwise changes what is asked, and what comes of it.
func countUsersOtherwise(
	change func(a *domain.Analysis), answer func(a domain.Analysis, rows []domain.UserCount) []domain.UserCount,
) breaker {
	return func(s *Stores) {
		good := s.Analytics
		s.Analytics = &analytics{good, func(ctx context.Context, a domain.Analysis) ([]domain.UserCount, error) {
			change(&a)
			rows, err := good.CountUsers(ctx, a)
			return answer(a, rows), err
		}, good.CountFunnel}
	}
}

// countFunnelOtherwise changes what is asked, and what comes of it.
func countFunnelOtherwise(
	change func(a *domain.Analysis), answer func(a domain.Analysis, rows []domain.FunnelCount) []domain.FunnelCount,
) breaker {
	return func(s *Stores) {
		good := s.Analytics
		s.Analytics = &analytics{
			good, good.CountUsers,
			func(ctx context.Context, a domain.Analysis) ([]domain.FunnelCount, error) {
				change(&a)
				rows, err := good.CountFunnel(ctx, a)
				return answer(a, rows), err
			},
		}
	}
}

func asIs(*domain.Analysis) {}

func usersAsTheyAre(_ domain.Analysis, rows []domain.UserCount) []domain.UserCount { return rows }

func funnelAsItIs(_ domain.Analysis, rows []domain.FunnelCount) []domain.FunnelCount { return rows }

func TestAnalytics_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	told := map[domain.Analysis][]domain.UserCount{} // before
	seesBreakers(t, analyticsPromises(), map[string]breaker{
		"Rows must be in": countUsersOtherwise(asIs, func(_ domain.Analysis, rows []domain.UserCount) []domain.UserCount {
			slices.Reverse(rows)
			return rows
		}),
		"The pages together must": countFunnelOtherwise(func(a *domain.Analysis) {
			if a.After != nil {
				a.After.Key = "" // and so tells those of the same count again
			}
		}, funnelAsItIs),
		"An unknown group must": countFunnelOtherwise(func(a *domain.Analysis) {
			if a.GroupBy == "user" {
				a.GroupBy = ""
			}
		}, funnelAsItIs),
		"CountUsers must count each": countUsersOtherwise(asIs,
			func(a domain.Analysis, rows []domain.UserCount) []domain.UserCount {
				return slices.DeleteFunc(rows, func(r domain.UserCount) bool { return r.Key == "" && a.GroupBy == domain.BySource })
			}),
		"Since and until must": countUsersOtherwise(func(a *domain.Analysis) {
			a.Since = a.Since.Truncate(time.Millisecond)
		}, usersAsTheyAre),
		"It must count the users": countUsersOtherwise(asIs,
			func(a domain.Analysis, rows []domain.UserCount) []domain.UserCount {
				if before, ok := told[a]; ok {
					return before
				}
				told[a] = rows
				return rows
			}),
		"A group without users": countUsersOtherwise(asIs,
			func(a domain.Analysis, rows []domain.UserCount) []domain.UserCount {
				if a.GroupBy == domain.ByCategory && len(rows) == 0 {
					return []domain.UserCount{{Group: domain.Group{Key: "direct"}}}
				}
				return rows
			}),
		"CountFunnel must sum the": countFunnelOtherwise(func(a *domain.Analysis) {
			a.Since = a.Since.Truncate(24 * time.Hour)
		}, funnelAsItIs),
		"Challenges that count as": countFunnelOtherwise(asIs,
			func(a domain.Analysis, rows []domain.FunnelCount) []domain.FunnelCount {
				return slices.DeleteFunc(rows,
					func(r domain.FunnelCount) bool { return r.Key == domain.SourceOther && a.GroupBy == domain.ByCampaign })
			}),
		"A group without challenges": countFunnelOtherwise(asIs,
			func(domain.Analysis, []domain.FunnelCount) []domain.FunnelCount { return nil }),
	})
}
