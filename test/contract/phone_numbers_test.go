package contract

import (
	"cmp"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/phonenumbers"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

func openPhoneNumbers(t testing.TB, countries ...string) port.PhoneNumbers {
	numbers, err := phonenumbers.New(phonenumbers.Config{Countries: countries})
	require.NoError(t, err)
	return numbers
}

// phoneNumbersFunc checks in its own way, and knows the countries of others.
type phoneNumbersFunc struct {
	port.PhoneNumbers
	check func(id domain.Identifier) error
}

func (f phoneNumbersFunc) Check(id domain.Identifier) error { return f.check(id) }

// countriesFunc knows countries in its own way.
type countriesFunc struct {
	port.PhoneNumbers
	countryOf func(id domain.Identifier) string
}

func (f countriesFunc) CountryOf(id domain.Identifier) string { return f.countryOf(id) }

func TestPhoneNumbers_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	require.Empty(t, broken[OpenPhoneNumbers](openPhoneNumbers, phoneNumberPromises()))
	for name, row := range map[string]struct {
		breaks int
		spoil  func(id domain.Identifier, err error) error
	}{
		"premium rates of one country": {0, func(id domain.Identifier, err error) error {
			if strings.HasPrefix(id.Value(), "+44909") {
				return nil
			}
			return err
		}},
		"the calling code alone": {1, func(id domain.Identifier, err error) error {
			if strings.HasPrefix(id.Value(), "+1876") {
				return nil
			}
			return err
		}},
		"only numbers that are known": {2, func(id domain.Identifier, err error) error {
			if strings.HasPrefix(id.Value(), "+1555") {
				return domain.ErrInvalidPhone
			}
			return err
		}},
		"another refusal": {3, func(_ domain.Identifier, err error) error {
			if err != nil {
				return domain.ErrPermissionDenied
			}
			return nil
		}},
		"a refusal with the number": {3, func(id domain.Identifier, err error) error {
			if err != nil {
				return domain.ErrInvalidPhone.Because(fmt.Errorf("no %s here", id.Value()))
			}
			return nil
		}},
		"no addresses": {4, func(id domain.Identifier, err error) error {
			if id.Kind() == domain.KindEmail {
				return domain.ErrInvalidPhone
			}
			return err
		}},
	} {
		bad := func(t testing.TB, countries ...string) port.PhoneNumbers {
			good := openPhoneNumbers(t, countries...)
			return phoneNumbersFunc{good, func(id domain.Identifier) error { return row.spoil(id, good.Check(id)) }}
		}
		require.Contains(t, broken[OpenPhoneNumbers](bad, phoneNumberPromises()), phoneNumberPromises()[row.breaks].says,
			name)
	}
}

func TestPhoneNumbers_seesWhatIsConfused(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	confused := func(t testing.TB, countries ...string) port.PhoneNumbers {
		good := openPhoneNumbers(t, countries...)
		return phoneNumbersFunc{good, func(id domain.Identifier) error {
			if calls.Add(1) > 500 {
				return nil
			}
			return good.Check(id)
		}}
	}
	require.Contains(t, broken[OpenPhoneNumbers](confused, phoneNumberPromises()), phoneNumberPromises()[5].says)
}

func TestPhoneNumbers_seesWrongCountries(t *testing.T) {
	t.Parallel()
	for says, country := range map[int]func(id domain.Identifier, good string) string{
		6: func(_ domain.Identifier, good string) string { return strings.ToLower(good) },
		7: func(id domain.Identifier, good string) string {
			if strings.HasPrefix(id.Value(), "+1555") {
				return "US"
			}
			return good
		},
		8: func(_ domain.Identifier, good string) string { return cmp.Or(good, "US") },
	} {
		bad := func(t testing.TB, countries ...string) port.PhoneNumbers {
			good := openPhoneNumbers(t, countries...)
			return countriesFunc{good, func(id domain.Identifier) string { return country(id, good.CountryOf(id)) }}
		}
		require.Contains(t, broken[OpenPhoneNumbers](bad, phoneNumberPromises()), phoneNumberPromises()[says].says)
	}
}

// canonicalFunc has canonical forms of its own.
type canonicalFunc struct {
	port.PhoneNumbers
	canonical func(id domain.Identifier) domain.Identifier
}

func (f canonicalFunc) Canonical(id domain.Identifier) domain.Identifier { return f.canonical(id) }

func TestPhoneNumbers_seesWrongCanonicalForms(t *testing.T) {
	t.Parallel()
	for says, canonical := range map[int]func(id domain.Identifier) domain.Identifier{
		9: func(id domain.Identifier) domain.Identifier { return id },
		10: func(id domain.Identifier) domain.Identifier { // drops any zero, the country's own too
			id, _ = domain.ParseIdentifier(strings.Replace(id.Value(), "0", "", 1))
			return id
		},
	} {
		bad := func(t testing.TB, countries ...string) port.PhoneNumbers {
			return canonicalFunc{openPhoneNumbers(t, countries...), canonical}
		}
		require.Contains(t, broken[OpenPhoneNumbers](bad, phoneNumberPromises()), phoneNumberPromises()[says].says)
	}
}
