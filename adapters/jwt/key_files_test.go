package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
)

// signers are keys of tests by name and use: an RSA key takes long to make.
var signers sync.Map

// signer is a key of a kind; each name is another key.
func signer(t testing.TB, algorithm, name string) crypto.Signer {
	t.Helper()
	a, ok := findAlgorithm(algorithm)
	require.True(t, ok)
	kind := string(a.family)
	if a.curve != nil {
		kind = a.curve.Params().Name
	}
	made, _ := signers.LoadOrStore(kind+name, sync.OnceValues(func() (crypto.Signer, error) {
		if a.family == rsaKeys {
			return rsa.GenerateKey(rand.Reader, minRSABits)
		}
		return ecdsa.GenerateKey(a.curve, rand.Reader)
	}))
	k, err := made.(func() (crypto.Signer, error))()
	require.NoError(t, err)
	return k
}

// file writes PEM blocks to a new file.
func file(t testing.TB, blocks ...*pem.Block) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.pem")
	var data []byte
	for _, block := range blocks {
		data = append(data, pem.EncodeToMemory(block)...)
	}
	require.NoError(t, os.WriteFile(path, data, 0o600))
	return path
}

func pkcs8(t testing.TB, k any) *pem.Block {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(k)
	require.NoError(t, err)
	return &pem.Block{Type: "PRIVATE KEY", Bytes: der}
}

func pkix(t testing.TB, k any) *pem.Block {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(k)
	require.NoError(t, err)
	return &pem.Block{Type: "PUBLIC KEY", Bytes: der}
}

func sec1(t testing.TB, k crypto.Signer) *pem.Block {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(k.(*ecdsa.PrivateKey))
	require.NoError(t, err)
	return &pem.Block{Type: "EC PRIVATE KEY", Bytes: der}
}

// signedBy changes a configuration to sign with a key of tests.
func signedBy(t testing.TB, algorithm, name string) func(*Config) {
	t.Helper()
	return func(c *Config) {
		c.Algorithm = algorithm
		if a, _ := findAlgorithm(algorithm); a.family != secretKeys {
			c.PrivateKeyFile = file(t, pkcs8(t, signer(t, algorithm, name)))
		}
	}
}

func TestNew_readsEveryFormOfKey(t *testing.T) {
	t.Parallel()
	rsaKey, ec := signer(t, "RS256", "one"), signer(t, "ES256", "one")
	other := signer(t, "ES384", "one")
	for name, change := range map[string]func(*Config){
		"PKCS 8, RSA": func(c *Config) { c.Algorithm, c.PrivateKeyFile = "RS384", file(t, pkcs8(t, rsaKey)) },
		"PKCS 1": func(c *Config) {
			c.Algorithm = "RS256"
			der := x509.MarshalPKCS1PrivateKey(rsaKey.(*rsa.PrivateKey))
			c.PrivateKeyFile = file(t, &pem.Block{Type: "RSA PRIVATE KEY", Bytes: der})
		},
		"PKCS 8, EC": func(c *Config) { c.Algorithm, c.PrivateKeyFile = "ES256", file(t, pkcs8(t, ec)) },
		"SEC 1":      func(c *Config) { c.Algorithm, c.PrivateKeyFile = "ES256", file(t, sec1(t, ec)) },
		"SEC 1 after the parameters": func(c *Config) {
			c.Algorithm = "ES384"
			c.PrivateKeyFile = file(t, &pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6, 5, 43, 129, 4, 0, 34}}, sec1(t, other))
		},
		"public keys": func(c *Config) {
			pkcs1 := x509.MarshalPKCS1PublicKey(signer(t, "RS256", "two").Public().(*rsa.PublicKey))
			c.PublicKeyFiles = []string{
				file(t, pkix(t, ec.Public())), file(t, pkix(t, other.Public())), "RS512:" + file(t, pkix(t, rsaKey.Public())),
				file(t, &pem.Block{Type: "RSA PUBLIC KEY", Bytes: pkcs1}),
			}
		},
		"its own public key too": func(c *Config) {
			c.Algorithm, c.PrivateKeyFile = "ES256", file(t, sec1(t, ec))
			c.PublicKeyFiles = []string{file(t, pkix(t, ec.Public())), file(t, pkix(t, ec.Public()))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := setup(t, change)
			_, err := x.tokens.ParseAccess(x.access(t))
			require.NoError(t, err)
		})
	}
}

