package domain

import "time"

// GroupBy is the dimension of the rows of an analysis; "" makes one row of everything.
type GroupBy string

// The dimensions.
const (
	BySource   GroupBy = "source"
	ByCategory GroupBy = "category"
	ByChannel  GroupBy = "channel"
	ByCampaign GroupBy = "campaign"
	ByCountry  GroupBy = "country"
	ByDay      GroupBy = "day"
)

// Analysis is a query of counts.
type Analysis struct {
	Since   time.Time // zero for no lower bound
	Until   time.Time // exclusive, zero for no upper bound
	GroupBy GroupBy
	Limit   int
	After   *Cursor // the last row of the page before; nil for the first page
}

// Cursor names a row of an analysis by its place in the order: days by the key, other
// groups by the count, the greatest first, and then by the key.
type Cursor struct {
	Count int64
	Key   string // of the group: the id of a source, the name of a category, a day and so on
}

// Group identifies a row of an analysis. Rows by source have the fields of the source
// too; rows by another dimension have the key alone.
type Group struct {
	Key         string // "2026-11-22" for a day; "" for direct, no campaign and no country
	DisplayName string // of a stored source
	Origin      string // of a stored source
	Category    SourceCategory
	Channel     SourceChannel
}

// SourceName is the text of a row by source: also for users without a source, and for
// sources without a registration.
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

// UserCount counts the users of a group.
type UserCount struct {
	Group
	Users int64
}

// FunnelCount is the funnel of a group.
type FunnelCount struct {
	Group
	Funnel
}
