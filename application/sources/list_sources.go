package sources

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ListSources lists the sources of the actor's user.
type ListSources struct{ sources port.RegistrationSources }

// NewListSources makes the use case.
func NewListSources(sources port.RegistrationSources) *ListSources { return &ListSources{sources} }

// ListSourcesIn names the actor.
type ListSourcesIn struct{ Actor domain.Actor }

// ListSourcesOut is every source, the one of the registration first.
type ListSourcesOut struct{ Sources []domain.UserSource }

// Do fails with token_not_valid when the session of the actor has ended.
func (uc *ListSources) Do(ctx context.Context, in ListSourcesIn) (ListSourcesOut, error) {
	list, found, err := uc.sources.OfUser(ctx, in.Actor)
	if err != nil {
		return ListSourcesOut{}, err
	}
	if !found {
		return ListSourcesOut{}, domain.ErrTokenNotValid
	}
	return ListSourcesOut{list}, nil
}
