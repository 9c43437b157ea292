package domain

import (
	"strings"
	"unicode"
)

// CleanCode returns a code without what people type and paste around and between its
// digits: white space, dashes and invisible marks. Decimal digits of any script become
// ASCII digits. Other characters stay, so that the result is no code.
func CleanCode(text string) string { return strings.Map(plainDigit, text) }

// trimText trims white space and invisible marks around text.
func trimText(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || isInvisible(r) })
}

// plainDigit maps white space, dashes and invisible marks to nothing, and decimal digits
// to ASCII. It is a mapping of strings.Map.
func plainDigit(r rune) rune {
	switch {
	case r >= '0' && r <= '9':
		return r
	case r == '-' || unicode.IsSpace(r):
		return -1
	case r < unicode.MaxASCII:
		return r
	case unicode.Is(unicode.Dash, r) || isInvisible(r):
		return -1
	default:
		return asciiDigit(r)
	}
}

// isInvisible reports whether a character has no glyph of its own: zero-width characters,
// direction marks, the byte order mark, the soft hyphen, variation selectors.
func isInvisible(r rune) bool {
	return r >= firstInvisible && !unicode.Is(unicode.Prepended_Concatenation_Mark, r) &&
		unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

const firstInvisible = '\u00ad' // the soft hyphen

// asciiDigit converts a decimal digit of any script to ASCII. The decimal digits of
// Unicode are in ranges of tens that begin with a zero.
func asciiDigit(r rune) rune {
	if !unicode.Is(unicode.Nd, r) {
		return r
	}
	for _, digits := range unicode.Nd.R16 {
		if lo := rune(digits.Lo); r >= lo && r <= rune(digits.Hi) {
			return '0' + (r-lo)%10
		}
	}
	for _, digits := range unicode.Nd.R32 {
		if lo := rune(digits.Lo); r >= lo && r <= rune(digits.Hi) {
			return '0' + (r-lo)%10
		}
	}
	return r
}
