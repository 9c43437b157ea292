package sources

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Bounds of a page of an analysis, in rows.
const (
	DefaultRows = 100
	MaxRows     = 1000
)

// validate fills in the defaults of an analysis, and refuses an invalid one.
func validate(a domain.Analysis, groups ...domain.GroupBy) (domain.Analysis, error) {
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

// refusal is the fault of invalid members, nil without one.
func refusal(wrong []domain.FieldFault) error {
	if len(wrong) == 0 {
		return nil
	}
	fault := domain.ErrInvalidRequest.In(wrong[0].Field)
	fault.Cure, fault.Others = wrong[0].Cure, wrong[1:]
	return fault
}

// page counts the rows of a page of an analysis. It counts one more than the limit to know
// whether there is a next page; next is its cursor.
func page[R any](
	ctx context.Context, a domain.Analysis, count func(context.Context, domain.Analysis) ([]R, error),
	cursor func(R) domain.Cursor,
) (rows []R, next *domain.Cursor, err error) {
	limit := a.Limit
	a.Limit++
	rows, err = count(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	if len(rows) <= limit {
		return rows, nil, nil
	}
	last := cursor(rows[limit-1])
	return rows[:limit], &last, nil
}

// dayOf is the start of the day (UTC) of a time.
func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
