package auth

import "github.com/doorcode-auth/doorcode/domain"

// Address is an identifier as a caller gives it: the text, and its kind where
// the caller's own words fix it (a member called "email" or "phone"); "" detects
// it.
type Address struct {
	Text string
	Kind domain.Kind
}

// Canonical parses the address as its kind says.
func (a Address) Canonical() (domain.Identifier, error) {
	switch a.Kind {
	case domain.KindEmail:
		return domain.ParseEmail(a.Text)
	case domain.KindPhone:
		return domain.ParsePhone(a.Text)
	default:
		return domain.ParseIdentifier(a.Text)
	}
}

// parse is Canonical, but the placeholder that stands for a missing email address is
// invalid.
func (a Address) parse(placeholderHost string) (domain.Identifier, error) {
	id, err := a.Canonical()
	if err == nil && id.IsPlaceholder(placeholderHost) {
		err = domain.ErrInvalidEmail
	}
	if err != nil {
		return domain.Identifier{}, err
	}
	return id, nil
}
