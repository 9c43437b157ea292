package jwt

import (
	"crypto/elliptic"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// family is the type of the keys of an algorithm.
type family string

const (
	secretKeys family = "secret"
	rsaKeys    family = "RSA"
	ecKeys     family = "EC"
)

// algorithm is a signature algorithm (RFC 7518, 3.1) with its requirements for keys.
type algorithm struct {
	name   string
	family family
	method jwt.SigningMethod
	hash   int            // length of the hash, in bytes
	curve  elliptic.Curve // of EC keys
}

// algorithms can sign access tokens; the first one is the default.
var algorithms = []algorithm{
	{name: "HS256", family: secretKeys, method: jwt.SigningMethodHS256, hash: 32},
	{name: "HS384", family: secretKeys, method: jwt.SigningMethodHS384, hash: 48},
	{name: "HS512", family: secretKeys, method: jwt.SigningMethodHS512, hash: 64},
	{name: "RS256", family: rsaKeys, method: jwt.SigningMethodRS256, hash: 32},
	{name: "RS384", family: rsaKeys, method: jwt.SigningMethodRS384, hash: 48},
	{name: "RS512", family: rsaKeys, method: jwt.SigningMethodRS512, hash: 64},
	{name: "ES256", family: ecKeys, method: jwt.SigningMethodES256, hash: 32, curve: elliptic.P256()},
	{name: "ES384", family: ecKeys, method: jwt.SigningMethodES384, hash: 48, curve: elliptic.P384()},
	{name: "ES512", family: ecKeys, method: jwt.SigningMethodES512, hash: 64, curve: elliptic.P521()},
}

// Algorithms lists the values of Config.Algorithm, the default first.
func Algorithms() []string {
	names := make([]string, len(algorithms))
	for i, a := range algorithms {
		names[i] = a.name
	}
	return names
}

// NeedsKeyFile reports whether an algorithm signs with the key of Config.PrivateKeyFile.
func NeedsKeyFile(name string) bool {
	a, ok := findAlgorithm(name)
	return ok && a.family != secretKeys
}

// findAlgorithm looks up an algorithm by its name; "" is the default.
func findAlgorithm(name string) (algorithm, bool) {
	if name == "" {
		return algorithms[0], true
	}
	i := slices.IndexFunc(algorithms, func(a algorithm) bool { return a.name == name })
	if i < 0 {
		return algorithm{}, false
	}
	return algorithms[i], true
}

// algorithmOfCurve looks up the only algorithm of a curve.
func algorithmOfCurve(curve elliptic.Curve) (algorithm, bool) {
	i := slices.IndexFunc(algorithms, func(a algorithm) bool { return a.family == ecKeys && a.curve == curve })
	if i < 0 {
		return algorithm{}, false
	}
	return algorithms[i], true
}

// keyRequirement describes the keys of an algorithm.
func (a algorithm) keyRequirement() string {
	switch a.family {
	case rsaKeys:
		return "an RSA key of at least 2048 bits"
	case ecKeys:
		return "an EC key on the curve " + a.curve.Params().Name
	default:
		return "a secret"
	}
}

func algorithmNames() string { return strings.Join(Algorithms(), ", ") }
