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
)

// Bounds of what is read. A larger RSA key costs too much with every token.
const (
	maxKeyFile = 64 << 10
	minRSABits = 2048
	maxRSABits = 8192
)

// flaw is what is wrong with a key file, without anything of its content.
type flaw struct{ problem, cure string }

// readPrivateKey reads the key that signs: PEM, in PKCS #8, PKCS #1 or SEC 1.
func readPrivateKey(path string, a algorithm) (key, *flaw) {
	block, bad := readPEM(path)
	if bad != nil {
		return key{}, bad
	}
	parsed, err := parsePrivate(block)
	switch {
	case strings.Contains(block.Type, "ENCRYPTED") || block.Headers["Proc-Type"] != "":
		return key{}, &flaw{"is encrypted", "decrypt it, such as with openssl pkey, and keep it from others by its permissions"}
	case strings.HasSuffix(block.Type, "PUBLIC KEY"):
		return key{}, &flaw{"holds a public key", "give the private one; public ones belong into jwt.public_key_files"}
	case err != nil:
		return key{}, &flaw{"holds no private key that can be read", newKeyCure(a)}
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return key{}, &flaw{"holds a key of another kind", newKeyCure(a)}
	}
	if bad := a.refuses(signer.Public()); bad != nil {
		return key{}, bad
	}
	k, err := publicKey(a, signer.Public())
	if err != nil {
		return key{}, &flaw{"holds a key that has no thumbprint", newKeyCure(a)}
	}
	k.material = func() any { return parsed }
	return k, nil
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

// readPublicKey reads a key that only reads tokens. An entry is a path or, for an
// RSA key that was used with another algorithm than the present one, RS512:path.
func readPublicKey(entry string, present algorithm) (key, *flaw) {
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
		return key{}, &flaw{"holds a private key", "give its public part, such as openssl pkey -pubout makes"}
	case err != nil:
		return key{}, &flaw{"holds no public key that can be read", "give PEM, such as openssl pkey -pubout makes"}
	}
	switch p := public.(type) {
	case *rsa.PublicKey:
		if a.family != rsaKeys {
			a, _ = findAlgorithm("RS256")
		}
	case *ecdsa.PublicKey:
		if found, ok := ofCurve(p.Curve); ok {
			a = found
		}
	}
	if pinned {
		a = named
	}
	if bad := a.refuses(public); bad != nil {
		return key{}, bad
	}
	k, err := publicKey(a, public)
	if err != nil {
		return key{}, &flaw{"holds a key that has no thumbprint", "give another one"}
	}
	return k, nil
}

func parsePublic(block *pem.Block) (any, error) {
	if block.Type == "RSA PUBLIC KEY" {
		return x509.ParsePKCS1PublicKey(block.Bytes)
	}
	return x509.ParsePKIXPublicKey(block.Bytes)
}

// readPEM reads the one key of a file. What openssl writes before it of a curve is
// passed over.
func readPEM(path string) (*pem.Block, *flaw) {
	if strings.Contains(path, "-----BEGIN") {
		return nil, &flaw{"is a key and not a file", "write the key to a file, and give the path of that"}
	}
	data, err := readKeyFile(path)
	if err != nil {
		return nil, &flaw{"cannot be read", "check the path, and that the server may read the file"}
	}
	block, rest := pem.Decode(data)
	if block != nil && block.Type == "EC PARAMETERS" {
		block, rest = pem.Decode(rest)
	}
	if block == nil {
		return nil, &flaw{"is no PEM", "give a file that begins with -----BEGIN"}
	}
	if another, _ := pem.Decode(rest); another != nil {
		return nil, &flaw{"holds more than one key", "give one key a file"}
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

// refuses says why an algorithm cannot work with a key, nil if it can.
func (a algorithm) refuses(public crypto.PublicKey) *flaw {
	found := "a key of another kind"
	switch p := public.(type) {
	case *rsa.PublicKey:
		found = "an RSA key"
		if bits := p.N.BitLen(); a.family == rsaKeys {
			switch {
			case bits < minRSABits:
				return &flaw{fmt.Sprintf("holds an RSA key of %d bits, which is weak", bits), "give one of at least 2048 bits"}
			case bits > maxRSABits:
				return &flaw{fmt.Sprintf("holds an RSA key of %d bits, which is slow", bits), "give one of at most 8192 bits"}
			}
			return nil
		}
	case *ecdsa.PublicKey:
		found = "an EC key on the curve " + p.Curve.Params().Name
		if a.family == ecKeys && a.curve == p.Curve {
			return nil
		}
	}
	return &flaw{"holds " + found, a.name + " needs " + a.wants()}
}
