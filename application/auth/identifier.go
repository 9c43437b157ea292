package auth

import "github.com/doorcode-auth/doorcode/domain"

// Address is an identifier as a caller gives it: the text, and its kind where
// the caller's own words fix it (a member called "email" or "phone"); "" detects
// it.
type Address struct {
	Text string
	Kind domain.Kind
}

// parse reads the address. The placeholder that stands for somebody without an
// e-mail address is nobody's.
func (a Address) parse(placeholderHost string) (domain.Identifier, error) {
	var (
		id  domain.Identifier
		err error
	)
	switch a.Kind {
	case domain.KindEmail:
		id, err = domain.ParseEmail(a.Text)
	case domain.KindPhone:
		id, err = domain.ParsePhone(a.Text)
	default:
		id, err = domain.ParseIdentifier(a.Text)
	}
	if err == nil && id.IsPlaceholder(placeholderHost) {
		err = domain.ErrInvalidEmail
	}
	if err != nil {
		return domain.Identifier{}, err
	}
	return id, nil
}