// keyMistake is a change of a configuration and the expected error.
type keyMistake struct {
	change func(*Config)
	want   string
}

func TestNew_keyMistakes(t *testing.T) {
	t.Parallel()
	for _, table := range []map[string]keyMistake{secretMistakes(t), privateMistakes(t), publicMistakes(t)} {
		for name, row := range table {
			t.Run(name, func(t *testing.T) {
				cfg := someConfig()
				row.change(&cfg)
				_, err := New(cfg, fake.NewClock(), &fake.Random{})
				require.ErrorContains(t, err, row.want)
				require.NotContains(t, err.Error(), "BEGIN short", "a key was printed")
				require.Len(t, Check(cfg), 1, "an error is reported once, and without the secret keys too")
			})
		}
	}
}

func secretMistakes(t *testing.T) map[string]keyMistake {
	t.Helper()
	return map[string]keyMistake{
		"no such algorithm": {
			func(c *Config) { c.Algorithm = "none" },
			"jwt.algorithm is none that we know: give one of HS256, HS384",
		},
		"lower case": {func(c *Config) { c.Algorithm = "es256" }, "jwt.algorithm is none that we know"},

		"a short key": {
			func(c *Config) { c.SigningKey = make([]byte, 31) },
			"jwt.signing_key has 31 bytes, less than the hash of HS256: give at least 32 random bytes",
		},
		"a short key, HS384": {
			func(c *Config) { c.Algorithm, c.SigningKey = "HS384", make([]byte, 47) },
			"has 47 bytes, less than the hash of HS384: give at least 48",
		},
		"a short key, HS512": {
			func(c *Config) { c.Algorithm, c.SigningKey = "HS512", make([]byte, 63) },
			"has 63 bytes, less than the hash of HS512: give at least 64",
		},
		"the secret key": {
			func(c *Config) { c.SigningKey = someSecret },
			"jwt.signing_key is the secret key: give a key of its own",
		},
		"the old secret key": {
			func(c *Config) { c.SigningKey, c.PreviousSecretKey = otherSecret, otherSecret },
			"jwt.signing_key is the secret key",
		},
		"a secret for ES256": {
			func(c *Config) { signedBy(t, "ES256", "one")(c); c.SigningKey = make([]byte, 64) },
			"jwt.signing_key is not used by ES256: take it out",
		},
		"a file for HS256": {
			func(c *Config) { c.PrivateKeyFile = "key.pem" },
			"jwt.private_key_file is not used by HS256: take it out, or set jwt.algorithm",
		},
	}
}

