package accounts

import (
	"context"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// CanonicalizeIdentifiers finds identifiers of users that are stored in a form which is
// no longer canonical, and rewrites them. It never merges users.
type CanonicalizeIdentifiers struct{ p CanonicalizePorts }

// CanonicalizePorts are what CanonicalizeIdentifiers needs.
type CanonicalizePorts struct {
	Accounts        port.Accounts
	UserIdentifiers port.UserIdentifiers
	PhoneNumbers    port.PhoneNumbers
}

// NewCanonicalizeIdentifiers makes the use case.
func NewCanonicalizeIdentifiers(p CanonicalizePorts) *CanonicalizeIdentifiers {
	return &CanonicalizeIdentifiers{p}
}

// IdentifierStatus is the state of a stored identifier that is not canonical.
type IdentifierStatus string

// The states of a stored identifier.
const (
	IdentifierOld     IdentifierStatus = "old"     // can be rewritten
	IdentifierChanged IdentifierStatus = "changed" // has been rewritten
	IdentifierTaken   IdentifierStatus = "taken"   // another user has the canonical form
	IdentifierInvalid IdentifierStatus = "invalid" // is no identifier any more: no code reaches the user by it
)

// StoredIdentifier is an identifier of a user that is stored in a form which is no longer
// canonical.
type StoredIdentifier struct {
	UserID    int64
	Kind      domain.Kind
	Stored    string
	Canonical domain.Identifier // zero if invalid
	Status    IdentifierStatus
	OwnerID   int64 // of the user that has the canonical form, if taken
}

// CanonicalizeIdentifiersIn says whether to rewrite the identifiers.
type CanonicalizeIdentifiersIn struct{ Apply bool }

// CanonicalizeIdentifiersOut lists the identifiers, by the ids of the users.
type CanonicalizeIdentifiersOut struct {
	Users       int // all users
	Identifiers []StoredIdentifier
}

// Do goes through all users. Every rewritten identifier is committed on its own, so that
// the result is valid up to an error.
func (uc *CanonicalizeIdentifiers) Do(
	ctx context.Context, in CanonicalizeIdentifiersIn,
) (out CanonicalizeIdentifiersOut, err error) {
	claimed := map[domain.Identifier]int64{} // by users before, in this run
	for q := (port.AccountQuery{Limit: MaxAccounts}); ; {
		users, err := uc.p.Accounts.List(ctx, q)
		if err != nil {
			return out, err
		}
		for _, user := range users {
			out.Users++
			for _, found := range uc.notCanonical(user) {
				if found.Status == IdentifierOld {
					if err := uc.resolve(ctx, &found, claimed, in.Apply); err != nil {
						return out, err
					}
				}
				out.Identifiers = append(out.Identifiers, found)
			}
		}
		if len(users) < q.Limit {
			return out, nil
		}
		q.AfterID = users[len(users)-1].ID
	}
}

// notCanonical lists the identifiers of a user that are not stored in canonical form.
func (uc *CanonicalizeIdentifiers) notCanonical(user domain.User) (all []StoredIdentifier) {
	add := func(kind domain.Kind, stored string, parse func(string) (domain.Identifier, error)) {
		found := StoredIdentifier{UserID: user.ID, Kind: kind, Stored: stored, Status: IdentifierInvalid}
		if parsed, err := parse(stored); err == nil {
			found.Canonical, found.Status = uc.p.PhoneNumbers.Canonical(parsed), IdentifierOld
		}
		if found.Canonical.Value() != stored {
			all = append(all, found)
		}
	}
	add(domain.KindEmail, user.Email, domain.ParseEmail)
	add(domain.KindPhone, user.Phone, domain.ParsePhone)
	return all
}

// resolve decides whether an old identifier can be rewritten, and rewrites it if apply.
func (uc *CanonicalizeIdentifiers) resolve(
	ctx context.Context, found *StoredIdentifier, claimed map[domain.Identifier]int64, apply bool,
) (err error) {
	if apply {
		var changed bool
		changed, found.OwnerID, err = uc.p.UserIdentifiers.Rewrite(ctx,
			port.IdentifierRewrite{UserID: found.UserID, Stored: found.Stored, To: found.Canonical})
		if changed || found.OwnerID == found.UserID { // by this run, or by one beside it
			found.OwnerID, found.Status = 0, IdentifierChanged
		}
	} else if found.OwnerID = claimed[found.Canonical]; found.OwnerID == 0 {
		var owner domain.Account
		owner, _, err = uc.p.Accounts.Find(ctx, port.AccountRef{Identifier: found.Canonical})
		found.OwnerID = owner.User.ID
		claimed[found.Canonical] = found.UserID
	}
	if found.OwnerID != 0 {
		found.Status = IdentifierTaken
	}
	return err
}
