package contract

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// OpenPhoneNumbers makes an adapter that serves some countries (ISO 3166-1), all if
// none is given.
type OpenPhoneNumbers func(t testing.TB, countries ...string) port.PhoneNumbers

// PhoneNumbers proves the contract of port.PhoneNumbers.
func PhoneNumbers(t *testing.T, open OpenPhoneNumbers) {
	t.Helper()
	prove(t, open, phoneNumberPromises())
}

func phoneNumberPromises() []promise[OpenPhoneNumbers] {
	return []promise[OpenPhoneNumbers]{
		{"Check must refuse premium-rate and shared-cost numbers of every country.", costlyNumbers},
		{"It must refuse numbers of countries that are not served.", foreignNumbers},
		{
			"A number without a determinable country must count as one of a served country with its calling code.",
			numbersOfNoRegion,
		},
		{"A refusal must be invalid_phone, and must not show the number.", refusalsOfNumbers},
		{"It must allow e-mail addresses.", addressesPass},
		{"It must be safe for concurrent use.", numbersInParallel},
		{"CountryOf must return the country of a phone number in two capital letters (ISO 3166-1).", countriesOfNumbers},
		{"A number without a determinable region must count as one of the first served country with its calling " +
			"code, or else of the calling code's main country.", countriesOfNoRegion},
		{`It must return "" for an e-mail address, and for a number without a country.`, noCountries},
		{
			"Canonical must drop a trunk prefix behind the calling code exactly when the number is known without it " +
				"and not with it.",
			trunkPrefixes,
		},
		{"It must keep a number that is canonical, and an e-mail address.", canonicalStays},
	}
}

func someNumber(t testing.TB, text string) domain.Identifier {
	id, err := domain.ParseIdentifier(text)
	require.NoError(t, err, text)
	return id
}

func costlyNumbers(t testing.TB, open OpenPhoneNumbers) {
	for _, numbers := range []port.PhoneNumbers{open(t), open(t, "US", "GB", "DE")} {
		for _, number := range []string{
			"+19005550100", "+449098790123", "+448456789012", "+491801234567",
			"+49 900 1 123456",
		} {
			require.Error(t, numbers.Check(someNumber(t, number)), number)
		}
		for _, number := range []string{"+12025550123", "+447400123456", "+442079460958", "+4915112345678"} {
			require.NoError(t, numbers.Check(someNumber(t, number)), number)
		}
	}
	require.Error(t, open(t).Check(someNumber(t, "+979123456789")), "the calling code of premium rates")
}

func foreignNumbers(t testing.TB, open OpenPhoneNumbers) {
	numbers := open(t, "DE", "US")
	for number, fine := range map[string]bool{
		"+4915112345678": true, "+12025550123": true,
		"+447400123456": false, "+436641234567": false, "+18765551234": false, "+14165550123": false,
		"+881612345678": false, "+99999999": false,
	} {
		require.Equal(t, fine, numbers.Check(someNumber(t, number)) == nil, number)
		require.NoError(t, open(t).Check(someNumber(t, number)), number)
	}
}

func numbersOfNoRegion(t testing.TB, open OpenPhoneNumbers) {
	const number = "+15551234567"
	for _, country := range []string{"US", "CA", "JM"} {
		require.NoError(t, open(t, "DE", country).Check(someNumber(t, number)), country)
	}
	require.Error(t, open(t, "DE", "GB").Check(someNumber(t, number)))
}

func refusalsOfNumbers(t testing.TB, open OpenPhoneNumbers) {
	for _, number := range []string{"+447400123456", "+19005550100"} {
		err := open(t, "US").Check(someNumber(t, number))
		require.ErrorIs(t, err, domain.ErrInvalidPhone)
		fault := domain.AsError(err)
		for _, text := range []string{err.Error(), fault.Message, fault.Cure} {
			require.NotContains(t, text, number[3:])
		}
	}
}

func addressesPass(t testing.TB, open OpenPhoneNumbers) {
	require.NoError(t, open(t, "DE").Check(someNumber(t, "ada@example.com")))
	require.NoError(t, open(t).Check(domain.Identifier{}))
}

func countriesOfNumbers(t testing.TB, open OpenPhoneNumbers) {
	for _, numbers := range []port.PhoneNumbers{open(t), open(t, "DE")} {
		for number, country := range map[string]string{
			"+4915112345678": "DE", "+12025550123": "US", "+14165550123": "CA", "+18765551234": "JM", "+447400123456": "GB",
			"+436641234567": "AT",
		} {
			require.Equal(t, country, numbers.CountryOf(someNumber(t, number)), number)
		}
	}
}

func countriesOfNoRegion(t testing.TB, open OpenPhoneNumbers) {
	const number = "+15551234567"
	require.Equal(t, "US", open(t).CountryOf(someNumber(t, number)))
	require.Equal(t, "US", open(t, "DE").CountryOf(someNumber(t, number)))
	require.Equal(t, "JM", open(t, "DE", "JM").CountryOf(someNumber(t, number)))
}

func noCountries(t testing.TB, open OpenPhoneNumbers) {
	numbers := open(t, "US")
	for _, id := range []domain.Identifier{
		{},
		someNumber(t, "ada@example.com"), someNumber(t, "+881612345678"),
		someNumber(t, "+99999999"),
	} {
		require.Empty(t, numbers.CountryOf(id))
	}
}

func trunkPrefixes(t testing.TB, open OpenPhoneNumbers) {
	for _, numbers := range []port.PhoneNumbers{open(t), open(t, "US")} {
		for text, want := range map[string]string{
			"+44 (0)7400 123456": "+447400123456", "+49 (0)170 1234567": "+491701234567", "+7 8 916 1234567": "+79161234567",
			"+33 (0)6 12345678": "+33612345678", "+61 0412 345678": "+61412345678", "+52 1 55 12345678": "+525512345678",
			"+44 0909 8790123": "+449098790123",
			"+49 00000000000":  "+4900000000000", "+44 (0)7700 900123": "+4407700900123",
			"+7 800 1234567": "+78001234567",
		} {
			require.Equal(t, want, numbers.Canonical(someNumber(t, text)).Value(), text)
		}
	}
}

func canonicalStays(t testing.TB, open OpenPhoneNumbers) {
	numbers := open(t)
	for _, text := range []string{
		"+447400123456", "+390669812345", "+2250123456789", "+242061234567", "+3780549886377", "+15551234567", "+99999999",
		"ada@example.com",
	} {
		require.Equal(t, someNumber(t, text), numbers.Canonical(someNumber(t, text)))
	}
	require.Zero(t, numbers.Canonical(domain.Identifier{}))
}

func numbersInParallel(t testing.TB, open OpenPhoneNumbers) {
	numbers := open(t, "US")
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for range 50 {
				if numbers.Check(someNumber(t, "+12025550123")) != nil || numbers.Check(someNumber(t, "+14165550123")) == nil {
					t.Errorf("another answer in parallel")
				}
			}
		})
	}
	all.Wait()
}
