package domain

import "time"

// GroupBy is what an analysis makes one row of; "" makes one row of everything.
type GroupBy string

// What rows can be made of.
const (
	BySource   GroupBy = "source"
	ByCategory GroupBy = "category"
	ByChannel  GroupBy = "channel"
	ByCampaign GroupBy = "campaign"
	ByCountry  GroupBy = "country"
	ByDay      GroupBy = "day"
)

// Analysis says what is to be counted and how.
type Analysis struct {
	Since   time.Time // zero for the beginning
	Until   time.Time // exclusive, zero for now and later
	GroupBy GroupBy
	Limit   int
	After   *Cursor // what the rows before ended with; nil for the first
}

// Cursor names a row of an analysis by what rows are ordered by: days by themselves,
// all others by their count, the greatest first, and then by their key.
type Cursor struct {
	Count int64
	Key   string // of the group: the id of a source, the name of a category, a day ...
}

// Group is what a row of an analysis is about. Only what the analysis is grouped by
// is told, and of a source also what it is called and belongs to.
type Group struct {
	Key         string // "2026-11-22" of a day; "" of direct, of no campaign and of no country
	DisplayName string // of a source that there is
	Origin      string // of the same
	Category    SourceCategory
	Channel     SourceChannel
}

// SourceName is what people read in the row of a source, also of none and of those that
// nobody has registered through.
func (g Group) SourceName() string {
	switch {
	case g.DisplayName != "":
		return g.DisplayName
	case g.Key == SourceOther:
		return otherName
	default:
		return directName
	}
}

// UserCount is how many users first came from somewhere, or on a day.
type UserCount struct {
	Group
	Users int64
}

// FunnelCount is how far the challenges of a group have come.
type FunnelCount struct {
	Group
	Funnel
}
