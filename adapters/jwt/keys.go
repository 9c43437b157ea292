package jwt

import (
	"bytes"
	"fmt"
)

// keyChain is the keys of one kind of token: the one that signs, and those whose
// tokens are read beside.
type keyChain struct {
	signing key
	others  []key
}

// readKeys finds all that is wrong with the keys of access tokens, and returns those
// that do not come out of the secret key.
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
			bad = &flaw{"holds a key that is used with another algorithm too", "use each key with one algorithm"}
		}
		if bad != nil {
			problem := fmt.Sprintf("(file %d of %d) %s", i+1, len(cfg.PublicKeyFiles), bad.problem)
			mistakes = append(mistakes, Mistake{"jwt.public_key_files", problem, bad.cure})
			continue
		}
		if kids[k.id].method == nil { // one that is named twice is still one
			kids[k.id] = k
			keys.others = append(keys.others, k)
		}
	}
	return keys, mistakes
}

// readSecret takes the secret that is configured, if one is.
func (cfg Config) readSecret(a algorithm) (key, []Mistake) {
	var mistakes []Mistake
	if cfg.PrivateKeyFile != "" {
		mistakes = append(mistakes, Mistake{"jwt.private_key_file", "is not used by " + a.name, "take it out, or set jwt.algorithm to that of the key"})
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
	case bytes.Equal(secret, cfg.SecretKey), bytes.Equal(secret, cfg.PreviousSecretKey):
		mistakes = append(mistakes, Mistake{"jwt.signing_key", "is the secret key", "give a key of its own, or take it out: then one is derived"})
	}
	id, err := secretID(secret, accessToken, a)
	if err != nil {
		mistakes = append(mistakes, Mistake{"jwt.signing_key", "cannot be used", "give another one"})
	}
	return secretKey(id, a.method, secret), mistakes
}

// readPrivate takes the key of the file.
func (cfg Config) readPrivate(a algorithm) (key, []Mistake) {
	var mistakes []Mistake
	if len(cfg.SigningKey) > 0 {
		mistakes = append(mistakes, Mistake{"jwt.signing_key", "is not used by " + a.name, "take it out, or set jwt.algorithm to HS256, HS384 or HS512"})
	}
	if cfg.PrivateKeyFile == "" {
		return key{}, append(mistakes, Mistake{"jwt.private_key_file", "is missing, and " + a.name + " signs with it", newKeyCure(a)})
	}
	k, bad := readPrivateKey(cfg.PrivateKeyFile, a)
	if bad != nil {
		mistakes = append(mistakes, Mistake{"jwt.private_key_file", bad.problem, bad.cure})
	}
	return k, mistakes
}

// withDerived adds the keys that come out of the secret key, where no other signs,
// and out of the one before it.
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

// derivedKeys come out of the secret key and the one before it.
func derivedKeys(cfg Config, k kind, a algorithm) (keys keyChain, err error) {
	if keys.signing, err = deriveKey(cfg.SecretKey, k, a); err != nil || len(cfg.PreviousSecretKey) == 0 {
		return keys, err
	}
	previous, err := deriveKey(cfg.PreviousSecretKey, k, a)
	keys.others = []key{previous}
	return keys, err
}
