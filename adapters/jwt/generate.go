package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/doorcode-auth/doorcode/application/port"
)

// newRSABits is the size of new RSA keys. A larger one signs slower by the third
// power; who wants one brings it along.
const newRSABits = minRSABits

// bitsOfSuffix is how many bits a character of port.Random.Suffix has.
const bitsOfSuffix = 5

// NewKey is a key that was just made. Private is for its owner alone.
type NewKey struct {
	ID      string // its kid, "" for a secret
	Private []byte // PEM, PKCS 8; or the text of a secret, for jwt.signing_key
	Public  []byte // PEM, PKIX; nil for a secret
}

// GenerateKey makes a key for an algorithm, "" being the default.
func GenerateKey(name string, random port.Random) (NewKey, error) {
	a, ok := findAlgorithm(name)
	if !ok {
		return NewKey{}, Mistake{"--algorithm", "is none that we know", "give one of " + algorithmNames()}
	}
	if a.family == secretKeys {
		return NewKey{Private: []byte(random.Suffix((a.hash*8+bitsOfSuffix-1)/bitsOfSuffix) + "\n")}, nil
	}
	signer, err := a.newSigner()
	if err != nil {
		return NewKey{}, fmt.Errorf("make a key: %w", err)
	}
	k, err := publicKey(a, signer.Public())
	if err != nil {
		return NewKey{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return NewKey{}, fmt.Errorf("write a private key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return NewKey{}, fmt.Errorf("write a public key: %w", err)
	}
	return NewKey{
		ID:      k.id,
		Private: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
		Public:  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}),
	}, nil
}

// newSigner makes a key pair. The packages of the standard library take randomness
// from the system, whatever they are given.
func (a algorithm) newSigner() (crypto.Signer, error) {
	if a.family == rsaKeys {
		return rsa.GenerateKey(nil, newRSABits)
	}
	return ecdsa.GenerateKey(a.curve, nil)
}
