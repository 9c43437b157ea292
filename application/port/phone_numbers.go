package port

import "github.com/doorcode-auth/doorcode/domain"

// PhoneNumbers is the policy of the phone numbers that messages may be sent to. Their
// syntax is domain.ParsePhone's.
type PhoneNumbers interface {
	// Check must refuse premium-rate and shared-cost numbers of every country.
	// It must refuse numbers of countries that are not served.
	// A number without a determinable country must count as one of a served country with its calling
	// code.
	// A refusal must be invalid_phone, and must not show the number.
	// It must allow e-mail addresses.
	// It must be safe for concurrent use.
	Check(id domain.Identifier) error

	// CountryOf must return the country of a phone number in two capital letters (ISO 3166-1).
	// A number without a determinable region must count as one of the first served country with its
	// calling code, or else of the calling code's main country.
	// It must return "" for an e-mail address, and for a number without a country.
	CountryOf(id domain.Identifier) string

	// Canonical must drop a trunk prefix behind the calling code exactly when the number is known
	// without it and not with it.
	// It must keep a number that is canonical, and an e-mail address.
	Canonical(id domain.Identifier) domain.Identifier
}
