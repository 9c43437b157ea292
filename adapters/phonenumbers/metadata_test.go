package phonenumbers

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	library "github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

var update = flag.Bool("update", false, "write metadata.txt anew")

// The file equals the metadata of the library.
func TestMetadata_isThatOfTheLibrary(t *testing.T) {
	t.Parallel()
	want := extract(t)
	if *update {
		require.NoError(t, os.WriteFile("metadata.txt", []byte(want), 0o644))
	}
	got, err := os.ReadFile("metadata.txt")
	require.NoError(t, err)
	require.True(t, want == string(got), "the library has other metadata: go test ./adapters/phonenumbers -update")
	lines := 0
	for _, plan := range plans() {
		lines += len(plan.regions)
		for _, r := range plan.regions {
			for _, p := range []*pattern{r.leading, r.premium, r.free, r.shared, r.others} {
				require.NotPanics(t, func() { p.matches("0") }, "%s", r.name)
			}
		}
	}
	require.Equal(t, strings.Count(metadata, "\n"), lines)
	require.Greater(t, lines, 240)
}

// extract writes the metadata of the library as metadata.txt has it.
func extract(t *testing.T) string {
	t.Helper()
	all, err := library.MetadataCollection()
	require.NoError(t, err)
	known := map[string]*library.PhoneMetadata{}
	for _, m := range all.GetMetadata() {
		known[strconv.Itoa(int(m.GetCountryCode()))+m.GetId()] = m
	}
	var b strings.Builder
	for code := range 1000 {
		names := library.GetRegionCodesForCountryCode(code)
		for _, name := range names {
			m := known[strconv.Itoa(code)+name]
			require.NotNil(t, m, "%d %s", code, name)
			others := []*library.PhoneNumberDesc{
				m.GetFixedLine(), m.GetMobile(), m.GetVoip(), m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
			}
			cells := []string{
				strconv.Itoa(code), name, strings.Join(trunkPrefixes(m), " "), oneLine(m.GetLeadingDigits()),
				expression(m.GetPremiumRate()),
				expression(m.GetTollFree()), expression(m.GetSharedCost()), expression(others...),
			}
			b.WriteString(strings.Join(cells, "\t") + "\n")
		}
	}
	return b.String()
}

// trunkPrefixes are the national prefix and all others of up to three digits that the
// library drops and replaces by nothing.
func trunkPrefixes(m *library.PhoneMetadata) (all []string) {
	if m.GetNationalPrefix() != "" {
		all = append(all, m.GetNationalPrefix())
	}
	if m.GetNationalPrefixForParsing() == "" {
		return all
	}
	parsed := regexp.MustCompile(`^(?:` + oneLine(m.GetNationalPrefixForParsing()) + `)$`)
	for width, end := 1, 10; width <= 3; width, end = width+1, end*10 {
		for n := range end {
			prefix := fmt.Sprintf("%0*d", width, n)
			match := parsed.FindStringSubmatch(prefix)
			if match != nil && strings.Join(match[1:], "") == "" && !slices.Contains(all, prefix) {
				all = append(all, prefix)
			}
		}
	}
	return all
}

// expression is one that matches what any of some kinds of number does.
func expression(kinds ...*library.PhoneNumberDesc) string {
	var all []string
	for _, kind := range kinds {
		if p := oneLine(kind.GetNationalNumberPattern()); p != "" && p != "NA" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return strings.Join(all, "|")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), "") }

// ask asks the library.
func ask(number string) (region string, kind library.PhoneNumberType, known bool) {
	n, err := library.Parse(number, "")
	if err != nil || "+"+strconv.Itoa(int(n.GetCountryCode()))+library.GetNationalSignificantNumber(n) != number {
		return "", library.UNKNOWN, false // it has read another number
	}
	return library.GetRegionCodeForNumber(n), library.GetNumberType(n), true
}

func isPremium(kind library.PhoneNumberType) bool {
	return kind == library.PREMIUM_RATE || kind == library.SHARED_COST
}

// hasPremiumPrefix reports whether a number that the library does not know begins with a
// premium-rate number; sure is false if the library does not parse a prefix.
func hasPremiumPrefix(number, code string) (begins, sure bool) {
	sure = true
	for end := len(number) - 1; end > len("+"+code); end-- {
		_, kind, known := ask(number[:end])
		begins, sure = begins || isPremium(kind), sure && known
	}
	return begins, sure || begins
}

// requireAgreement compares the answer for a number with the library's. They differ on
// purpose in two cases: +1 900 is always premium-rate, and so is an invalid number with
// a premium-rate prefix.
func requireAgreement(t require.TestingT, number string) {
	name, kind, known := ask(number)
	if !known {
		return
	}
	code, rest, plan := split(number)
	ours := plan.regionOf(rest)
	switch {
	case isPremium(kind):
		require.NotNil(t, ours, number)
		require.True(t, plan.isPremiumRate(code, rest), number)
		return
	case len(plan.spellings(rest)) > 1: // which the library reads otherwise
		return
	case name == "" || name == "ZZ":
		require.Nil(t, ours, number)
	default:
		require.NotNil(t, ours, "%s is of %s", number, name)
		require.Equal(t, name, ours.name, number)
	}
	switch begins, sure := hasPremiumPrefix(number, code); {
	case strings.HasPrefix(number, "+1900"):
		require.True(t, plan.isPremiumRate(code, rest), number)
	case kind != library.UNKNOWN:
		require.False(t, plan.isPremiumRate(code, rest), number)
	case sure:
		require.Equal(t, begins, plan.isPremiumRate(code, rest), number)
	}
}

// Every example of the library is judged as the library judges it.
func TestMetadata_examples(t *testing.T) {
	t.Parallel()
	checked, premium := 0, 0
	for code, plan := range plans() {
		for _, r := range plan.regions {
			for kind := library.FIXED_LINE; kind <= library.UNKNOWN; kind++ {
				example := library.GetExampleNumberForType(r.name, kind)
				if r.name == noCountry {
					number, err := strconv.Atoi(code)
					require.NoError(t, err)
					example = library.GetExampleNumberForNonGeoEntity(number)
				}
				if example == nil {
					continue
				}
				number := library.Format(example, library.E164)
				requireAgreement(t, number)
				checked++
				if _, kind, _ := ask(number); isPremium(kind) {
					premium++
					requireSurplusCosts(t, number)
				}
			}
		}
	}
	require.Greater(t, checked, 1000)
	require.Greater(t, premium, 150)
}

// requireSurplusCosts proves that digits too many hide no isPremium number.
func requireSurplusCosts(t *testing.T, number string) {
	t.Helper()
	for len(number) < len("+")+15 {
		number += "7"
		if _, kind, _ := ask(number); kind == library.UNKNOWN {
			code, rest, plan := split(number)
			require.True(t, plan.isPremiumRate(code, rest), number)
		}
	}
}

// So is any number.
func TestMetadata_anyNumber(t *testing.T) {
	t.Parallel()
	var codes []string
	for code := range plans() {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	rapid.Check(t, func(t *rapid.T) {
		number := "+" + rapid.SampledFrom(codes).Draw(t, "code") + rapid.StringMatching(`[0-9]{4,12}`).Draw(t, "rest")
		if _, err := domain.ParsePhone(number); err == nil {
			requireAgreement(t, number)
		}
	})
}
