package httpapi_test

import (
	"context"
	"sync"

	"github.com/doorcode-auth/doorcode/domain"
)

// OfUser tells the sources that a test has set.
func (s *store) OfUser(ctx context.Context, actor domain.Actor) ([]domain.UserSource, bool, error) {
	_, found, err := s.WhoAmI(ctx, actor)
	return s.sources, found, err
}

// promote makes a user staff or a superuser, or neither.
func (s *store) promote(address string, staff, superuser bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, _ := domain.ParseIdentifier(address)
	user := s.users[id]
	user.IsStaff, user.IsSuperuser = staff, superuser
	s.users[id] = user
}

// analyticsStore answers with the rows that a test has set, and keeps what it was
// asked.
type analyticsStore struct {
	mu     sync.Mutex
	users  []domain.UserCount
	funnel []domain.FunnelCount
	err    error
	asked  []domain.Analysis
}

func (s *analyticsStore) note(a domain.Analysis) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, a)
	return s.err
}

func (s *analyticsStore) last() domain.Analysis {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == 0 {
		return domain.Analysis{}
	}
	return s.asked[len(s.asked)-1]
}

func (s *analyticsStore) CountUsers(_ context.Context, a domain.Analysis) ([]domain.UserCount, error) {
	err := s.note(a)
	return s.users[:min(len(s.users), a.Limit)], err
}

func (s *analyticsStore) CountFunnel(_ context.Context, a domain.Analysis) ([]domain.FunnelCount, error) {
	err := s.note(a)
	return s.funnel[:min(len(s.funnel), a.Limit)], err
}
