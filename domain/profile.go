package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxNameRunes is the longest name, company or position, in characters.
const MaxNameRunes = 150

// Profile is the part of a user that the user may change.
type Profile struct {
	FirstName string
	LastName  string
	Company   string
	Position  string
}

// FullName is the first and the last name, "" without names.
func (p Profile) FullName() string {
	return strings.TrimSpace(p.FirstName + " " + p.LastName)
}

// ProfileChange is a partial update of a profile; nil leaves a field as it is.
type ProfileChange struct {
	FirstName *string
	LastName  *string
	Company   *string
	Position  *string
}

// Clean trims every text and refuses text that is too long or has control characters.
// The fault names every such member.
func (c ProfileChange) Clean() (ProfileChange, error) {
	var wrong []FieldFault
	for _, text := range []struct {
		field string
		value **string
	}{
		{"first_name", &c.FirstName},
		{"last_name", &c.LastName},
		{"profile/company", &c.Company},
		{"profile/position", &c.Position},
	} {
		if *text.value == nil {
			continue
		}
		clean := strings.TrimSpace(**text.value)
		if !validName(clean) {
			wrong = append(wrong, FieldFault{text.field, "Must be at most 150 characters without control characters"})
		}
		*text.value = &clean
	}
	if len(wrong) > 0 {
		fault := ErrInvalidRequest.In(wrong[0].Field)
		fault.Cure, fault.Others = wrong[0].Cure, wrong[1:]
		return ProfileChange{}, fault
	}
	return c, nil
}

// validName refuses control and bidirectional formatting characters, which change how the
// text around them reads.
func validName(text string) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= MaxNameRunes &&
		!strings.ContainsFunc(text, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
		})
}
