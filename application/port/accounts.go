package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Accounts administers users. No sign-in depends on it.
//
// The effect of each method must be durable when it returns, even if ctx is cancelled.
type Accounts interface {
	// Find must return the one user that the ref names, with all sessions and sources, disabled or
	// not.
	// The sessions must be in order, the newest first; the source of the registration must come first,
	// then the oldest link.
	Find(ctx context.Context, name AccountRef) (account domain.Account, found bool, err error)

	// List must return the users that match the query, by their ids, at most q.Limit.
	List(ctx context.Context, q AccountQuery) ([]domain.User, error)

	// Promote must make the user of an identifier staff and superuser, and active, and change nothing
	// else of an existing user.
	// Without such a user it must create one with the identifier unverified.
	// An unverified identifier beside another one must not promote its user: it must be reported as
	// ErrUnverified, with nothing changed.
	// It must be one transaction, whatever runs in parallel.
	// A taken username must be reported as ErrUsernameTaken, with nothing changed.
	Promote(ctx context.Context, p Promotion) (user domain.User, isNew bool, err error)

	// SetActive must enable or disable the user, and report whether that changed anything.
	// A disabled user must have no session, and ended sessions must stay ended when the user is
	// enabled again.
	// A parallel sign-in or refresh must leave no session to a disabled user.
	SetActive(ctx context.Context, name AccountRef, active bool) (user domain.User, changed, found bool, err error)

	// Delete must delete the user with every session and every link to a source, and no other user.
	// A later or parallel sign-in with the identifier must create a new user.
	Delete(ctx context.Context, name AccountRef) (found bool, err error)
}

// ErrUnverified refuses a Promotion by an unverified address of a user with another one:
// the two addresses may belong to different people.
var ErrUnverified = &domain.Error{
	Kind: domain.Conflict, Code: "unproved",
	Message: "The user has another address, and has not verified this one, which may belong to another person",
}

// AccountRef names a user by the id or, if that is 0, by an identifier. The zero value
// names no user.
type AccountRef struct {
	ID         int64
	Identifier domain.Identifier
}

// AccountQuery filters users.
type AccountQuery struct {
	AfterID int64  // users with greater ids
	Search  string // "" for all; else part of the e-mail address, phone number, username or name, whatever the case
	Active  *bool  // nil for both
	Staff   *bool  // nil for both
	Limit   int
}

// Promotion names the user to make a superuser.
type Promotion struct {
	Identifier domain.Identifier
	NewUser    NewUser
	Now        time.Time
}
