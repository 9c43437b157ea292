package contract

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/doorcode-auth/doorcode/domain"
)

// registrationSources are what a test makes of good ones.
type registrationSources func(ctx context.Context, actor domain.Actor) ([]domain.UserSource, bool, error)

func (f registrationSources) OfUser(ctx context.Context, actor domain.Actor) ([]domain.UserSource, bool, error) {
	return f(ctx, actor)
}

func TestRegistrationSources_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, registrationSourcePromises(), map[string]breaker{
		"OfUser must return every": func(s *Stores) { // by the time alone
			good := s.RegistrationSources
			s.RegistrationSources = registrationSources(func(ctx context.Context, actor domain.Actor) ([]domain.UserSource,
				bool, error,
			) {
				sources, found, err := good.OfUser(ctx, actor)
				slices.SortFunc(sources, func(a, b domain.UserSource) int { return a.RegisteredAt.Compare(b.RegisteredAt) })
				return sources, found, err
			})
		},
		"It must find no": func(s *Stores) {
			good := s.RegistrationSources
			s.RegistrationSources = registrationSources(func(ctx context.Context, actor domain.Actor) ([]domain.UserSource,
				bool, error,
			) {
				actor.UserUUID = strings.TrimSpace(actor.UserUUID)
				return good.OfUser(ctx, actor)
			})
		},
	})
}
