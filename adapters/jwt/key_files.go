package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
)

// Limits of key files. A larger RSA key makes every token too slow.
const (
	maxKeyFile = 64 << 10
	minRSABits = 2048
	maxRSABits = 8192
)

// keyFault is a problem with a key file. It never quotes the content.
type keyFault struct{ problem, cure string }

// readPrivateKey reads a signing key: PEM, in PKCS #8, PKCS #1 or SEC 1.
func readPrivateKey(path string, a algorithm) (key, *keyFault) {
	block, bad := readPEM(path)
	if bad != nil {
		return key{}, bad
	}
	parsed, err := parsePrivate(block)
	switch {
	case strings.Contains(block.Type, "ENCRYPTED") || block.Headers["Proc-Type"] != "":
		return key{}, &keyFault{
			"is encrypted", "decrypt it, such as with openssl pkey, and keep it from others by its permissions",
		}
	case strings.HasSuffix(block.Type, "PUBLIC KEY"):
		return key{}, &keyFault{
			"holds a public key", "give the private one; public ones belong into jwt.public_key_files",
		}
	case err != nil:
		return key{}, &keyFault{"holds no private key that can be read", newKeyCure(a)}
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return key{}, &keyFault{"holds a key of another kind", newKeyCure(a)}
	}
	k, bad := a.keyOf(signer.Public())
	if bad == nil {
		k.material = func() any { return parsed }
	}
	return k, bad
}

func newKeyCure(a algorithm) string {
	return "make one with doorcode keys generate --algorithm " + a.name + " --out key.pem"
}

func parsePrivate(block *pem.Block) (any, error) {
	switch block.Type {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	}
	return nil, fmt.Errorf("read a private key: the type of the PEM block is none")
}

// readPublicKey reads a key that only verifies. An entry is a path or, for an RSA key of
// another algorithm than the present one, RS512:path.
func readPublicKey(entry string, present algorithm) (key, *keyFault) {
	a, path := present, entry
	named, pinned := algorithm{}, false
	if name, rest, found := strings.Cut(entry, ":"); found && name != "" {
		if named, pinned = findAlgorithm(name); pinned {
			path = rest
		}
	}
	block, bad := readPEM(path)
	if bad != nil {
		return key{}, bad
	}
	public, err := parsePublic(block)
	switch {
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return key{}, &keyFault{"holds a private key", "give its public part, such as openssl pkey -pubout makes"}
	case err != nil:
		return key{}, &keyFault{"holds no public key that can be read", "give PEM, such as openssl pkey -pubout makes"}
	}
	switch p := public.(type) {
	case *rsa.PublicKey:
		if a.family != rsaKeys {
			a, _ = findAlgorithm("RS256")
		}
	case *ecdsa.PublicKey:
		if found, ok := algorithmOfCurve(p.Curve); ok {
			a = found
		}
	}
	if pinned {
		a = named
	}
	return a.keyOf(public)
}

func parsePublic(block *pem.Block) (any, error) {
	if block.Type == "RSA PUBLIC KEY" {
		return x509.ParsePKCS1PublicKey(block.Bytes)
	}
	return x509.ParsePKIXPublicKey(block.Bytes)
}

// readPEM reads the only key of a file. It skips the EC PARAMETERS block that openssl
// writes before a key.
func readPEM(path string) (*pem.Block, *keyFault) {
	if strings.Contains(path, "-----BEGIN") {
		return nil, &keyFault{"is a key and not a file", "write the key to a file, and give the path of that"}
	}
	data, err := readKeyFile(path)
	if err != nil {
		return nil, &keyFault{"cannot be read", "check the path, and that the server may read the file"}
	}
	block, rest := pem.Decode(data)
	if block != nil && block.Type == "EC PARAMETERS" {
		block, rest = pem.Decode(rest)
	}
	if block == nil {
		return nil, &keyFault{"is no PEM", "give a file that begins with -----BEGIN"}
	}
	if another, _ := pem.Decode(rest); another != nil {
		return nil, &keyFault{"holds more than one key", "give one key a file"}
	}
	return block, nil
}

func readKeyFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxKeyFile))
}

// keyOf is the key of a file that holds a public key, or the public part of a private one.
func (a algorithm) keyOf(public crypto.PublicKey) (key, *keyFault) {
	if bad := a.checkKey(public); bad != nil {
		return key{}, bad
	}
	k, err := publicKey(a, public)
	if err != nil {
		return key{}, &keyFault{"holds a key that has no thumbprint", "give another one"}
	}
	return k, nil
}

// checkKey reports why an algorithm cannot use a key, nil if it can.
func (a algorithm) checkKey(public crypto.PublicKey) *keyFault {
	found := "a key of another kind"
	switch p := public.(type) {
	case *rsa.PublicKey:
		found = "an RSA key"
		if bits := p.N.BitLen(); a.family == rsaKeys {
			switch {
			case bits < minRSABits:
				return &keyFault{fmt.Sprintf("holds an RSA key of %d bits, which is weak", bits), "give one of at least 2048 bits"}
			case bits > maxRSABits:
				return &keyFault{fmt.Sprintf("holds an RSA key of %d bits, which is slow", bits), "give one of at most 8192 bits"}
			case isROCA(p.N):
				return &keyFault{"holds an RSA key that can be factored (ROCA, CVE-2017-15361)", newKeyCure(a)}
			}
			return nil
		}
	case *ecdsa.PublicKey:
		found = "an EC key on the curve " + p.Curve.Params().Name
		if a.family == ecKeys && a.curve == p.Curve {
			return nil
		}
	}
	return &keyFault{"holds " + found, a.name + " needs " + a.keyRequirement()}
}

// bitsOfSuffix is the number of random bits in a character of port.Random.Suffix.
const bitsOfSuffix = 5

// NewKey is a generated key.
type NewKey struct {
	ID      string // kid; "" for a secret
	Private []byte // PEM, PKCS #8; for HMAC the text of jwt.signing_key
	Public  []byte // PEM, PKIX; nil for a secret
}

// GenerateKey generates a key for an algorithm; "" is the default.
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

// newSigner generates a key pair. The standard library ignores the reader and takes
// randomness from the system.
func (a algorithm) newSigner() (crypto.Signer, error) {
	if a.family == rsaKeys {
		return rsa.GenerateKey(nil, minRSABits) // a larger one signs slower by the third power
	}
	return ecdsa.GenerateKey(a.curve, nil)
}
