package phonenumbers

import (
	"fmt"
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

func TestPolicy_Canonical(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+44 (0)7400 123456":   "+447400123456",
		"+44 0 20 7946 0958":   "+442079460958",
		"+49 (0)170 1234567":   "+491701234567",
		"+33 (0)6 12 34 56 78": "+33612345678", "+33 0 6 12 34 56 78": "+33612345678",
		"+61 0412 345 678": "+61412345678", "+61 (0)412 345 678": "+61412345678",
		"+7 8 916 123 45 67":                  "+79161234567",
		"+52 1 55 1234 5678":                  "+525512345678",
		"+1 1 212 555 0123":                   "+12125550123",
		"+36 06 20 123 4567":                  "+36201234567",
		"+375 8 029 491 11 11":                "+375294911111",
		"+370 8 612 34567":                    "+37061234567",
		"+44 (0)909 8790123":                  "+449098790123", // premium
		"+39 06 698 12345":                    "+390669812345", // the zero belongs to the number
		"+39 312 345 6789":                    "+393123456789",
		"+225 01 23 45 67 89":                 "+2250123456789",
		"+242 06 123 4567":                    "+242061234567",
		"+378 0549 886377":                    "+3780549886377",
		"+7 800 123 45 67":                    "+78001234567", // and this 8
		"+44 7400 123456":                     "+447400123456",
		"+44 (0)7700 900123":                  "+4407700900123", // fiction, of which the metadata has nothing
		"+49 00000000000":                     "+4900000000000",
		"+44 (0)0 7400 123456":                "+44007400123456", // two prefixes
		"+99999999":                           "+99999999",
		"+881612345678":                       "+881612345678",
		"+15551234567":                        "+15551234567",
		"Ada@Example.com":                     "ada@example.com",
		"\u202a+44 (0)7400\u00a0123456\u202c": "+447400123456",
	} {
		id, err := domain.ParseIdentifier(text)
		require.NoError(t, err, text)
		require.Equal(t, want, (&Policy{}).Canonical(id).Value(), text)
	}
	require.Zero(t, (&Policy{}).Canonical(domain.Identifier{}))
}

// exampleTypes are the types of the table of examples.
var exampleTypes = map[string]library.PhoneNumberType{
	"fixed_line": library.FIXED_LINE, "mobile": library.MOBILE, "toll_free": library.TOLL_FREE,
	"premium_rate": library.PREMIUM_RATE, "shared_cost": library.SHARED_COST, "voip": library.VOIP,
	"personal": library.PERSONAL_NUMBER, "pager": library.PAGER, "uan": library.UAN, "voicemail": library.VOICEMAIL,
}

const examplesHeader = `# Example numbers of libphonenumber (Google, Apache License 2.0): region, type, number.
# go test ./adapters/phonenumbers -update writes them from github.com/nyaruka/phonenumbers.
`

// exampleTable is the table of the examples of all regions and types.
func exampleTable(t *testing.T) string {
	t.Helper()
	var lines []string
	for code, plan := range plans() {
		if plan.regions[0].name == noCountry {
			number, err := strconv.Atoi(code)
			require.NoError(t, err)
			example := library.GetExampleNumberForNonGeoEntity(number)
			lines = append(lines, fmt.Sprintf("001\t%s\t%s\n", typeName(example), library.Format(example, library.E164)))
			continue
		}
		for _, r := range plan.regions {
			for name, kind := range exampleTypes {
				if example := library.GetExampleNumberForType(r.name, kind); example != nil {
					lines = append(lines, fmt.Sprintf("%s\t%s\t%s\n", r.name, name, library.Format(example, library.E164)))
				}
			}
		}
	}
	slices.Sort(lines)
	return examplesHeader + strings.Join(lines, "")
}

func typeName(number *library.PhoneNumber) string {
	for name, kind := range exampleTypes {
		if library.GetNumberType(number) == kind {
			return name
		}
	}
	return "fixed_line" // or mobile, which the library does not tell apart
}

