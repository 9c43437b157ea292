package domain

// Cohort is what a challenge counts under in the funnel. It names nobody.
type Cohort struct {
	SourceID string // "" for none
	Category SourceCategory
	Channel  SourceChannel
	Country  string // ISO 3166-1 of the recipient's phone number, "" for none
}

// Funnel is how far challenges have come: each counts in every stage that it has
// reached. Whoever has verified has been sent the code and was delivered it, whatever
// providers have told.
type Funnel struct {
	Requested  int64
	Sent       int64
	Delivered  int64
	Verified   int64
	Registered int64
}

// SourceOther stands in the funnel for every source that nobody has registered
// through yet: strangers can think up any number of those.
const SourceOther = "other"
