package domain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestProfile_FullName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ first, last, want string }{
		{"Ada", "Lovelace", "Ada Lovelace"},
		{"Ada", "", "Ada"},
		{"", "Lovelace", "Lovelace"},
		{"", "", ""},
	} {
		require.Equal(t, tt.want, domain.Profile{FirstName: tt.first, LastName: tt.last}.FullName())
	}
}

func TestProfileChange_Clean_keepsNames(t *testing.T) {
	t.Parallel()
	longest := strings.Repeat("é", domain.MaxNameRunes)
	for text, want := range map[string]string{
		"Ada":                 "Ada",
		" \t Ada Lovelace \n": "Ada Lovelace",
		"":                    "",
		"   ":                 "",
		"Ölçün":               "Ölçün",
		"李小龍":                 "李小龍",
		"O'Brien <b>&amp;":    "O'Brien <b>&amp;", // pages escape it
		"नि\u200dखिल":         "नि\u200dखिल",      // joiners belong to some scripts
		"👩\u200d🚀":            "👩\u200d🚀",
		longest:               longest,
		" " + longest + " ":   longest,
	} {
		given := text
		change, err := domain.ProfileChange{FirstName: &given}.Clean()
		require.NoError(t, err, "%q", text)
		require.Equal(t, want, *change.FirstName)
		require.Equal(t, text, given, "the caller's own text stays")
		require.Nil(t, change.LastName)
		require.Nil(t, change.Company)
		require.Nil(t, change.Position)
	}
}

func TestProfileChange_Clean_namesTheMember(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		strings.Repeat("é", domain.MaxNameRunes+1), "A\x00da", "A\nda", "A\tda", "A\x1b[31mda", "A\u0085da", "A\x7fda",
		"A\u2028da", "A\u2029da",
		"A\u202eda", "A\u2066da", "A\u200fda", "A\xffda",
	} {
		for field, change := range map[string]domain.ProfileChange{
			"first_name":       {FirstName: &text},
			"last_name":        {LastName: &text},
			"profile/company":  {Company: &text},
			"profile/position": {Position: &text},
		} {
			got, err := change.Clean()
			require.ErrorIs(t, err, domain.ErrInvalidRequest, "%q", text)
			fault := domain.AsError(err)
			require.Equal(t, field, fault.Field, "%q", text)
			require.NotEmpty(t, fault.Cure)
			require.Zero(t, got)
		}
	}
	require.Empty(t, domain.ErrInvalidRequest.Field)
}

func TestProfileChange_Clean_namesAllMembersAtOnce(t *testing.T) {
	t.Parallel()
	good, long, control := "Ada", strings.Repeat("é", domain.MaxNameRunes+1), "A\x00da"
	got, err := domain.ProfileChange{FirstName: &long, LastName: &good, Company: &control, Position: &long}.Clean()
	require.ErrorIs(t, err, domain.ErrInvalidRequest)
	var fields []string
	for _, wrong := range domain.AsError(err).Fields() {
		fields = append(fields, wrong.Field)
		require.NotEmpty(t, wrong.Cure, wrong.Field)
	}
	require.Equal(t, []string{"first_name", "profile/company", "profile/position"}, fields)
	require.Zero(t, got)
	require.Empty(t, domain.ErrInvalidRequest.Fields(), "the fault that all share stays")
}

func TestProfileChange_Clean_all(t *testing.T) {
	t.Parallel()
	first, last, company, position := " Ada ", " Lovelace ", " Analytical ", " Engineer "
	change, err := domain.ProfileChange{FirstName: &first, LastName: &last, Company: &company, Position: &position}.Clean()
	require.NoError(t, err)
	require.Equal(t, []string{"Ada", "Lovelace", "Analytical", "Engineer"},
		[]string{*change.FirstName, *change.LastName, *change.Company, *change.Position})

	none, err := domain.ProfileChange{}.Clean()
	require.NoError(t, err)
	require.Zero(t, none)
}
