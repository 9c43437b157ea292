package domain

// Cohort is the group of a challenge in the funnel. It has no personal data.
type Cohort struct {
	SourceID string // "" for none
	Category SourceCategory
	Channel  SourceChannel
	Country  string // ISO 3166-1 of the recipient's phone number, "" for none
}

// Funnel counts challenges by stage: each challenge counts in every stage that it has
// reached. A verified code counts as sent and delivered, whatever providers have
// reported.
type Funnel struct {
	Requested  int64
	Sent       int64
	Delivered  int64
	Verified   int64
	Registered int64
}

// SourceOther is the group of all sources without a registration: clients can invent any
// number of those.
const SourceOther = "other"
