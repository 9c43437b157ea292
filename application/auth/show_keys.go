package auth

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
)

// ShowKeys publishes the keys that verify access tokens.
type ShowKeys struct{ tokens port.AccessTokens }

// NewShowKeys makes the use case.
func NewShowKeys(tokens port.AccessTokens) *ShowKeys { return &ShowKeys{tokens} }

// ShowKeysIn is empty.
type ShowKeysIn struct{}

// ShowKeysOut is a JWK Set in JSON, empty where the keys are secrets.
type ShowKeysOut struct{ KeySet []byte }

// Do never fails.
func (uc *ShowKeys) Do(context.Context, ShowKeysIn) (ShowKeysOut, error) {
	return ShowKeysOut{KeySet: uc.tokens.KeySet()}, nil
}
