package client

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

const (
	maxKeys    = 64
	maxKeyID   = 256 // bytes
	minModulus = 2048
	maxModulus = 8192 // bits
)

// algorithm is a signature algorithm with key pairs (RFC 7518, 3.1).
type algorithm struct {
	name  string
	curve elliptic.Curve // nil for RSA
	crv   string
}

func algorithms() []algorithm {
	return []algorithm{
		{name: "ES256", curve: elliptic.P256(), crv: "P-256"},
		{name: "ES384", curve: elliptic.P384(), crv: "P-384"},
		{name: "ES512", curve: elliptic.P521(), crv: "P-521"},
		{name: "RS256"},
		{name: "RS384"},
		{name: "RS512"},
	}
}

func algorithmNames() (names []string) {
	for _, a := range algorithms() {
		names = append(names, a.name)
	}
	return names
}

// key is a public key for one algorithm.
type key struct {
	algorithm string
	public    any
}

// jwk is a published key (RFC 7517; RFC 7518, 6). Private members are only checked for
// presence.
type jwk struct {
	Kty string `json:"kty"`
	Use string `json:"use"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
	N   string `json:"n"`
	E   string `json:"e"`

	D  json.RawMessage `json:"d"`
	P  json.RawMessage `json:"p"`
	Q  json.RawMessage `json:"q"`
	DP json.RawMessage `json:"dp"`
	DQ json.RawMessage `json:"dq"`
	QI json.RawMessage `json:"qi"`
	K  json.RawMessage `json:"k"`
}

// errNoKeys is an empty key set, as doorcode publishes with HMAC algorithms.
var errNoKeys = errors.New("doorcode publishes no keys, for it signs with HMAC: " +
	"set its jwt.algorithm to ES256 or RS256")

// readKeySet decodes a JWK Set. Unusable keys are ignored (RFC 7517, 5), keys with a
// duplicate kid too. It fails if no key is left.
func readKeySet(data []byte) (map[string]key, error) {
	var set struct {
		Keys *[]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil || set.Keys == nil {
		return nil, errors.New("the answer is no set of keys")
	}
	switch n := len(*set.Keys); {
	case n == 0:
		return nil, errNoKeys
	case n > maxKeys:
		return nil, fmt.Errorf("the set has %d keys, more than %d", n, maxKeys)
	}
	keys, twice := map[string]key{}, map[string]bool{}
	var last error
	for _, entry := range *set.Keys {
		kid, k, err := readKey(entry)
		switch _, there := keys[kid]; {
		case err != nil:
			last = err
		case there || twice[kid]:
			last, twice[kid] = errors.New("a kid comes twice"), true
			delete(keys, kid)
		default:
			keys[kid] = k
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("none of the %d keys can be used: %w", len(*set.Keys), last)
	}
	return keys, nil
}

// readKey decodes one key, and refuses keys that doorcode would not publish.
func readKey(data []byte) (kid string, k key, err error) {
	var j jwk
	if err := json.Unmarshal(data, &j); err != nil {
		return "", key{}, errors.New("a key is malformed")
	}
	if j.isPrivate() {
		return "", key{}, errors.New("a key is published with its secret parts: it is no secret any more")
	}
	if j.Kid == "" || len(j.Kid) > maxKeyID || j.Use != "sig" {
		return "", key{}, errors.New("a key has no kid, or is not for signatures")
	}
	i := slices.IndexFunc(algorithms(), func(a algorithm) bool { return a.name == j.Alg })
	if i < 0 {
		return "", key{}, errors.New("a key is for another algorithm than " + fmt.Sprint(algorithmNames()))
	}
	a := algorithms()[i]
	k.algorithm = a.name
	if a.curve != nil {
		k.public, err = j.ec(a)
	} else {
		k.public, err = j.rsa()
	}
	return j.Kid, k, err
}

func (j jwk) isPrivate() bool {
	private := []json.RawMessage{j.D, j.P, j.Q, j.DP, j.DQ, j.QI, j.K}
	return slices.ContainsFunc(private, func(member json.RawMessage) bool { return member != nil })
}

// ec decodes a point, which must be on the curve of the algorithm.
func (j jwk) ec(a algorithm) (*ecdsa.PublicKey, error) {
	size := (a.curve.Params().BitSize + 7) / 8
	x, errX := decode(j.X)
	y, errY := decode(j.Y)
	public, err := ecdsa.ParseUncompressedPublicKey(a.curve, slices.Concat([]byte{4}, x, y))
	if j.Kty != "EC" || j.Crv != a.crv || errors.Join(errX, errY, err) != nil || len(x) != size || len(y) != size {
		return nil, fmt.Errorf("a key of %s is none on the curve %s", a.name, a.crv)
	}
	return public, nil
}

// rsa decodes a modulus, neither too short to be secure nor too long to be fast, and an
// exponent.
func (j jwk) rsa() (*rsa.PublicKey, error) {
	n, errN := decode(j.N)
	e, errE := decode(j.E)
	if j.Kty != "RSA" || errN != nil || errE != nil {
		return nil, fmt.Errorf("a key of %s is no RSA key", j.Alg)
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	if bits := modulus.BitLen(); bits < minModulus || bits > maxModulus || modulus.Bit(0) == 0 {
		return nil, fmt.Errorf("an RSA key has %d bits: it must have %d to %d", bits, minModulus, maxModulus)
	}
	if isROCA(modulus) {
		return nil, errors.New("an RSA key can be factored (ROCA, CVE-2017-15361)")
	}
	if exponent.BitLen() > 31 || exponent.Bit(0) == 0 || exponent.Int64() < 3 {
		return nil, errors.New("an RSA key has an exponent that cannot be right")
	}
	return &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}, nil
}

func decode(text string) ([]byte, error) { return base64.RawURLEncoding.Strict().DecodeString(text) }
