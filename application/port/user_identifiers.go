package port

import (
	"context"

	"github.com/doorcode-auth/doorcode/domain"
)

// UserIdentifiers rewrites identifiers of users that are stored in a form which is no
// longer canonical. No sign-in depends on it.
type UserIdentifiers interface {
	// Rewrite must replace the stored identifier of the user, and change nothing else of any user.
	// An identifier that another user has must be reported with that user's id, with nothing changed.
	// A user that does not have the stored identifier must stay as it is, and be reported as unchanged.
	Rewrite(ctx context.Context, r IdentifierRewrite) (changed bool, ownerID int64, err error)
}

// IdentifierRewrite names an identifier of a user as stored, and its canonical form.
type IdentifierRewrite struct {
	UserID int64
	Stored string
	To     domain.Identifier
}
