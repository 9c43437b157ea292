package phonenumbers

import (
	"errors"
	"fmt"
	"slices"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.PhoneNumbers = (*Policy)(nil)

// Everywhere means all countries.
const Everywhere = "*"

// Config is the configuration of phone numbers.
type Config struct {
	// Countries are the served countries, in two capital letters of ISO 3166-1, or
	// Everywhere. Defaults to Everywhere.
	Countries []string
}

// Policy decides which numbers may be sent to. It is safe for concurrent use.
type Policy struct {
	everywhere bool
	countries  map[string]bool
}

// New returns a policy. It fails for an unknown country.
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

// Canonical drops a trunk prefix that users write after the calling code, as in
// +44 (0)20, exactly if the metadata has the number without it and not with it.
func (p *Policy) Canonical(id domain.Identifier) domain.Identifier {
	if id.Kind() != domain.KindPhone {
		return id
	}
	code, rest, plan := split(id.Value())
	bare := plan.canonical(rest)
	if bare == rest {
		return id
	}
	canonical, err := domain.ParsePhone("+" + code + bare)
	if err != nil { // too short for E.164
		return id
	}
	return canonical
}

// Check refuses, with invalid_phone, premium-rate and shared-cost numbers, and numbers of
// countries that are not served. A number of an unknown region is served if a country
// with its calling code is.
func (p *Policy) Check(id domain.Identifier) error {
	if id.Kind() != domain.KindPhone {
		return nil
	}
	code, rest, plan := split(id.Value())
	if !p.serves(plan, rest) {
		return refused("Must be a number of a country that is served here",
			errors.New("its country is not among phone.countries"))
	}
	if plan.isPremiumRate(code, rest) {
		return refused("Must not be a premium-rate or shared-cost number",
			errors.New("a premium-rate or shared-cost number"))
	}
	return nil
}

// serves reports whether the country of a number is served. It matches patterns only if
// a country of the calling code is served.
func (p *Policy) serves(plan *plan, rest string) bool {
	if p.everywhere {
		return true
	}
	served := func(r *region) bool { return p.countries[r.name] }
	if !slices.ContainsFunc(plan.regions, served) {
		return false
	}
	r := plan.regionOf(rest)
	return r == nil || served(r)
}

func refused(cure string, cause error) error {
	fault := domain.ErrInvalidPhone.Because(cause)
	fault.Cure = cure
	return fault
}

// IsCountry reports whether a name is two capital letters of ISO 3166-1 of a country with
// phone numbers.
func IsCountry(name string) bool {
	for _, plan := range plans() {
		if slices.ContainsFunc(plan.regions, func(r *region) bool { return r.name == name }) {
			return name != noCountry
		}
	}
	return false
}

// CountryOf is the country of a number, "" for non-geographic ones. For an unknown region
// it is the first served country of the calling code, or else the main one.
func (p *Policy) CountryOf(id domain.Identifier) string {
	_, rest, plan := split(id.Value())
	regions := plan.regions
	if id.Kind() != domain.KindPhone || len(regions) == 0 || regions[0].name == noCountry {
		return ""
	}
	if r := plan.regionOf(rest); r != nil {
		return r.name
	}
	if i := slices.IndexFunc(regions, func(r *region) bool { return p.countries[r.name] }); i >= 0 {
		return regions[i].name
	}
	return regions[0].name
}
