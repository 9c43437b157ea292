package phonenumbers

import (
	"flag"
	"os"
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

// The file is what the library says.
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
	for _, regions := range regionsByCode() {
		lines += len(regions)
		for _, r := range regions {
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
			var others []*library.PhoneNumberDesc
			if len(names) > 1 {
				others = []*library.PhoneNumberDesc{
					m.GetFixedLine(), m.GetMobile(), m.GetVoip(), m.GetPersonalNumber(), m.GetPager(), m.GetUan(), m.GetVoicemail(),
				}
			}
			cells := []string{
				strconv.Itoa(code), name, m.GetNationalPrefix(), oneLine(m.GetLeadingDigits()), expression(m.GetPremiumRate()),
				expression(m.GetTollFree()), expression(m.GetSharedCost()), expression(others...),
			}
			b.WriteString(strings.Join(cells, "\t") + "\n")
		}
	}
	return b.String()
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
func ask(number string) (region string, costs, known bool) {
	n, err := library.Parse(number, "")
	if err != nil || "+"+strconv.Itoa(int(n.GetCountryCode()))+library.GetNationalSignificantNumber(n) != number {
		return "", false, false // it has read another number
	}
	kind := library.GetNumberType(n)
	return library.GetRegionCodeForNumber(n), kind == library.PREMIUM_RATE || kind == library.SHARED_COST, true
}

func requireAgreement(t require.TestingT, number string) {
	name, costs, known := ask(number)
	if !known {
		return
	}
	code, rest := split(number)
	ours := regionOf(code, rest)
	nationally := slices.ContainsFunc(regionsByCode()[code], func(r *region) bool { return len(r.spellings(rest)) > 1 })
	switch {
	case costs:
		require.NotNil(t, ours, number)
		require.True(t, ours.costs(rest), number)
	case nationally: // which the library reads otherwise
	case name == "" || name == "ZZ":
		require.Nil(t, ours, number)
	default:
		require.NotNil(t, ours, "%s is of %s", number, name)
		require.Equal(t, name, ours.name, number)
		require.False(t, ours.costs(rest), number)
	}
}

// Every example of the library is judged as the library judges it.
func TestMetadata_examples(t *testing.T) {
	t.Parallel()
	looked, costly := 0, 0
	for code, regions := range regionsByCode() {
		for _, r := range regions {
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
				looked++
				if _, costs, _ := ask(number); costs {
					costly++
				}
			}
		}
	}
	require.Greater(t, looked, 1000)
	require.Greater(t, costly, 150)
}

// So is any number.
func TestMetadata_anyNumber(t *testing.T) {
	t.Parallel()
	var codes []string
	for code := range regionsByCode() {
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
