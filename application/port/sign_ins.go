package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// SignIns exchanges proofs for sessions.
type SignIns interface {
	// Complete consumes the challenge of a proof, finds or creates the user, links the
	// source and opens the session, in one transaction.
	//
	// It must consume a challenge only while it is active, if its purpose is sign-in and its recipient
	// is the proof's, and change nothing otherwise.
	// Of any number of parallel proofs of one challenge exactly one must be consumed.
	// A recipient without a user must get exactly one, whatever runs in parallel.
	// An existing user must keep id, name and first source.
	// The source of a sign-in must be linked, as the first one exactly when the user is new, and each
	// source of a user once.
	// The identifier must become verified, and the last login must be the time of the sign-in.
	// With KeepLastLogin the last login must stay as it was: none for a new user.
	// The challenge of a disabled user must be consumed without session and source, and the user must
	// stay as it was.
	// A taken username must be reported as ErrUsernameTaken, with nothing consumed.
	// Its effect must be durable when it returns, even if ctx is cancelled.
	Complete(ctx context.Context, s SignIn) (SignInResult, error)
}

// ErrUsernameTaken means that the caller has to retry with another username.
var ErrUsernameTaken = &domain.Error{Kind: domain.Conflict, Code: "username_taken", Message: "The username is taken"}

// SignIn is a proof and the rows to store with it.
type SignIn struct {
	Proof   domain.Proof
	Now     time.Time
	NewUser NewUser
	Source  domain.RegistrationSource // zero if unknown
	Session domain.Session            // without UserID; made at Now

	// KeepLastLogin leaves the last login as it is. Defaults to setting it to Now.
	KeepLastLogin bool
}

// NewUser has the fields of a user to create, if there is none.
type NewUser struct {
	UUID     string
	Username string
}

// SignInResult is the result of a sign-in.
type SignInResult struct {
	Consumed bool // false: the challenge was not active; the rest is empty
	User     domain.User
	IsNew    bool
}
