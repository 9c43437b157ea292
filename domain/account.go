package domain

// Account is everything that is kept of a user under their name.
type Account struct {
	User     User
	Sessions []Session
	Sources  []UserSource
}
