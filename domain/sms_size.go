package domain

import (
	"strings"
	"unicode/utf16"
)

// The GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1). One character outside of it
// makes the whole message UCS-2, with 70 characters at most.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡" +
		"ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtension = "^{}\\[~]|€" // two septets each
)

// Alphabet is how an SMS is encoded.
type Alphabet string

// The alphabets of an SMS.
const (
	GSM7 Alphabet = "GSM-7"
	UCS2 Alphabet = "UCS-2"
)

// Capacity of one segment (3GPP TS 23.038 and 23.040). A longer text is sent, and billed,
// as several.
const (
	maxSeptets = 160 // of GSM-7
	maxUnits   = 70  // of UCS-2
)

// SMSSize is the size of a text as an SMS, and the capacity of one segment, in septets or
// UTF-16 units.
type SMSSize struct {
	Alphabet    Alphabet
	Units, Most int
}

// MeasureSMS returns the alphabet that a text needs as an SMS, and its size.
func MeasureSMS(text string) SMSSize {
	septets := 0
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			septets++
		case strings.ContainsRune(gsmExtension, r):
			septets += 2
		default:
			return SMSSize{UCS2, len(utf16.Encode([]rune(text))), maxUnits}
		}
	}
	return SMSSize{GSM7, septets, maxSeptets}
}
