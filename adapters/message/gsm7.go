package message

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/doorcode-auth/doorcode/domain"
)

// isGSM7 reports whether a text needs no more than the GSM 7-bit default alphabet.
func isGSM7(text string) bool { return domain.MeasureSMS(text).Alphabet == domain.GSM7 }

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
	if !isGSM7(letter) {
		return false
	}
	b.WriteString(letter)
	return true
}
