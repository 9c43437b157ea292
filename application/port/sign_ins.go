package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// SignIns turns proofs into sessions.
type SignIns interface {
	// Complete consumes the challenge of a proof, finds or makes the user, links
	// the source and opens the session: one atomic act.
	//
	// It must consume a challenge only while it is active, if it was made to sign in and for the recipient of the proof, and change nothing otherwise.
	// Of any number of parallel proofs of one challenge exactly one must be consumed.
	// A recipient without a user must become one user, whatever runs in parallel.
	// A user who exists must keep id, name and first source.
	// The source of a sign-in must be linked, as the first one exactly when the user is new, and each source of a user once.
	// The identifier must become verified, and the last login must be the time of the sign-in.
	// With KeepLastLogin the last login must stay as it was: none, for a new user.
	// The challenge of a disabled user must be consumed without a session and a source, and the user must stay as it was.
	// A taken username must be reported as ErrUsernameTaken, with nothing consumed.
	// What it did must be durable when it returns, whatever becomes of ctx.
	Complete(ctx context.Context, s SignIn) (SignInResult, error)
}

// ErrUsernameTaken asks the caller of SignIns.Complete for another username.
var ErrUsernameTaken = &domain.Error{Kind: domain.Conflict, Code: "username_taken", Message: "The username is taken"}

// SignIn is a proof and what is to be stored with it.
type SignIn struct {
	Proof   domain.Proof
	Now     time.Time
	NewUser NewUser
	Source  domain.RegistrationSource // zero if unknown
	Session domain.Session            // without UserID; made at Now

	// KeepLastLogin leaves the last login as it is. Defaults to noting Now.
	KeepLastLogin bool
}

// NewUser is what a user is made of, should there be none yet.
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
