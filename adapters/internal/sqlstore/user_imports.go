package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// UserImports implements port.UserImports: one transaction, in which each user of the
// stream is looked up and stored by a few statements.
type UserImports struct {
	db         DB
	reserveIDs []string
}

// NewUserImports makes the store. Each Write of the database must be one transaction, as
// long as its function takes. The statements reserveIDs keep the user ids up to $1, at
// least 1, from being assigned to new users.
func NewUserImports(db DB, reserveIDs ...string) *UserImports { return &UserImports{db, reserveIDs} }

// errDryRun rolls a dry run back.
var errDryRun = errors.New("a dry run is rolled back")

// Import implements port.UserImports.
func (s *UserImports) Import(ctx context.Context, in port.UserImport) error {
	err := s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		if in.MaxID > 0 {
			for _, statement := range s.reserveIDs {
				if _, err := q.ExecContext(ctx, statement, in.MaxID); err != nil {
					return err
				}
			}
		}
		im := importer{
			UserImport: in, q: q,
			imported: map[int64]bool{}, claimed: map[string]int64{}, sources: map[string]seenSource{},
		}
		for user, err := range in.Users {
			if err != nil {
				return err
			}
			result, err := im.importUser(ctx, user)
			if err != nil {
				return fmt.Errorf("user %d: %w", user.ID, err)
			}
			in.OnImported(result)
		}
		if err := im.storeSources(ctx); err != nil {
			return err
		}
		if in.DryRun {
			return errDryRun
		}
		return nil
	})
	if err != nil && !errors.Is(err, errDryRun) {
		return fmt.Errorf("import users: %w", err)
	}
	return nil
}

// importer imports users one at a time.
type importer struct {
	port.UserImport
	q        Queryer
	imported map[int64]bool        // ids of stored users that a user of the stream was matched to or added as
	claimed  map[string]int64      // addresses that a user of the stream has but could not get, by user id
	sources  map[string]seenSource // not stored yet, by id
}

// seenSource is a source and the time of its first registration.
type seenSource struct {
	domain.RegistrationSource
	at time.Time
}

// maxTries bounds how often a user is looked up again because of concurrent sign-ups with
// the same address, id or username.
const maxTries = 10

func (im *importer) importUser(ctx context.Context, u port.ImportUser) (port.ImportedUser, error) {
	for range maxTries {
		found, err := im.lookUp(ctx, u.User)
		if err != nil {
			return port.ImportedUser{}, err
		}
		wanted, result := im.claim(u, found)
		switch match := found.match(wanted.User); {
		case result.Outcome == port.ImportSkipped:
			im.reserve(wanted.Email, result.EmailOwner)
			im.reserve(wanted.Phone, result.PhoneOwner)
			return result, nil
		case match != nil:
			im.imported[match.ID] = true
			if match.Email.String != wanted.Email {
				im.reserve(wanted.Email, match.ID)
			}
			if match.Phone.String != wanted.Phone {
				im.reserve(wanted.Phone, match.ID)
			}
			return im.complete(ctx, wanted, match, result)
		}
		if result, done, err := im.add(ctx, wanted, found, result); done || err != nil {
			return result, err
		}
	}
	return port.ImportedUser{}, port.ErrUsernameTaken
}

// conflicts are the stored users with unique values of a user of the stream.
type conflicts struct {
	email, phone       *User
	idTaken, nameTaken bool
}

func (im *importer) lookUp(ctx context.Context, u domain.User) (found conflicts, err error) {
	rows, err := QueryRows[User](ctx, im.q, lookUpUsers, nullable(u.Email), nullable(u.Phone), u.ID, u.Username)
	for _, row := range rows {
		if u.Email != "" && row.Email.String == u.Email {
			found.email = &row
		}
		if u.Phone != "" && row.Phone.String == u.Phone {
			found.phone = &row
		}
		found.idTaken = found.idTaken || row.ID == u.ID
		found.nameTaken = found.nameTaken || row.Username == u.Username
	}
	return found, err
}

