package contract

import (
	"context"
	"testing"

	"github.com/doorcode-auth/doorcode/application/port"
)

// rewriteFunc rewrites identifiers in its own way.
type rewriteFunc func(ctx context.Context, r port.IdentifierRewrite) (bool, int64, error)

func (f rewriteFunc) Rewrite(ctx context.Context, r port.IdentifierRewrite) (bool, int64, error) {
	return f(ctx, r)
}

func TestUserIdentifiers_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, userIdentifierPromises(), map[string]breaker{
		"Rewrite must replace": func(s *Stores) {
			s.UserIdentifiers = rewriteFunc(func(context.Context, port.IdentifierRewrite) (bool, int64, error) {
				return true, 0, nil
			})
		},
		"An identifier that another": func(s *Stores) {
			good := s.UserIdentifiers
			s.UserIdentifiers = rewriteFunc(func(ctx context.Context, r port.IdentifierRewrite) (bool, int64, error) {
				changed, ownerID, err := good.Rewrite(ctx, r)
				return changed || ownerID != 0, 0, err
			})
		},
		"A user that does not": func(s *Stores) {
			good := s.UserIdentifiers
			s.UserIdentifiers = rewriteFunc(func(ctx context.Context, r port.IdentifierRewrite) (bool, int64, error) {
				_, ownerID, err := good.Rewrite(ctx, r)
				return ownerID == 0, ownerID, err
			})
		},
	})
}