func privateMistakes(t *testing.T) map[string]keyMistake {
	t.Helper()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	rsaKey, ec := signer(t, "RS256", "one"), signer(t, "ES256", "one")
	cut := pkcs8(t, ec)
	cut.Bytes = cut.Bytes[:40]
	locked := sec1(t, ec)
	locked.Headers = map[string]string{"Proc-Type": "4,ENCRYPTED"}
	private := func(algorithm string, blocks ...*pem.Block) func(*Config) {
		return func(c *Config) { c.Algorithm, c.PrivateKeyFile = algorithm, file(t, blocks...) }
	}
	return map[string]keyMistake{
		"no file": {
			func(c *Config) { c.Algorithm = "RS256" },
			"jwt.private_key_file is missing, and RS256 signs with it: make one with doorcode keys generate --algorithm RS256",
		},
		"no file there": {
			func(c *Config) { c.Algorithm, c.PrivateKeyFile = "ES256", "/none" },
			"jwt.private_key_file cannot be read: check the path",
		},
		"the key itself": {
			func(c *Config) { c.Algorithm, c.PrivateKeyFile = "ES256", "-----BEGIN short" },
			"is a key and not a file: write the key to a file",
		},
		"no PEM":     {private("ES256"), "jwt.private_key_file is no PEM"},
		"two keys":   {private("ES256", sec1(t, ec), sec1(t, ec)), "holds more than one key: give one key a file"},
		"half a key": {private("ES256", cut), "holds no private key that can be read: make one"},
		"a certificate": {
			private("ES256", &pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}),
			"holds no private key that can be read",
		},
		"an encrypted key": {private("ES256", locked), "is encrypted: decrypt it"},
		"an encrypted PKCS 8": {
			private("ES256", &pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")}),
			"is encrypted",
		},
		"a public key": {private("ES256", pkix(t, ec.Public())), "holds a public key: give the private one"},
		"1024 bits": {
			private("RS256", pkcs8(t, weak)),
			"holds an RSA key of 1024 bits, which is weak: give one of at least 2048 bits",
		},
		"another curve": {
			private("ES256", pkcs8(t, signer(t, "ES384", "one"))),
			"holds an EC key on the curve P-384: ES256 needs an EC key on the curve P-256",
		},
		"another curve, P-224": {private("ES256", pkcs8(t, p224)), "holds an EC key on the curve P-224"},
		"P-521 for ES384": {
			private("ES384", pkcs8(t, signer(t, "ES512", "one"))),
			"ES384 needs an EC key on the curve P-384",
		},
		"RSA for ES256": {
			private("ES256", pkcs8(t, rsaKey)),
			"holds an RSA key: ES256 needs an EC key on the curve P-256",
		},
		"EC for RS256": {
			private("RS256", pkcs8(t, ec)),
			"holds an EC key on the curve P-256: RS256 needs an RSA key of at least 2048 bits",
		},
		"Ed25519": {private("ES256", pkcs8(t, ed)), "holds a key of another kind"},
	}
}

func publicMistakes(t *testing.T) map[string]keyMistake {
	t.Helper()
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	rsaKey, ec := signer(t, "RS256", "one"), signer(t, "ES256", "one")
	public := func(prefix string, blocks ...*pem.Block) func(*Config) {
		return func(c *Config) { c.PublicKeyFiles = []string{prefix + file(t, blocks...)} }
	}
	return map[string]keyMistake{
		"a private key among public ones": {
			public("", pkcs8(t, ec)),
			"jwt.public_key_files (file 1 of 1) holds a private key: give its public part",
		},
		"a weak old key": {public("", pkix(t, &weak.PublicKey)), "holds an RSA key of 1024 bits"},
		"an old key of another curve": {
			public("ES384:", pkix(t, ec.Public())),
			"holds an EC key on the curve P-256: ES384 needs",
		},
		"an old key as a secret":     {public("HS256:", pkix(t, ec.Public())), "HS256 needs a secret"},
		"an old key of another kind": {public("", pkix(t, edwards)), "holds a key of another kind"},
		"an old key on P-224":        {public("", pkix(t, &p224.PublicKey)), "holds an EC key on the curve P-224"},
		"an old key that is none": {
			public("", &pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")}),
			"holds no public key that can be read",
		},
		"one key, two algorithms": {func(c *Config) {
			signedBy(t, "RS256", "one")(c)
			c.PublicKeyFiles = []string{"RS512:" + file(t, pkix(t, rsaKey.Public()))}
		}, "(file 1 of 1) holds a key that is used with another algorithm too"},
		"the second of two": {func(c *Config) {
			c.PublicKeyFiles = []string{file(t, pkix(t, ec.Public())), "none.pem"}
		}, "jwt.public_key_files (file 2 of 2) cannot be read"},
	}
}