// claim removes the addresses that belong to other users and reports their owners. An
// unproved address never matches an account, and two accounts are never merged.
func (im *importer) claim(u port.ImportUser, found conflicts) (port.ImportUser, port.ImportedUser) {
	var result port.ImportedUser
	sameUser := found.email != nil && found.phone != nil && found.email.ID == found.phone.ID
	apart := u.Email != "" && u.Phone != "" && !sameUser
	result.PhoneOwner = im.owner(u.Phone, found.phone, apart && !u.PhoneVerified)
	result.EmailOwner = im.owner(u.Email, found.email, apart && !u.EmailVerified && u.PhoneVerified)
	if result.PhoneOwner != 0 {
		u.Phone, u.PhoneVerified = "", false
	}
	if result.EmailOwner != 0 {
		u.Email, u.EmailVerified = "", false
	}
	switch {
	case u.Email == "" && u.Phone == "":
		result.Outcome = port.ImportSkipped
	case u.Email != "" && u.Phone != "" && found.email != nil && found.phone != nil && !sameUser:
		result = port.ImportedUser{Outcome: port.ImportSkipped, EmailOwner: found.email.ID, PhoneOwner: found.phone.ID}
	}
	return u, result
}

// owner is the id of the user that keeps an address: the stored user if they match an
// earlier user of the stream or the claim is unproved, else the earlier user of the stream
// that claimed it; 0 without one.
func (im *importer) owner(address string, stored *User, unproved bool) int64 {
	if stored != nil && (unproved || im.imported[stored.ID]) {
		return stored.ID
	}
	return im.claimed[address]
}

// reserve keeps an address, if there is one, for a user of the stream.
func (im *importer) reserve(address string, userID int64) {
	if address != "" {
		im.claimed[address] = userID
	}
}

// match is the stored user with an address of u, if there is one.
func (c conflicts) match(u domain.User) *User {
	switch {
	case u.Email != "" && c.email != nil:
		return c.email
	case u.Phone != "":
		return c.phone
	default:
		return nil
	}
}

// complete fills in what a stored user lacks, if both are proved to have the same address.
func (im *importer) complete(
	ctx context.Context, u port.ImportUser, stored *User, result port.ImportedUser,
) (port.ImportedUser, error) {
	incomplete := stored.lacks(u.Profile)
	row, err := *stored, error(nil)
	if !stored.sharesProvedAddress(u.User) {
		result.User, result.Outcome = row.ToDomain(), port.ImportUnchanged
		result.Withheld, err = im.lacksSource(ctx, stored.ID, u.Sources)
		result.Withheld = result.Withheld || incomplete
		return result, err
	}
	if incomplete {
		row, incomplete, err = QueryRow[User](ctx, im.q, completeNames,
			stored.ID, u.FirstName, u.LastName, u.Company, u.Position)
	}
	for i := range u.Sources {
		u.Sources[i].First = false
	}
	if err == nil {
		result.Linked, err = im.link(ctx, stored.ID, u.Sources)
	}
	result.User, result.Outcome = row.ToDomain(), port.ImportUnchanged
	if incomplete || result.Linked > 0 {
		result.Outcome = port.ImportCompleted
	}
	return result, err
}

// sharesProvedAddress reports whether an address is the same and proved on both sides.
func (r User) sharesProvedAddress(u domain.User) bool {
	return u.Email != "" && r.Email.String == u.Email && r.EmailVerified && u.EmailVerified ||
		u.Phone != "" && r.Phone.String == u.Phone && r.PhoneVerified && u.PhoneVerified
}

// lacksSource reports whether the user is not linked to all of the sources.
func (im *importer) lacksSource(ctx context.Context, userID int64, sources []domain.UserSource) (bool, error) {
	if len(sources) == 0 {
		return false, nil
	}
	linked, err := QueryRows[string](ctx, im.q, linkedSources, userID)
	return err == nil && slices.ContainsFunc(sources, func(s domain.UserSource) bool {
		return !slices.Contains(linked, s.Source.ID)
	}), err
}

// lacks reports whether the profile has a name that the user lacks.
func (r User) lacks(p domain.Profile) bool {
	return r.FirstName == "" && p.FirstName != "" || r.LastName == "" && p.LastName != "" ||
		r.Company == "" && p.Company != "" || r.Position == "" && p.Position != ""
}

