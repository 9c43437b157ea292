package client

import "math/big"

// isROCA reports whether an RSA modulus has the fingerprint of CVE-2017-15361 (ROCA): its
// residue modulo every one of the small primes is a power of 65537, because Infineon's
// library generated primes of the form k*M + (65537^a mod M). Such keys can be factored.
// A sound modulus has the fingerprint with a probability of about 2^-27.
//
// M. Nemec et al.: The Return of Coppersmith's Attack (2017), section 3.2.
func isROCA(modulus *big.Int) bool {
	for _, prime := range rocaPrimes {
		residue := new(big.Int).Mod(modulus, big.NewInt(prime)).Int64()
		power := int64(1)
		for range prime {
			if power == residue {
				break
			}
			power = power * 65537 % prime
		}
		if power != residue {
			return false
		}
	}
	return true
}

// rocaPrimes are the odd primes up to 167, the divisors of M for keys of all sizes.
var rocaPrimes = []int64{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
	113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
}
