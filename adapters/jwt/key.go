package jwt

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// minSecret is the least length of a server's secret, in bytes; it is also what
// HS256 needs of its keys (RFC 7518, 3.2).
const minSecret = 32

const kidBytes = 8

// key is a key for one kind of token and one algorithm. What it is made of is
// inside a closure, where no printing reaches it.
type key struct {
	id       string // kid
	method   jwt.SigningMethod
	material func() any
}

// deriveKey makes the key of a kind, and its name, out of the server's secret
// (HKDF-SHA256, RFC 5869). The name tells nothing of the key.
func deriveKey(secret []byte, k kind) (key, error) {
	method := jwt.SigningMethodHS256
	material, err := hkdf.Key(sha256.New, secret, nil, "doorcode "+k.use+" "+method.Alg(), sha256.Size)
	if err != nil {
		return key{}, fmt.Errorf("derive the key of the %s: %w", k.use, err)
	}
	id, err := hkdf.Key(sha256.New, secret, nil, "doorcode "+k.use+" kid", kidBytes)
	if err != nil {
		return key{}, fmt.Errorf("derive the kid of the %s: %w", k.use, err)
	}
	return key{
		id:       base64.RawURLEncoding.EncodeToString(id),
		method:   method,
		material: func() any { return material },
	}, nil
}