// Every example is canonical and served, unless it is premium-rate or shared-cost, and
// meets its spelling with a trunk prefix.
func TestPolicy_examples(t *testing.T) {
	t.Parallel()
	const path = "testdata/examples.tsv"
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(exampleTable(t)), 0o644))
	}
	table, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, exampleTable(t) == string(table),
		"the library has other examples: go test ./adapters/phonenumbers -update")
	p, err := New(Config{})
	require.NoError(t, err)
	rows, dropped := 0, 0
	for line := range strings.Lines(strings.TrimPrefix(string(table), examplesHeader)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		number := cells[2]
		id, err := domain.ParsePhone(number)
		if err != nil {
			require.Less(t, len(number), len("+1234567"), line) // shorter than E.164 numbers that are ours
			continue
		}
		rows++
		require.Equal(t, number, id.Value(), line)
		require.Equal(t, id, p.Canonical(id), line)
		refused := cells[1] == "premium_rate" || cells[1] == "shared_cost"
		require.Equal(t, refused, p.Check(id) != nil, line)
		code, rest, plan := split(number)
		for _, prefix := range plan.prefixes {
			spelled, err := domain.ParsePhone("+" + code + "(" + prefix + ")" + rest)
			if err != nil || plan.knows(prefix+rest) {
				continue // too long, or another number
			}
			dropped++
			require.Equal(t, id, p.Canonical(spelled), "%s of %s", spelled.Value(), line)
			require.Equal(t, refused, p.Check(spelled) != nil, "%s of %s", spelled.Value(), line)
		}
	}
	require.Greater(t, rows, 1100)
	require.Greater(t, dropped, 700)
}

// requireCanonical checks what must hold for any number: the library decides whether a
// trunk prefix is dropped, and nothing else changes.
func requireCanonical(t require.TestingT, id domain.Identifier) {
	p := &Policy{}
	got := p.Canonical(id)
	require.Equal(t, got, p.Canonical(got), "canonical form of %q", id.Value())
	if got == id {
		return
	}
	code, rest, plan := split(id.Value())
	prefix, ok := strings.CutSuffix(rest, strings.TrimPrefix(got.Value(), "+"+code))
	require.True(t, ok && slices.Contains(plan.prefixes, prefix), "%s became %s", id.Value(), got.Value())
	_, before, known := ask(id.Value())
	require.False(t, known && before != library.UNKNOWN, id.Value())
	_, after, known := ask(got.Value())
	require.True(t, known && after != library.UNKNOWN, got.Value())
}

func TestPolicy_Canonical_anyNumber(t *testing.T) {
	t.Parallel()
	var codes []string
	for code := range plans() {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom(codes).Draw(t, "code")
		prefixes := append([]string{"", "0", "1", "8"}, plans()[code].prefixes...)
		prefix := rapid.SampledFrom(prefixes).Draw(t, "prefix")
		id, err := domain.ParsePhone("+" + code + prefix + rapid.StringMatching(`[0-9]{4,11}`).Draw(t, "rest"))
		if err == nil {
			requireCanonical(t, id)
		}
	})
}

// FuzzPolicy_Canonical: no text panics, and canonical forms are fixed points of parsing.
func FuzzPolicy_Canonical(f *testing.F) {
	for _, text := range []string{
		"+44 (0)7400 123456", "+52 1 55 1234 5678", "+7 8 916 1234567", "+3906698", "+375 80 29 4911111", "ada@example.com",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := domain.ParseIdentifier(text)
		if err != nil {
			return
		}
		canonical := (&Policy{}).Canonical(id)
		again, err := domain.ParseIdentifier(canonical.Value())
		require.NoError(t, err, "%q", text)
		require.Equal(t, canonical, (&Policy{}).Canonical(again), "%q", text)
		if id.Kind() == domain.KindPhone {
			requireCanonical(t, id)
		}
	})
}

func BenchmarkPolicy_Canonical(b *testing.B) {
	for name, text := range map[string]string{
		"ordinary": "+447400123456", "trunk_prefix": "+4407400123456", "email": "ada@example.com",
	} {
		id, err := domain.ParseIdentifier(text)
		require.NoError(b, err)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = (&Policy{}).Canonical(id)
			}
		})
	}
}
