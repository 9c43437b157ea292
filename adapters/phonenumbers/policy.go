package phonenumbers

import (
	"errors"
	"fmt"
	"slices"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.PhoneNumbers = (*Policy)(nil)

// Everywhere stands for all countries.
const Everywhere = "*"

// Config is what an operator decides about phone numbers.
type Config struct {
	// Countries are those whose numbers may be written to, as ISO 3166-1 names them
	// in two capital letters, or Everywhere. Defaults to Everywhere.
	Countries []string
}

// Policy says which numbers may be written to. It is safe for concurrent use.
type Policy struct {
	everywhere bool
	countries  map[string]bool
}

// New makes a policy. It fails for a country that there is not.
func New(cfg Config) (*Policy, error) {
	p := &Policy{everywhere: len(cfg.Countries) == 0, countries: map[string]bool{}}
	for _, country := range cfg.Countries {
		switch {
		case country == Everywhere:
			p.everywhere = true
		case IsCountry(country):
			p.countries[country] = true
		default:
			return nil, fmt.Errorf("%.20q is no country: give two capital letters of ISO 3166-1, such as US or DE", country)
		}
	}
	return p, nil
}

// Check refuses, with invalid_phone, premium-rate and shared-cost numbers, and those
// of countries that are not served. A number of which the metadata knows no region
// counts as one of the served countries with its calling code.
func (p *Policy) Check(id domain.Identifier) error {
	if id.Kind() != domain.KindPhone {
		return nil
	}
	code, rest := split(id.Value())
	if !p.serves(code, rest) {
		return refused("Must be a number of a country that is served here", errors.New("its country is not among phone.countries"))
	}
	if costs(code, rest) {
		return refused("Must not be a premium-rate or shared-cost number", errors.New("a premium-rate or shared-cost number"))
	}
	return nil
}

// serves reports whether the country of a number is served. Where none of its calling
// code is, no pattern is looked at.
func (p *Policy) serves(code, rest string) bool {
	if p.everywhere {
		return true
	}
	served := func(r *region) bool { return p.countries[r.name] }
	if !slices.ContainsFunc(regionsByCode()[code], served) {
		return false
	}
	r := regionOf(code, rest)
	return r == nil || served(r)
}

func refused(cure string, cause error) error {
	fault := domain.ErrInvalidPhone.Because(cause)
	fault.Cure = cure
	return fault
}

// IsCountry reports whether a name is that of a country with phone numbers: two
// capital letters of ISO 3166-1.
func IsCountry(name string) bool {
	for _, regions := range regionsByCode() {
		if slices.ContainsFunc(regions, func(r *region) bool { return r.name == name }) {
			return name != noCountry
		}
	}
	return false
}

// CountryOf is the country of a number, "" if it is of none. If the metadata knows no
// region of it, that is the first served country with its calling code, or else the
// calling code's own.
func (p *Policy) CountryOf(id domain.Identifier) string {
	code, rest := split(id.Value())
	regions := regionsByCode()[code]
	if id.Kind() != domain.KindPhone || len(regions) == 0 || regions[0].name == noCountry {
		return ""
	}
	if r := regionOf(code, rest); r != nil {
		return r.name
	}
	if i := slices.IndexFunc(regions, func(r *region) bool { return p.countries[r.name] }); i >= 0 {
		return regions[i].name
	}
	return regions[0].name
}
