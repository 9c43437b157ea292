package message

import (
	"strings"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// The alphabet of short messages (3GPP TS 23.038, 6.2.1). One letter that is not in
// it turns a whole message into UCS-2, of which only 70 letters fit.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "^{}\\[~]|€" // each takes two
)

// What one short message holds (3GPP TS 23.038 and 23.040); a longer one would be sent,
// and paid, as two.
const (
	mostSeptets = 160 // of GSM-7
	mostUnits   = 70  // of UCS-2
)

// Size is how much of one short message a text takes.
type Size struct {
	Alphabet    string // "GSM-7" or "UCS-2"
	Units, Most int
}

// Measure is the size of a text as a short message.
func Measure(text string) Size {
	if n, ok := septets(text); ok {
		return Size{"GSM-7", n, mostSeptets}
	}
	return Size{"UCS-2", len(utf16.Encode([]rune(text))), mostUnits}
}

// septets counts what a text takes, and reports whether GSM-7 can spell it.
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

// gsm7 spells a text in GSM-7 as well as it can: letters lose the accents that it
// has not, and what it has not at all is left out.
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

// plainer are letters that do not come apart into one of GSM-7 and an accent.
var plainer = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "–", "-", "—", "-", "ł", "l", "Ł", "L", "ı", "i", "đ", "d", "Đ", "D")

func writeGSM(b *strings.Builder, r rune) bool {
	letter := plainer.Replace(string(r))
	if _, ok := septets(letter); !ok {
		return false
	}
	b.WriteString(letter)
	return true
}
