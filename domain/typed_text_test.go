package domain_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestCleanCode(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"123456", "123 456", " 123456", "    123456", "123-456", "123456\n", "\t123456\r\n", "1 2 3 4 5 6",
		"123\u00a0456", "\u00a0123456\u00a0", "123\u2011456", "123\u2013456", "123\u2212456", "123\u202f456",
		"\u200b123456", "123\u200b456", "\u200e123456", "\u202a123456\u202c", "\ufeff123456", "123\u00ad456",
		"\u2066123456\u2069", "\u061c123456", "١٢٣٤٥٦", "۱۲۳۴۵۶", "１２３４５６", "１２３　４５６", "१२३४५६", "𝟏𝟐𝟑𝟜𝟝𝟞",
	} {
		require.Equal(t, "123456", domain.CleanCode(text), "%q", text)
	}
	for _, text := range []string{
		"", " ", "123456.", "G-123456", "①②③④⑤⑥", "¹²³⁴⁵⁶", "12345O", "一二三四五六", "123456\x00", "\xff123456",
		"1\u03012345", "\u0600123456", "123,456", "123/456", "0x1e240",
	} {
		require.NotRegexp(t, `^[0-9]+$`, domain.CleanCode(text), "%q", text)
	}
}

// The conversion of digits relies on how the tables of Unicode are laid out.
func TestCleanCode_decimalDigitsOfAnyScript(t *testing.T) {
	t.Parallel()
	digits := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		clean := domain.CleanCode(string(r))
		if !unicode.Is(unicode.Nd, r) {
			require.False(t, len(clean) == 1 && clean[0] >= '0' && clean[0] <= '9', "%U", r)
			continue
		}
		require.Equal(t, string(rune('0'+digits%10)), clean, "%U", r)
		digits++
	}
	require.Greater(t, digits, 600)
}

func TestCleanCode_isIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(hostileText(), rapid.String()).Draw(t, "text")
		clean := domain.CleanCode(text)
		require.Equal(t, clean, domain.CleanCode(clean), "%q", text)
	})
}

// FuzzCleanCode: the result of any text has no decoration left.
func FuzzCleanCode(f *testing.F) {
	for _, text := range []string{"123 456", "١٢٣٤٥٦", "\ufeff１２３-４５６\n", "\xff", "\u00ad", "G-123456"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		clean := domain.CleanCode(text)
		require.Equal(t, clean, domain.CleanCode(clean), "%q", text)
		require.False(t, strings.ContainsFunc(clean, unicode.IsSpace), "%q", text)
	})
}
