package auth

import (
	"crypto/sha256"
	"crypto/subtle"
)

// Services are the services that may introspect and revoke tokens, and the digests of
// their secrets. The zero value has none.
type Services struct{ digests map[string][sha256.Size]byte }

// ServiceCredential is the name and the secret that a service presents.
type ServiceCredential struct{ Name, Secret string }

// NewServices makes services from their names and secrets.
func NewServices(secrets map[string]string) Services {
	s := Services{digests: make(map[string][sha256.Size]byte, len(secrets))}
	for name, secret := range secrets {
		s.digests[name] = sha256.Sum256([]byte(secret))
	}
	return s
}

// Authenticate reports whether a credential is a service's, in a time that does not
// depend on its secret.
func (s Services) Authenticate(c ServiceCredential) bool {
	want, known := s.digests[c.Name]
	given := sha256.Sum256([]byte(c.Secret))
	return known && subtle.ConstantTimeCompare(want[:], given[:]) == 1
}
