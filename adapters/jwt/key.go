package jwt

import (
	"crypto"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// minSecret is the least length of a server's secret, in bytes; it is also what
// HS256 needs of its keys (RFC 7518, 3.2).
const minSecret = 32

const kidBytes = 8

// key is a key for one kind of token and one algorithm. What is secret of it is
// inside closures, where no printing reaches it.
type key struct {
	id       string // kid
	method   jwt.SigningMethod
	material func() any       // what signs; nil for a key that only reads
	verifier func() any       // what reads
	public   crypto.PublicKey // what everybody may know; nil for a secret
}

// secretKey is a key that signs and reads with the same secret.
func secretKey(id string, method jwt.SigningMethod, secret []byte) key {
	material := func() any { return secret }
	return key{id: id, method: method, material: material, verifier: material}
}

// publicKey is a key that reads. Its name is its thumbprint (RFC 7638).
func publicKey(a algorithm, public crypto.PublicKey) (key, error) {
	thumbprint, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return key{}, fmt.Errorf("make the thumbprint of a key: %w", err)
	}
	return key{id: encode(thumbprint), method: a.method, verifier: func() any { return public }, public: public}, nil
}

// deriveKey makes the key of a kind, and its name, out of the server's secret
// (HKDF-SHA256, RFC 5869). The name tells nothing of the key.
func deriveKey(secret []byte, k kind, a algorithm) (key, error) {
	material, err := hkdf.Key(sha256.New, secret, nil, "doorcode "+k.use+" "+a.name, a.hash)
	if err != nil {
		return key{}, fmt.Errorf("derive the key of the %s: %w", k.use, err)
	}
	id, err := secretID(secret, k, a)
	return secretKey(id, a.method, material), err
}

// secretID names a secret key without telling anything of it. With each algorithm
// it has another name, for with each it is another key.
func secretID(secret []byte, k kind, a algorithm) (string, error) {
	info := "doorcode " + k.use + " kid"
	if a.name != algorithms[0].name {
		info += " " + a.name
	}
	id, err := hkdf.Key(sha256.New, secret, nil, info, kidBytes)
	if err != nil {
		return "", fmt.Errorf("derive the kid of the %s: %w", k.use, err)
	}
	return base64.RawURLEncoding.EncodeToString(id), nil
}
