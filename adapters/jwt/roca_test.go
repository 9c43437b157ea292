package jwt

import (
	"crypto/rsa"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
)

// rocaModulus is an odd number of 2048 bits with the fingerprint, made as Infineon's
// library made primes: k*M + (65537^a mod M).
func rocaModulus() (modulus, m *big.Int) {
	m = big.NewInt(1)
	for _, prime := range rocaPrimes {
		m.Mul(m, big.NewInt(prime))
	}
	modulus = new(big.Int).Exp(big.NewInt(65537), big.NewInt(12345), m)
	k := new(big.Int).Lsh(big.NewInt(1), uint(2048-m.BitLen()))
	modulus.Add(modulus, k.Mul(k, m))
	if modulus.Bit(0) == 0 {
		modulus.Add(modulus, m)
	}
	return modulus, m
}

// Keys with the fingerprint of CVE-2017-15361 are refused at start.
func TestROCA(t *testing.T) {
	t.Parallel()
	modulus, _ := rocaModulus()
	roca := &rsa.PublicKey{N: modulus, E: 65537}
	require.Equal(t, 2048, modulus.BitLen())
	path := file(t, pkix(t, roca))
	_, err := New(Config{SecretKey: someSecret, PublicKeyFiles: []string{path}}, fake.NewClock(), &fake.Random{})
	require.ErrorContains(t, err, "jwt.public_key_files (file 1 of 1) holds an RSA key that can be factored "+
		"(ROCA, CVE-2017-15361): make one with doorcode keys generate")
	rs256, _ := findAlgorithm("RS256")
	require.NotNil(t, rs256.checkKey(roca))
}

// A residue outside of the powers of 65537 for one prime alone is no fingerprint.
func TestIsROCA(t *testing.T) {
	t.Parallel()
	weak, m := rocaModulus()
	require.True(t, isROCA(weak))
	for _, prime := range []int64{11, 13, 37, 103, 107, 109, 127, 151, 157} { // 65537 generates a proper subgroup
		other := new(big.Int).Set(weak)
		for step := new(big.Int).Div(m, big.NewInt(prime)); isROCA(other); {
			other.Add(other, step) // changes the residue of this prime only
			require.Less(t, other.BitLen(), 3000)
		}
	}
	for range 4 {
		signer, err := algorithm{family: rsaKeys}.newSigner()
		require.NoError(t, err)
		a, _ := findAlgorithm("RS256")
		require.Nil(t, a.checkKey(signer.Public()))
	}
}
