package port

import (
	"context"
	"iter"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// ForeignUsers reads the users of another product, for an import. Their fields are as
// stored there, not canonical.
type ForeignUsers interface {
	// Count must return the number of users and the greatest of their ids up to MaxUserID, 0 for none.
	Count(ctx context.Context) (ForeignCount, error)

	// All must yield every user once, in the order of the ids, with every link to a source, the oldest
	// link first.
	// All and Count must read one snapshot, however often they are called and whatever changes
	// meanwhile.
	// All must yield a failure, such as the end of ctx, as an error, and nothing after it.
	All(ctx context.Context) iter.Seq2[ForeignUser, error]
}

// MaxUserID is the greatest id of a user: many JSON parsers cannot represent a greater
// integer.
const MaxUserID int64 = 1<<53 - 1

// ForeignCount counts users.
type ForeignCount struct {
	Users int
	MaxID int64 // at most MaxUserID; users may have greater ones
}

// ForeignUser is a user of another product.
type ForeignUser struct {
	ID            int64
	Username      string
	Email         string
	EmailVerified bool
	Phone         string
	PhoneVerified bool
	domain.Profile
	IsActive    bool
	IsStaff     bool
	IsSuperuser bool
	Deleted     bool // soft-deleted
	DateJoined  time.Time
	LastLogin   time.Time // zero before the first
	Links       []ForeignLink
}

// ForeignLink links a user to a source.
type ForeignLink struct {
	URL          string
	First        bool // marked as the source of the registration
	RegisteredAt time.Time
}
