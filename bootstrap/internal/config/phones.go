package config

import (
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/phonenumbers"
	"github.com/doorcode-auth/doorcode/domain"
)

// sendsFromPhones is the section of a provider that knows the sender numbers of its
// messages to phones.
type sendsFromPhones interface{ PhoneNumbers() []string }

// PhoneNumbers returns the configuration of the policy on phone numbers.
func PhoneNumbers(c *Config) phonenumbers.Config {
	return phonenumbers.Config{Countries: c.Phone.Countries}
}

// from returns the sender numbers of messages to phones, from the sections of providers.
func (c *Config) from() (numbers []string) {
	for _, provider := range c.providers {
		if section, ok := c.sections[provider.Name].(sendsFromPhones); ok {
			numbers = append(numbers, section.PhoneNumbers()...)
		}
	}
	return slices.DeleteFunc(numbers, func(number string) bool { return strings.TrimSpace(number) == "" })
}

// countries is the default of phone.countries: those of the numbers that messages are
// from, and every one if there is none.
func (c *Config) countries() string {
	var countries []string
	for _, text := range c.from() {
		number, err := domain.ParsePhone(text)
		if err != nil {
			continue // a name, a short code, a service; or a mistake that its provider tells
		}
		if country := (&phonenumbers.Policy{}).CountryOf(number); country != "" && !slices.Contains(countries, country) {
			countries = append(countries, country)
		}
	}
	if len(countries) == 0 {
		return phonenumbers.Everywhere
	}
	return strings.Join(countries, ",")
}

// knowsCountries reports whether phone.countries is decided, by an operator or by sender
// numbers, or not needed.
func (c *Config) knowsCountries() bool {
	return c.keys.Origin("phone.countries") != "" || !slices.Contains(c.Phone.Countries, phonenumbers.Everywhere) ||
		len(c.from()) == 0
}

func notCountry(name string) bool {
	return name != phonenumbers.Everywhere && !phonenumbers.IsCountry(name)
}
