package settings

import (
	"slices"
	"strconv"
	"strings"
)

// Mistake is one thing that is wrong with a configuration.
type Mistake struct {
	Key     string `json:"key"`              // "otp.length", or what stands for one
	Origin  string `json:"origin,omitempty"` // where the value was set
	Value   string `json:"value,omitempty"`  // what was refused, where it may be shown
	Problem string `json:"problem"`          // never with the value
	Cure    string `json:"cure"`
}

// String is the mistake on one line: key, problem, value, origin, cure.
func (m Mistake) String() string {
	text := m.Key + ": " + m.Problem
	if m.Value != "" {
		text += ": " + strconv.Quote(m.Value)
	}
	if m.Origin != "" {
		text += " (" + m.Origin + ")"
	}
	return text + ": " + m.Cure
}

// Mistakes are all that is wrong with a configuration, as an error.
type Mistakes []Mistake

// Error lists the mistakes, one a line.
func (ms Mistakes) Error() string {
	lines := make([]string, 0, len(ms)+1)
	lines = append(lines, "the configuration has mistakes:")
	for _, m := range ms {
		lines = append(lines, "  "+m.String())
	}
	return strings.Join(lines, "\n")
}

// About reports whether one of the mistakes is about key.
func (ms Mistakes) About(key string) bool {
	return slices.ContainsFunc(ms, func(m Mistake) bool { return m.Key == key })
}

// OrNil is the mistakes as an error, nil if there are none.
func (ms Mistakes) OrNil() error {
	if len(ms) == 0 {
		return nil
	}
	return ms
}

// Cure is an error of a type that reads itself from text. It says what a good
// value looks like; other errors of such types are not shown, for they may quote
// the value.
type Cure string

// Error is the cure.
func (c Cure) Error() string { return string(c) }
