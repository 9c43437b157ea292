package contract

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// users are good ones, until a test breaks a method.
type users struct {
	whoAmI        func(ctx context.Context, actor domain.Actor) (domain.User, bool, error)
	changeProfile func(ctx context.Context, actor domain.Actor, change domain.ProfileChange) (domain.User, bool, error)
	knownSince    func(ctx context.Context, identifier domain.Identifier) (time.Time, bool, error)
}

func (s users) WhoAmI(ctx context.Context, actor domain.Actor) (domain.User, bool, error) {
	return s.whoAmI(ctx, actor)
}

func (s users) ChangeProfile(
	ctx context.Context, actor domain.Actor, change domain.ProfileChange,
) (domain.User, bool, error) {
	return s.changeProfile(ctx, actor, change)
}

func (s users) KnownSince(ctx context.Context, identifier domain.Identifier) (time.Time, bool, error) {
	return s.knownSince(ctx, identifier)
}

func breakUsers(spoil func(s *users, good port.Users)) breaker {
	return func(s *Stores) {
		good := s.Users
		bad := &users{good.WhoAmI, good.ChangeProfile, good.KnownSince}
		spoil(bad, good)
		s.Users = bad
	}
}

func TestUsers_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, userPromises(), map[string]breaker{
		"WhoAmI must find": breakUsers(func(s *users, good port.Users) { // in two reads
			s.whoAmI = func(ctx context.Context, actor domain.Actor) (domain.User, bool, error) {
				first, _, err := good.WhoAmI(ctx, actor)
				if err != nil {
					return domain.User{}, false, err
				}
				second, found, err := good.WhoAmI(ctx, actor)
				second.FirstName = first.FirstName
				return second, found, err
			}
		}),
		"It must find no user when the user": breakUsers(func(s *users, good port.Users) {
			s.whoAmI = func(ctx context.Context, actor domain.Actor) (domain.User, bool, error) {
				actor.SessionID = strings.TrimSpace(actor.SessionID)
				return good.WhoAmI(ctx, actor)
			}
		}),
		"It must find no user when the actor": breakUsers(func(s *users, good port.Users) {
			s.whoAmI = func(ctx context.Context, actor domain.Actor) (domain.User, bool, error) {
				actor.UserID = 0
				return good.WhoAmI(ctx, actor)
			}
		}),
		"ChangeProfile must change exactly": breakUsers(func(s *users, good port.Users) {
			s.changeProfile = func(ctx context.Context, actor domain.Actor, change domain.ProfileChange) (domain.User, bool,
				error,
			) {
				if change.Position != nil && *change.Position == "" {
					change.Position = nil
				}
				return good.ChangeProfile(ctx, actor, change)
			}
		}),
		"It must find no user exactly": breakUsers(func(s *users, good port.Users) {
			s.changeProfile = func(ctx context.Context, actor domain.Actor, change domain.ProfileChange) (domain.User, bool,
				error,
			) {
				actor.SessionID = strings.TrimSpace(actor.SessionID)
				return good.ChangeProfile(ctx, actor, change)
			}
		}),
		"KnownSince must return whether": breakUsers(func(s *users, good port.Users) {
			s.knownSince = func(ctx context.Context, identifier domain.Identifier) (time.Time, bool, error) {
				joined, known, err := good.KnownSince(ctx, identifier)
				return joined, known || identifier.Kind() == domain.KindPhone, err
			}
		}),
	})
}
