package domain_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

// hostileText is text made of the pieces that identifiers stumble over.
func hostileText() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"@", ".", "+", "1", "5551234567", "ada", "example", "com", "A", "xn--", "-", " ", "(", ")", "\t", "\x00", "\xff",
		"\"",
		"_", "phone_", "ü", "u\u0308", "ß", "\u0131", "\u0130", "\u212a", "\u017f", "\u00ad", "\u200d", "\u200b", "\u3002",
		"\uff0e",
		"\uff20", "\uff11", "\u0661", "\u0430", "日本", "אב", "😀", "bcher-kva", "fa-hia", "[127.0.0.1]", "ada@",
		"@example.com", "+1",
	})
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "")
	})
}

func TestParseIdentifier_canonicalFormsAreFixedPoints(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(hostileText(), rapid.String(), spelledEmail(), spelledPhone()).Draw(t, "text")
		requireCanonical(t, text)
	})
}

// requireCanonical checks all that must hold for any text, of a stranger too.
func requireCanonical(t require.TestingT, text string) {
	id, err := domain.ParseIdentifier(text)
	if err != nil {
		require.Zero(t, id, "%q", text)
		require.Equal(t, domain.Invalid, domain.AsError(err).Kind, "%q", text)
		return
	}
	value := id.Value()
	again, err := domain.ParseIdentifier(value)
	require.NoError(t, err, "canonical form %q of %q", value, text)
	require.True(t, again == id, "canonical form %q of %q parses to %q", value, text, again.Value())
	outer, err := domain.ParseIdentifier(" \t" + strings.ToUpper(value) + "\r\n")
	require.NoError(t, err, "%q in capitals", value)
	require.True(t, outer == id, "%q in capitals", value)
	for _, r := range value {
		require.True(t, r > ' ' && r < 0x7f && !unicode.IsUpper(r), "%q in the canonical form %q of %q", r, value, text)
	}
	switch id.Kind() {
	case domain.KindPhone:
		require.Regexp(t, `^\+[1-9][0-9]{6,14}$`, value)
		require.Equal(t, "***"+value[len(value)-4:], id.Masked())
	case domain.KindEmail:
		require.Regexp(t, `^[^@]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+$`, value)
		require.LessOrEqual(t, len(value), 254)
		local, host, _ := strings.Cut(value, "@")
		require.Equal(t, local[:min(2, max(1, len(local)-1))]+"***@"+host, id.Masked())
		requireSameLocalPart(t, text, value)
	default:
		require.Fail(t, "kind", "%q of %q", id.Kind(), text)
	}
}

// requireSameLocalPart checks that a local part is as it was typed but for ASCII
// capitals: no folding has merged it into another person's.
func requireSameLocalPart(t require.TestingT, text, value string) {
	typed, _, _ := strings.Cut(strings.TrimFunc(text, isBlank), "@")
	local, _, _ := strings.Cut(value, "@")
	require.Len(t, local, len(typed), "%q", text)
	for i := range len(typed) {
		c := typed[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		require.Equal(t, c, local[i], "byte %d of the local part of %q", i, text)
	}
}

// isBlank reports whether r is ignored around an identifier.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Variation_Selector,
		unicode.Other_Default_Ignorable_Code_Point)
}

func TestParsePhone_spellingsOfOneNumberMeet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[1-9][0-9]{6,14}`).Draw(t, "digits")
		got, err := domain.ParseIdentifier(spell(t, "+"+digits))
		require.NoError(t, err)
		require.Equal(t, "+"+digits, got.Value())
	})
}

func TestParseEmail_spellingsOfOneAddressMeet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		canonical := parse(t, spelledEmail().Draw(t, "address"))
		local, host, _ := strings.Cut(canonical.Value(), "@")
		host = strings.ReplaceAll(host, ".", rapid.SampledFrom([]string{".", "\u3002", "\uff0e", "\uff61"}).Draw(t, "dot"))
		text := shout(t, local) + "@" + shout(t, host)
		require.Equal(t, canonical, parse(t, text), "%q", text)
	})
}

func TestParsePhone_differentNumbersStayApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.StringMatching(`\+[1-9][0-9]{6,14}`)
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		require.Equal(t, a == b, parse(t, spell(t, a)) == parse(t, spell(t, b)))
	})
}

// spelledPhone is a valid number with separators anywhere.
func spelledPhone() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return spell(t, rapid.StringMatching(`\+[1-9][0-9]{6,14}`).Draw(t, "number"))
	})
}

func spell(t *rapid.T, number string) string {
	separator := rapid.StringOfN(rapid.SampledFrom([]rune(" -()\t\u00a0\u2011\u2013\u202a\u202c\u200b\ufeff")), 0, 3, -1)
	zeros := []rune("0٠０०")
	var b strings.Builder
	for _, digit := range number {
		b.WriteString(separator.Draw(t, "separator"))
		if digit == '+' {
			digit = rapid.SampledFrom([]rune("+＋")).Draw(t, "plus")
		} else {
			digit += rapid.SampledFrom(zeros).Draw(t, "script") - '0'
		}
		b.WriteRune(digit)
	}
	return b.String() + separator.Draw(t, "separator")
}

// spelledEmail is a valid address, often with a domain name that is not ASCII.
func spelledEmail() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		local := rapid.StringMatching("[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\\.[A-Za-z0-9+]{1,10})?").Draw(t, "local")
		label := rapid.StringMatching(`[A-Za-z0-9]{1,10}|[a-züéßñçøœ]{1,10}|[а-яґї]{1,10}|[日本語漢字]{1,6}|[α-ωά]{1,8}`)
		return local + "@" + label.Draw(t, "label") + "." + label.Draw(t, "label") + "." +
			rapid.SampledFrom([]string{"com", "DE", "рф", "xn--p1ai"}).Draw(t, "top")
	})
}

// shout puts some ASCII letters in capitals.
func shout(t *rapid.T, text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' && rapid.Bool().Draw(t, "capital") {
			return r - 'a' + 'A'
		}
		return r
	}, text)
}

// FuzzParseIdentifier starts from the texts in testdata/fuzz.
func FuzzParseIdentifier(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) { requireCanonical(t, text) })
}
