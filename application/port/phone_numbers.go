package port

import "github.com/doorcode-auth/doorcode/domain"

// PhoneNumbers knows which phone numbers may be written to. It says nothing of what
// a phone number looks like.
type PhoneNumbers interface {
	// Check must refuse premium-rate and shared-cost numbers, of whichever country.
	// It must refuse numbers of countries that are not served.
	// A number of which nobody can tell the country must count as one of a served country with its calling code.
	// A refusal must be invalid_phone, and must not show the number.
	// It must let e-mail addresses through.
	// It must be safe for concurrent use.
	Check(id domain.Identifier) error

	// CountryOf must tell the country of a phone number in two capital letters (ISO 3166-1).
	// A number of which nobody can tell the region must count as one of the first served country with its calling code, or else of the calling code's own.
	// It must tell "" of an e-mail address, and of a number that is of no country.
	CountryOf(id domain.Identifier) string
}
