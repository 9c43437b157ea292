package port

import (
	"context"
	"iter"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// ForeignUsers are the people of another product who move to this one. What they are
// called there is given as it is stored, however it is written.
type ForeignUsers interface {
	// Count must tell how many there are and the greatest of their ids up to MaxUserID, 0 for none.
	Count(ctx context.Context) (ForeignCount, error)

	// All must give every user once, in the order of their ids, with each source they are linked to, the oldest link first.
	// Whatever changes there meanwhile, All and Count must tell of one moment, however often they are asked.
	// What goes wrong, the end of ctx too, All must give as an error, and nothing after it.
	All(ctx context.Context) iter.Seq2[ForeignUser, error]
}

// MaxUserID is the greatest number that a user can have: in JSON, many programs take no
// greater one for what it is.
const MaxUserID int64 = 1<<53 - 1

// ForeignCount is how many users there are.
type ForeignCount struct {
	Users int
	MaxID int64 // at most MaxUserID; users may have greater ones
}

// ForeignUser is somebody as another product knows them.
type ForeignUser struct {
	ID            int64
	Username      string
	Email         string
	EmailVerified bool // the address was proved
	Phone         string
	PhoneVerified bool // the number was proved
	domain.Profile
	IsActive    bool
	IsStaff     bool
	IsSuperuser bool
	Deleted     bool // and kept for the record alone
	DateJoined  time.Time
	LastLogin   time.Time // zero before the first
	Links       []ForeignLink
}

// ForeignLink is a source that somebody came by.
type ForeignLink struct {
	URL          string
	First        bool // it says that the user came into being through it
	RegisteredAt time.Time
}
