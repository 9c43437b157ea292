package port

import (
	"context"
	"iter"

	"github.com/doorcode-auth/doorcode/domain"
)

// UserImports imports users of another product, beside running sign-ins. A user that an
// import has matched or added is matched only once: no later user of the stream is.
type UserImports interface {
	// Import must import all users of the stream or none: when the stream fails, it must fail with
	// nothing changed.
	// A user with free addresses must be added with every field, under the given id and username if
	// these are free.
	// An existing user of the address must be kept, except that empty names are filled in and missing
	// sources are linked, never as the first one.
	// These must be withheld unless an address is verified both in the stream and here, and the result
	// must say so.
	// An unverified address beside a verified one, or an unverified phone number beside any e-mail
	// address, must match no user: it must stay with the user that has it.
	// A user with two addresses of two existing users must be skipped.
	// An address of an earlier user of the stream must stay with that one; a user without another
	// address must be skipped.
	// The same stream again must change nothing.
	// A user that signs in for the first time afterwards must get an id above MaxID.
	// A dry run must report the same results, and leave no user and no source.
	// It must not buffer the stream, so that OnImported is called for a user before the next one is
	// read.
	Import(ctx context.Context, in UserImport) error
}

// UserImport is a stream of users and the options of its import.
type UserImport struct {
	Users      iter.Seq2[ImportUser, error]
	MaxID      int64                          // the greatest id in the stream, at most MaxUserID
	Username   func(domain.Identifier) string // makes a username when the given one is taken
	OnImported func(ImportedUser)             // is called for each user, in the order of the stream
	DryRun     bool
}

// ImportUser is a user to store. It has an e-mail address, a phone number or both, and at
// most one first source.
type ImportUser struct {
	domain.User // with this ID if it is free; 0 for any
	Sources     []domain.UserSource
}

// ImportOutcome is the outcome for one user.
type ImportOutcome string

// The outcomes.
const (
	ImportAdded     ImportOutcome = "added"
	ImportCompleted ImportOutcome = "completed" // existed, and has more now
	ImportUnchanged ImportOutcome = "unchanged" // existed, with everything
	ImportSkipped   ImportOutcome = "left_out"
)

// ImportedUser is the result for one user.
type ImportedUser struct {
	Outcome         ImportOutcome
	User            domain.User // as stored now; zero if skipped
	Linked          int         // number of sources linked
	EmailOwner      int64       // the id of the user that has the e-mail address instead; 0 for none
	PhoneOwner      int64       // the id of the user that has the phone number instead; 0 for none
	Withheld        bool        // names or sources were withheld: no address is verified on both sides
	IDChanged       bool        // the given id was taken or 0
	UsernameChanged bool        // the given username was taken or ""
}
