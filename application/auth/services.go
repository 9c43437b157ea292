package auth

import (
	"crypto/sha256"
	"crypto/subtle"
)

// Services are the other services that may ask about tokens, and by what they are
// known. The zero value knows none.
type Services struct{ digests map[string][sha256.Size]byte }

// ServiceCredential is by what a service says who it is.
type ServiceCredential struct{ Name, Secret string }

// NewServices makes the services of names and their secrets.
func NewServices(secrets map[string]string) Services {
	s := Services{digests: make(map[string][sha256.Size]byte, len(secrets))}
	for name, secret := range secrets {
		s.digests[name] = sha256.Sum256([]byte(secret))
	}
	return s
}

// Authenticate reports whether a credential is that of a service, in a time that tells
// nothing of its secret.
func (s Services) Authenticate(c ServiceCredential) bool {
	want, known := s.digests[c.Name]
	given := sha256.Sum256([]byte(c.Secret))
	return known && subtle.ConstantTimeCompare(want[:], given[:]) == 1
}
