package jwt

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// KeySet is the public keys of access tokens, for whoever reads them elsewhere: a
// JWK Set (RFC 7517, 5) in JSON. It is empty where keys are secrets.
func (t *Tokens) KeySet() []byte { return bytes.Clone(t.keySet) }

// keySet writes the keys, the one that signs first.
func keySet(keys keyChain) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range append([]key{keys.signing}, keys.others...) {
		if k.public != nil {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.public, KeyID: k.id, Algorithm: k.method.Alg(), Use: "sig"})
		}
	}
	data, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("write the public keys: %w", err)
	}
	return data, nil
}
