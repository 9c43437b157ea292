package sources

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// How many rows of an analysis are told at once.
const (
	DefaultRows = 100
	MaxRows     = 1000
)

// checked is an analysis with its defaults, if it is one that can be made.
func checked(a domain.Analysis, groups ...domain.GroupBy) (domain.Analysis, error) {
	if a.Limit == 0 {
		a.Limit = DefaultRows
	}
	var wrong []domain.FieldFault
	if a.GroupBy == "" {
		a.GroupBy = groups[0]
	}
	if !slices.Contains(groups, a.GroupBy) {
		wrong = append(wrong, domain.FieldFault{Field: "group_by", Cure: "Must be one of " + list(groups)})
	}
	if a.Limit < 1 || a.Limit > MaxRows {
		wrong = append(wrong, domain.FieldFault{Field: "limit", Cure: fmt.Sprintf("Must be 1 to %d", MaxRows)})
	}
	if !a.Until.IsZero() && !a.Since.Before(a.Until) {
		wrong = append(wrong, domain.FieldFault{Field: "until", Cure: "Must be later than since"})
	}
	return a, refusal(wrong)
}

func list(groups []domain.GroupBy) string {
	var names []string
	for _, g := range groups {
		if g != "" {
			names = append(names, string(g))
		}
	}
	return strings.Join(names, ", ")
}

// refusal is the fault of what is wrong, nil if nothing is.
func refusal(wrong []domain.FieldFault) error {
	if len(wrong) == 0 {
		return nil
	}
	fault := domain.ErrInvalidRequest.In(wrong[0].Field)
	fault.Cure, fault.Others = wrong[0].Cure, wrong[1:]
	return fault
}

// paged cuts rows, of which there is one more than was asked for if more are to come,
// to the page, and tells what the next one comes after.
func paged[R any](rows []R, limit int, mark func(R) domain.Cursor) (page []R, next *domain.Cursor) {
	if len(rows) <= limit {
		return rows, nil
	}
	last := mark(rows[limit-1])
	return rows[:limit], &last
}

// dayOf is the beginning of a time's day (UTC).
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
