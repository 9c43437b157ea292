package phonenumbers

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
)

func TestPolicy_contract(t *testing.T) {
	t.Parallel()
	contract.PhoneNumbers(t, func(t testing.TB, countries ...string) port.PhoneNumbers {
		p, err := New(Config{Countries: countries})
		require.NoError(t, err)
		return p
	})
}

func phone(t testing.TB, text string) domain.Identifier {
	t.Helper()
	id, err := domain.ParsePhone(text)
	require.NoError(t, err, text)
	return id
}

func TestPolicy_Check(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		countries []string
		number    string
		fine      bool
	}{
		{nil, "+15551234567", true},
		{nil, "+99999999", true}, // an unassigned calling code
		{nil, "+19005550100", false},
		{nil, "+119005550100", false},  // with the 1 of national calls
		{nil, "+449098790123", false},  // premium
		{nil, "+4409098790123", false}, // +44 (0)909
		{nil, "+448456789012", false},  // shared cost
		{nil, "+491801234567", false},  // shared cost
		{nil, "+80812345678", false},   // the calling code of shared cost
		{nil, "+979123456789", false},  // and of premium rate
		{nil, "+80012345678", true},    // free
		{nil, "+881612345678", true},   // of no country
		{[]string{"*"}, "+5491123456789", true},
		{[]string{"US"}, "+12025550123", true},
		{[]string{"US"}, "+15551234567", true}, // of no region
		{[]string{"US"}, "+1234567", true},
		{[]string{"CA"}, "+15551234567", true},
		{[]string{"DE"}, "+15551234567", false},
		{[]string{"US"}, "+18765551234", false}, // Jamaica
		{[]string{"US", "JM"}, "+18765551234", true},
		{[]string{"US"}, "+14165550123", false}, // Toronto
		{[]string{"US"}, "+19005550100", false},
		{[]string{"GB"}, "+442079460958", true},
		{[]string{"GB"}, "+447700900123", true},  // of no region
		{[]string{"GB"}, "+447781123456", false}, // Guernsey
		{[]string{"RU"}, "+77012345678", false},  // Kazakhstan
		{[]string{"DE"}, "+4915112345678", true},
		{[]string{"DE"}, "+4900000000000", true},
		{[]string{"DE"}, "+4315112345678", false},
		{[]string{"DE"}, "+99999999", false},
		{[]string{"DE"}, "+881612345678", false},
		{[]string{"DE", "*"}, "+881612345678", true},
	} {
		p, err := New(Config{Countries: row.countries})
		require.NoError(t, err)
		err = p.Check(phone(t, row.number))
		if row.fine {
			require.NoError(t, err, "%v %s", row.countries, row.number)
			continue
		}
		require.ErrorIs(t, err, domain.ErrInvalidPhone, "%v %s", row.countries, row.number)
		require.Equal(t, domain.ErrInvalidPhone.Message, domain.AsError(err).Message)
		require.NotEqual(t, domain.ErrInvalidPhone.Cure, domain.AsError(err).Cure, "the cure names the rule")
	}
}

// Surplus digits do not change the rate of a number.
func TestPolicy_Check_surplusDigits(t *testing.T) {
	t.Parallel()
	p, err := New(Config{})
	require.NoError(t, err)
	for _, row := range []struct {
		number string
		fine   bool
	}{
		{"+4490987901237", false}, // premium, with a digit too many
		{"+449098790123777", false},
		{"+44090987901237", false},
		{"+418401234567", false}, // shared cost, likewise
		{"+190055501007", false},
		{"+190055501007777", false},
		{"+19001234567", false}, // no number, and premium all the same
		{"+1900123", false},
		{"+119001234567", false},
		{"+12469761234", false},    // premium in Barbados
		{"+124697612345", false},   // with a digit too many
		{"+12129761234", true},     // ordinary in New York
		{"+155512345678", true},    // no number, and nothing isPremium begins it
		{"+491511234567890", true}, // likewise
		{"+37618001234", true},     // free, and a isPremium number begins it
		{"+376180012345", false},
		{"+861096534194", true}, // a landline of Beijing, likewise
	} {
		err := p.Check(phone(t, row.number))
		if row.fine {
			require.NoError(t, err, row.number)
			continue
		}
		require.ErrorIs(t, err, domain.ErrInvalidPhone, row.number)
	}
}

func TestNew_refusesWhatIsNoCountry(t *testing.T) {
	t.Parallel()
	for _, country := range []string{"", "us", "USA", "UK", "001", "ZZ", "United States", "+1"} {
		_, err := New(Config{Countries: []string{"DE", country}})
		require.ErrorContains(t, err, "ISO 3166-1", country)
	}
}

func TestCountryOf(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"+12025550123": "US", "+15005550006": "US", "+15551234567": "US", "+14165550123": "CA", "+4915112345678": "DE",
		"+447700900123": "GB", "+447781123456": "GG", "+80012345678": "", "+99999999": "",
	} {
		require.Equal(t, want, (&Policy{}).CountryOf(phone(t, number)), number)
	}
	require.Empty(t, (&Policy{}).CountryOf(domain.Identifier{}))
}

// No text panics or is refused for another reason than these.
func FuzzPolicy_Check(f *testing.F) {
	for _, text := range []string{
		"+15551234567", "+1900", "+44 (0)909 8790123", "+", "ada@example.com", "+999999999999999", "+3906698", "\xff",
	} {
		f.Add(text)
	}
	everywhere, err := New(Config{})
	require.NoError(f, err)
	some, err := New(Config{Countries: []string{"US", "GB", "IT"}})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text string) {
		split(text)
		id, err := domain.ParseIdentifier(text)
		if err != nil {
			return
		}
		first := everywhere.Check(id)
		if first != nil {
			require.ErrorIs(t, first, domain.ErrInvalidPhone)
			require.Error(t, some.Check(id), "what is refused everywhere is refused here")
		}
	})
}

func BenchmarkPolicy_Check(b *testing.B) {
	p, err := New(Config{Countries: []string{"US"}})
	require.NoError(b, err)
	number := phone(b, "+12025550123")
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Check(number); err != nil {
			b.Fatal(err)
		}
	}
}
