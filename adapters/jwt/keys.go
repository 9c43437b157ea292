package jwt

import (
	"bytes"
	"crypto"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// minSecret is the minimum length of the server's secret key, in bytes, as HS256
// requires of its keys (RFC 7518, 3.2).
const minSecret = 32

const kidBytes = 8

// key is a key for one kind of token and one algorithm. Secret material is in closures,
// which formatting verbs do not print.
type key struct {
	id       string // kid
	method   jwt.SigningMethod
	material func() any       // signs; nil for a key that only verifies
	verifier func() any       // verifies
	public   crypto.PublicKey // published; nil for a secret
}

// secretKey is a key that signs and verifies with the same secret.
func secretKey(id string, method jwt.SigningMethod, secret []byte) key {
	material := func() any { return secret }
	return key{id: id, method: method, material: material, verifier: material}
}

// publicKey is a key that verifies. Its kid is its thumbprint (RFC 7638).
func publicKey(a algorithm, public crypto.PublicKey) (key, error) {
	thumbprint, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return key{}, fmt.Errorf("make the thumbprint of a key: %w", err)
	}
	verifier := func() any { return public }
	return key{id: encode(thumbprint), method: a.method, verifier: verifier, public: public}, nil
}

// deriveKey derives the key of a kind from the server's secret (HKDF-SHA256, RFC 5869).
func deriveKey(secret []byte, k kind, a algorithm) (key, error) {
	material, err := hkdf.Key(sha256.New, secret, nil, "doorcode "+k.use+" "+a.name, a.hash)
	if err != nil {
		return key{}, fmt.Errorf("derive the key of the %s: %w", k.use, err)
	}
	id, err := secretID(secret, k, a)
	return secretKey(id, a.method, material), err
}

// secretID derives a kid that reveals nothing of the secret. It depends on the
// algorithm, because keys do.
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

// keyChain is the keys of one kind of token: the signing key and the other accepted ones.
type keyChain struct {
	signing key
	others  []key
}

// readKeys returns the configured keys of access tokens, without those derived from the
// secret key, and all configuration errors in them.
func (cfg Config) readKeys() (keyChain, []Mistake) {
	a, ok := findAlgorithm(cfg.Algorithm)
	if !ok {
		return keyChain{}, []Mistake{{"jwt.algorithm", "is none that we know", "give one of " + algorithmNames()}}
	}
	var keys keyChain
	var mistakes []Mistake
	if a.family == secretKeys {
		keys.signing, mistakes = cfg.readSecret(a)
	} else {
		keys.signing, mistakes = cfg.readPrivate(a)
	}
	kids := map[string]key{keys.signing.id: keys.signing}
	for i, entry := range cfg.PublicKeyFiles {
		k, bad := readPublicKey(entry, a)
		if bad == nil && kids[k.id].method != nil && kids[k.id].method != k.method {
			bad = &keyFault{"holds a key that is used with another algorithm too", "use each key with one algorithm"}
		}
		if bad != nil {
			problem := fmt.Sprintf("(file %d of %d) %s", i+1, len(cfg.PublicKeyFiles), bad.problem)
			mistakes = append(mistakes, Mistake{"jwt.public_key_files", problem, bad.cure})
			continue
		}
		if kids[k.id].method == nil { // ignores a duplicate file
			kids[k.id] = k
			keys.others = append(keys.others, k)
		}
	}
	return keys, mistakes
}

// readSecret returns the configured secret, if any.
func (cfg Config) readSecret(a algorithm) (key, []Mistake) {
	var mistakes []Mistake
	if cfg.PrivateKeyFile != "" {
		mistakes = append(mistakes, Mistake{
			"jwt.private_key_file", "is not used by " + a.name, "take it out, or set jwt.algorithm to that of the key",
		})
	}
	secret := cfg.SigningKey
	switch {
	case len(secret) == 0:
		return key{}, mistakes
	case len(secret) < a.hash:
		mistakes = append(mistakes, Mistake{
			"jwt.signing_key", fmt.Sprintf("has %d bytes, less than the hash of %s", len(secret), a.name),
			fmt.Sprintf("give at least %d random bytes, such as doorcode keys generate --algorithm %s makes", a.hash, a.name),
		})
	case hmac.Equal(secret, cfg.SecretKey), hmac.Equal(secret, cfg.PreviousSecretKey):
		mistakes = append(mistakes, Mistake{
			"jwt.signing_key", "is the secret key", "give a key of its own, or take it out: then one is derived",
		})
	}
	id, err := secretID(secret, accessToken, a)
	if err != nil {
		mistakes = append(mistakes, Mistake{"jwt.signing_key", "cannot be used", "give another one"})
	}
	return secretKey(id, a.method, secret), mistakes
}

// readPrivate returns the key of PrivateKeyFile.
func (cfg Config) readPrivate(a algorithm) (key, []Mistake) {
	var mistakes []Mistake
	if len(cfg.SigningKey) > 0 {
		mistakes = append(mistakes, Mistake{
			"jwt.signing_key", "is not used by " + a.name, "take it out, or set jwt.algorithm to HS256, HS384 or HS512",
		})
	}
	if cfg.PrivateKeyFile == "" {
		return key{}, append(mistakes, Mistake{
			"jwt.private_key_file", "is missing, and " + a.name + " signs with it", newKeyCure(a),
		})
	}
	k, bad := readPrivateKey(cfg.PrivateKeyFile, a)
	if bad != nil {
		mistakes = append(mistakes, Mistake{"jwt.private_key_file", bad.problem, bad.cure})
	}
	return k, mistakes
}

// withDerived adds the keys derived from the secret key and the previous one, unless
// another key signs.
func (keys keyChain) withDerived(cfg Config) (keyChain, error) {
	if keys.signing.method != nil {
		return keys, nil
	}
	a, _ := findAlgorithm(cfg.Algorithm)
	derived, err := derivedKeys(cfg, accessToken, a)
	if err != nil {
		return keyChain{}, err
	}
	return keyChain{signing: derived.signing, others: append(derived.others, keys.others...)}, nil
}

// derivedKeys derives keys from the secret key and, if set, the previous one.
func derivedKeys(cfg Config, k kind, a algorithm) (keys keyChain, err error) {
	if keys.signing, err = deriveKey(cfg.SecretKey, k, a); err != nil || len(cfg.PreviousSecretKey) == 0 {
		return keys, err
	}
	previous, err := deriveKey(cfg.PreviousSecretKey, k, a)
	keys.others = []key{previous}
	return keys, err
}

// KeySet returns the public keys of access tokens as a JWK Set (RFC 7517, 5). It is empty
// for HMAC algorithms.
func (t *Tokens) KeySet() []byte { return bytes.Clone(t.keySet) }

// keySet encodes the public keys, the signing key first.
func keySet(keys keyChain) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range append([]key{keys.signing}, keys.others...) {
		if k.public != nil {
			set.Keys = append(set.Keys, jose.JSONWebKey{
				Key: k.public, KeyID: k.id, Algorithm: k.method.Alg(), Use: "sig",
			})
		}
	}
	data, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("write the public keys: %w", err)
	}
	return data, nil
}
