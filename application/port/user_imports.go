package port

import (
	"context"
	"iter"

	"github.com/doorcode-auth/doorcode/domain"
)

// UserImports takes over people of another product, beside those who sign in. Users
// whom an import finds or makes belong to it from then on: nobody who comes later in
// the stream is taken for one of them.
type UserImports interface {
	// Import must take over everybody of the stream or nobody: when the stream fails, so does the import, with nothing done.
	// Somebody whose addresses nobody has must become a user with all that is told of them, under their number and username if these are free.
	// Whoever has the address already must be kept as they are, but for names that they have not and sources that they are not linked to, none of which is their first.
	// None of these must come to them unless an address is proved both in the stream and here, and what is withheld must be told.
	// An unproved address beside a proved one, or an unproved phone number beside any e-mail address, must find nobody: it must be left to the user who has it.
	// Somebody whose two addresses two users have must be left out.
	// An address of somebody earlier in the stream must be left to them; who has no other must be left out.
	// The same stream again must change nothing.
	// Whoever signs in for the first time afterwards must get a number above MaxID.
	// A dry run must tell what an import would, and leave no user and no source behind.
	// It must not hold the stream: what was told of somebody is told before the next one is taken.
	Import(ctx context.Context, in UserImport) error
}

// UserImport is a stream of people and how to take them over.
type UserImport struct {
	Users      iter.Seq2[ImportUser, error]
	MaxID      int64                          // the greatest of their numbers, at most MaxUserID
	Username   func(domain.Identifier) string // makes a username for whom theirs is taken
	OnImported func(ImportedUser)             // hears of each, in the order of the stream
	DryRun     bool
}

// ImportUser is somebody as they are to be stored. They have an e-mail address, a phone
// number or both, and at most one first source.
type ImportUser struct {
	domain.User // under this ID if it is free; 0 for any
	Sources     []domain.UserSource
}

// ImportOutcome is what became of somebody.
type ImportOutcome string

// The fates.
const (
	ImportAdded     ImportOutcome = "added"
	ImportCompleted ImportOutcome = "completed" // was there, and has something more now
	ImportUnchanged ImportOutcome = "unchanged" // was there, with everything
	ImportSkipped   ImportOutcome = "left_out"
)

// ImportedUser is what became of somebody, and why not more.
type ImportedUser struct {
	Outcome         ImportOutcome
	User            domain.User // as stored now; zero if left out
	Linked          int         // sources that were linked
	EmailOwner      int64       // the user who has, or has claimed, the e-mail address instead; 0 if nobody
	PhoneOwner      int64       // the user who has, or has claimed, the phone number instead; 0 if nobody
	Withheld        bool        // names or sources are not theirs yet, since no address is proved on both sides
	IDChanged       bool        // the number was taken or none
	UsernameChanged bool        // the username was taken or none
}
