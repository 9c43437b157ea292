package signin

import (
	"errors"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/domain"
)

// identifierNames are the members that may have an identifier, and the kinds that they
// fix.
var identifierNames = []struct {
	name string
	kind domain.Kind
}{
	{"identifier", ""},
	{"email", domain.KindEmail},
	{"phone", domain.KindPhone},
}

// identifierOf is the identifier of a body and its member, or nil. Several members must
// have one canonical identifier.
func (a *area) identifierOf(b exchange.Body) (found *auth.Address, name string) {
	for _, n := range identifierNames {
		text := b.Text(n.name)
		if text == nil {
			continue
		}
		next := &auth.Address{Text: *text, Kind: n.kind}
		if found == nil {
			found, name = next, n.name
			continue
		}
		first, err := a.request.Canonical(*found)
		if err != nil {
			break // the use case refuses it
		}
		second, err := a.request.Canonical(*next)
		if err != nil {
			return next, n.name
		}
		if first != second {
			b.Refuse(n.name, "Must be the same as "+name)
		}
	}
	return found, name
}

// codeOf is the one-time code of a body, as typed. Several members must have the same code
// in any spelling.
func codeOf(b exchange.Body, usualName string) string {
	names := []string{"otp_code", "otp", "code"}
	if !b.AnyGiven(names...) {
		b.Refuse(usualName, "Required")
	}
	var found *string
	for _, name := range names {
		text := b.Text(name)
		switch {
		case text == nil:
		case found == nil:
			found = text
		case domain.CleanCode(*found) != domain.CleanCode(*text):
			b.Refuse(name, "Must not differ from the other code")
		}
	}
	if found == nil {
		return ""
	}
	return *found
}

// withMemberName renames the field of an identifier error to the member that the client
// sent, with the cure for the kind that the member fixes.
func withMemberName(err error, name string) error {
	var fault *domain.Error
	if name == "" || !errors.As(err, &fault) || fault.Field != "identifier" {
		return err
	}
	named := fault.In(name)
	switch {
	case !errors.Is(fault, domain.ErrInvalidIdentifier):
	case name == "email":
		named.Cure = domain.ErrInvalidEmail.Cure
	case name == "phone":
		named.Cure = domain.ErrInvalidPhone.Cure
	}
	return named
}

// warning is about a member of a request that was ignored.
type warning struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

// sourceWarnings warns of a source_url that was ignored.
func sourceWarnings(ignored bool) []warning {
	if !ignored {
		return nil
	}
	return []warning{{
		"/source_url", "source_ignored", "Ignored: it is not an absolute http or https URL of at most 2048 bytes",
	}}
}
