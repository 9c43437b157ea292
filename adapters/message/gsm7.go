package message

import (
	"strings"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// The GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1). One character outside of it
// makes the whole message UCS-2, with 70 characters at most.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "^{}\\[~]|€" // two septets each
)

// Capacity of one segment (3GPP TS 23.038 and 23.040). A longer text is sent, and billed,
// as several.
const (
	maxSeptets = 160 // of GSM-7
	maxUnits   = 70  // of UCS-2
)

// Size is the size of a text and the capacity of one segment, in septets or UTF-16 units.
type Size struct {
	Alphabet    string // "GSM-7" or "UCS-2"
	Units, Most int
}

// Measure returns the size of a text as an SMS.
func Measure(text string) Size {
	if n, ok := septets(text); ok {
		return Size{"GSM-7", n, maxSeptets}
	}
	return Size{"UCS-2", len(utf16.Encode([]rune(text))), maxUnits}
}

// septets counts the septets of a text; ok is false if it is not GSM-7.
func septets(text string) (n int, ok bool) {
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			n++
		case strings.ContainsRune(gsmExtension, r):
			n += 2
		default:
			return 0, false
		}
	}
	return n, true
}

// gsm7 transliterates a text to GSM-7: unsupported accents and characters are dropped.
func gsm7(text string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(text) {
		if !writeGSM(&b, r) {
			for _, part := range norm.NFKD.String(string(r)) {
				writeGSM(&b, part)
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// transliteration replaces characters that do not decompose into GSM-7.
var transliteration = strings.NewReplacer(
	"‘", "'", "’", "'", "“", `"`, "”", `"`, "–", "-", "—", "-", "ł", "l", "Ł", "L", "ı", "i", "đ", "d", "Đ", "D",
)

func writeGSM(b *strings.Builder, r rune) bool {
	letter := transliteration.Replace(string(r))
	if _, ok := septets(letter); !ok {
		return false
	}
	b.WriteString(letter)
	return true
}
