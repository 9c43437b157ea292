package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// Accounts is what operators do with users. Nothing of it is on the way of a sign-in.
//
// What any of it has done must be durable when it returns, whatever becomes of ctx.
type Accounts interface {
	// Find must find the one user whom the name names, with all of their sessions and sources, disabled or not.
	// The sessions must be in order, the last one made first; of the sources the first registration comes first, then the oldest link.
	Find(ctx context.Context, name AccountRef) (account domain.Account, found bool, err error)

	// List must return the users whom the query asks for, by their ids, at most q.Limit of them.
	List(ctx context.Context, q AccountQuery) ([]domain.User, error)

	// Promote must make the user of an identifier staff and superuser, and active, and change nothing else of somebody who exists.
	// Without such a user it must make one whose identifier is not verified.
	// Whoever has another identifier beside one that is not verified must not be promoted by that: it must be reported as ErrUnverified, with nothing done.
	// All of it must be one atomic act, whatever runs in parallel.
	// A taken username must be reported as ErrUsernameTaken, with nothing done.
	Promote(ctx context.Context, p Promotion) (user domain.User, isNew bool, err error)

	// SetActive must enable or disable the user, and tell whether that changed anything.
	// Whoever is disabled must have no session any more, and those sessions must stay ended when they are enabled again.
	// A sign-in or a refresh that runs in parallel must leave no session to somebody who is disabled.
	SetActive(ctx context.Context, name AccountRef, active bool) (user domain.User, changed, found bool, err error)

	// Delete must remove the user with every session and every link to a source, and nobody else.
	// What the identifier proves later must be a new user, also if it is proved in parallel.
	Delete(ctx context.Context, name AccountRef) (found bool, err error)
}

// ErrUnverified refuses a Promotion by an address that its user has not proved, while
// another opens the account: those two may be different people.
var ErrUnverified = &domain.Error{
	Kind: domain.Conflict, Code: "unproved",
	Message: "The user has not proved this address and has another one, which may be somebody else's",
}

// AccountRef names a user by the number or, if that is 0, by an identifier. Without
// both it names nobody.
type AccountRef struct {
	ID         int64
	Identifier domain.Identifier
}

// AccountQuery says which users to list.
type AccountQuery struct {
	AfterID int64  // those with greater ids
	Search  string // "" for all; else part of the e-mail address, phone number, username or name, whatever the case
	Active  *bool  // nil for both
	Staff   *bool  // nil for both
	Limit   int
}

// Promotion makes a superuser.
type Promotion struct {
	Identifier domain.Identifier
	NewUser    NewUser
	Now        time.Time
}