// add creates a user. It is not done if a concurrent sign-up has taken a unique value.
func (im *importer) add(
	ctx context.Context, u port.ImportUser, found conflicts, result port.ImportedUser,
) (_ port.ImportedUser, done bool, err error) {
	result.UsernameChanged = found.nameTaken || u.Username == ""
	result.IDChanged = found.idTaken || u.ID <= 0 || u.ID > port.MaxUserID
	if result.UsernameChanged {
		u.Username = im.Username(u.Identifier())
	}
	statement, args := addUser, []any{
		u.UUID, nullable(u.Email), u.EmailVerified, nullable(u.Phone), u.PhoneVerified, u.Username,
		u.FirstName, u.LastName, u.Company, u.Position, u.IsActive, u.IsStaff, u.IsSuperuser,
		u.DateJoined,
		sql.NullTime{Time: u.LastLogin, Valid: !u.LastLogin.IsZero()},
		!slices.ContainsFunc(u.Sources, func(s domain.UserSource) bool { return s.First }),
	}
	if !result.IDChanged {
		statement, args = addUserWithID, append(args, u.ID)
	}
	row, done, err := QueryRow[User](ctx, im.q, statement, args...)
	if err != nil || !done {
		return port.ImportedUser{}, false, err
	}
	im.imported[row.ID] = true
	result.User, result.Outcome = row.ToDomain(), port.ImportAdded
	result.Linked, err = im.link(ctx, row.ID, u.Sources)
	return result, true, err
}

// link links sources to a user and queues those that it has linked to be stored.
func (im *importer) link(ctx context.Context, userID int64, sources []domain.UserSource) (linked int, err error) {
	for _, s := range sources {
		n, err := Exec(ctx, im.q, AddLink, userID, s.Source.ID, s.Source.URL, s.First, s.RegisteredAt)
		if err != nil {
			return 0, err
		}
		if linked += n; n == 0 {
			continue
		}
		if seen, ok := im.sources[s.Source.ID]; !ok || s.RegisteredAt.Before(seen.at) {
			im.sources[s.Source.ID] = seenSource{s.Source, s.RegisteredAt}
		}
	}
	const maxQueued = 10_000
	if len(im.sources) >= maxQueued {
		err = im.storeSources(ctx)
	}
	return linked, err
}

// storeSources stores the queued sources: as late as possible, since a sign-up through a
// source that is being stored waits for the commit, and sorted, so that two imports cannot
// deadlock.
func (im *importer) storeSources(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(im.sources)) {
		s := im.sources[id]
		if _, err := im.q.ExecContext(ctx, AddSource, append(SourceArgs(s.RegistrationSource), s.at)...); err != nil {
			return err
		}
	}
	clear(im.sources)
	return nil
}

func nullable(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }

const lookUpUsers = `
SELECT ` + UserColumns + `
  FROM users
 WHERE email = $1 OR phone = $2 OR id = $3 OR username = $4`

const completeNames = `
UPDATE users
   SET first_name = CASE WHEN first_name = '' THEN $2 ELSE first_name END,
       last_name = CASE WHEN last_name = '' THEN $3 ELSE last_name END,
       company = CASE WHEN company = '' THEN $4 ELSE company END,
       position = CASE WHEN position = '' THEN $5 ELSE position END
 WHERE id = $1
RETURNING ` + UserColumns

const (
	addUser = `
INSERT INTO users (` + addedColumns + `)
VALUES (` + addedValues + `)` + unlessConflict
	addUserWithID = `
INSERT INTO users (` + addedColumns + `, id)
VALUES (` + addedValues + `, $17)` + unlessConflict
	addedColumns = `uuid, email, email_verified, phone, phone_verified, username, first_name, last_name,
	company, position, is_active, is_staff, is_superuser, date_joined, last_login, direct`
	addedValues    = `$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16`
	unlessConflict = `
    ON CONFLICT DO NOTHING
RETURNING ` + UserColumns
)

const linkedSources = `
SELECT source_id
  FROM user_registration_sources
 WHERE user_id = $1`
