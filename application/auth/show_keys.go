package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
)

// ShowKeys tells everybody the keys that access tokens can be read with.
type ShowKeys struct {
	tokens port.AccessTokens
}

// NewShowKeys makes the use case.
func NewShowKeys(tokens port.AccessTokens) *ShowKeys { return &ShowKeys{tokens} }

// ShowKeysIn is empty: there is nothing to choose.
type ShowKeysIn struct{}

// ShowKeysOut is a JWK Set in JSON, empty where the keys are secrets.
type ShowKeysOut struct{ KeySet []byte }

// Do never fails.
func (uc *ShowKeys) Do(context.Context, ShowKeysIn) (ShowKeysOut, error) {
	return ShowKeysOut{KeySet: uc.tokens.KeySet()}, nil
}
