package httpapi

import (
	"strings"
	"unicode"

	"github.com/mileusna/useragent"
)

// deviceOf is a User-Agent in words that people know their devices by: "Safari on
// iPhone". It is "" for what says neither, and has nothing in it that a page would
// have to fear.
func deviceOf(userAgent string) string {
	ua := useragent.Parse(userAgent)
	program, on := nameOf(ua.Name), nameOf(ua.Device)
	if len(on) < 2 { // "K" is what Chrome calls every Android
		on = nameOf(ua.OS)
	}
	switch {
	case on == "":
		return program
	case program == "":
		return on
	default:
		return program + " on " + on
	}
}

// nameOf is a text if it can be the name of a program or a device, "" otherwise:
// what the parser makes nothing of it gives back whole.
func nameOf(text string) string {
	const longest = 40
	if len(text) > longest || strings.ContainsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" ._-+()", r)
	}) {
		return ""
	}
	if !strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	return text
}
