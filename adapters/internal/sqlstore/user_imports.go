package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// UserImports implements port.UserImports: one transaction, in which each of the people
// is looked up and stored by a few statements.
type UserImports struct {
	db      DB
	reserve []string
}

// NewUserImports makes the store. An act of the database that writes must be one
// transaction that lasts as long as the act does. The statements reserve keep the numbers
// up to $1, of which there is one at least, from being given to somebody else.
func NewUserImports(db DB, reserve ...string) *UserImports { return &UserImports{db, reserve} }

// errDryRun undoes what a dry run has done.
var errDryRun = errors.New("a dry run leaves nothing behind")

// Import implements port.UserImports.
func (s *UserImports) Import(ctx context.Context, in port.UserImport) error {
	err := s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		if err := s.reserveNumbers(ctx, q, in.MaxID); err != nil {
			return err
		}
		im := importing{q: q, UserImport: in, taken: map[int64]bool{}, claimed: map[string]int64{}, sources: map[string]seenSource{}}
		for user, err := range in.Users {
			if err != nil {
				return err
			}
			told, err := im.take(ctx, user)
			if err != nil {
				return fmt.Errorf("user %d: %w", user.ID, err)
			}
			in.OnImported(told)
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

func (s *UserImports) reserveNumbers(ctx context.Context, q Queryer, most int64) error {
	for _, statement := range s.reserve {
		if most <= 0 {
			return nil
		}
		if _, err := q.ExecContext(ctx, statement, most); err != nil {
			return err
		}
	}
	return nil
}

// importing is an import under way.
type importing struct {
	port.UserImport
	q       Queryer
	taken   map[int64]bool        // users who belong to somebody of the stream
	claimed map[string]int64      // users of those of the stream who say that an address is theirs, and have not got it
	sources map[string]seenSource // not stored yet, by id
}

// seenSource is a source and the first time that anybody came by it.
type seenSource struct {
	domain.RegistrationSource
	at time.Time
}

// maxTries bounds how often somebody is looked up again because others sign up with
// the same address, number or username at that moment.
const maxTries = 10

func (im *importing) take(ctx context.Context, u port.ImportUser) (port.ImportedUser, error) {
	for range maxTries {
		there, err := im.lookUp(ctx, u.User)
		if err != nil {
			return port.ImportedUser{}, err
		}
		wanted, told := im.claim(u, there)
		switch kept := there.sameAs(wanted.User); {
		case told.Outcome == port.ImportSkipped:
			im.leave(wanted.Email, told.EmailOwner)
			im.leave(wanted.Phone, told.PhoneOwner)
			return told, nil
		case kept != nil:
			im.taken[kept.ID] = true
			if kept.Email.String != wanted.Email {
				im.leave(wanted.Email, kept.ID)
			}
			if kept.Phone.String != wanted.Phone {
				im.leave(wanted.Phone, kept.ID)
			}
			return im.complete(ctx, wanted, kept, told)
		}
		if told, done, err := im.add(ctx, wanted, there, told); done || err != nil {
			return told, err
		}
	}
	return port.ImportedUser{}, port.ErrUsernameTaken
}

// there are the users who have something that somebody is to have.
type there struct {
	email, phone  *User // whose address it is
	number, named bool  // the number or the username is taken
}

func (im *importing) lookUp(ctx context.Context, u domain.User) (found there, err error) {
	rows, err := im.q.QueryContext(ctx, lookUpUsers, nullable(u.Email), nullable(u.Phone), u.ID, u.Username)
	if err != nil {
		return there{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var row User
		if err := rows.Scan(row.Columns()...); err != nil {
			return there{}, err
		}
		if u.Email != "" && row.Email.String == u.Email {
			found.email = &row
		}
		if u.Phone != "" && row.Phone.String == u.Phone {
			found.phone = &row
		}
		found.number = found.number || row.ID == u.ID
		found.named = found.named || row.Username == u.Username
	}
	return found, rows.Err()
}

// claim leaves to others what is theirs, and says so. Nobody gets into an account by an
// address that is not proved to be theirs, and two people are never made one.
func (im *importing) claim(u port.ImportUser, found there) (port.ImportUser, port.ImportedUser) {
	var told port.ImportedUser
	sameUser := found.email != nil && found.phone != nil && found.email.ID == found.phone.ID
	apart := u.Email != "" && u.Phone != "" && !sameUser
	told.PhoneOwner = im.holder(u.Phone, found.phone, apart && !u.PhoneVerified)
	told.EmailOwner = im.holder(u.Email, found.email, apart && !u.EmailVerified && u.PhoneVerified)
	if told.PhoneOwner != 0 {
		u.Phone, u.PhoneVerified = "", false
	}
	if told.EmailOwner != 0 {
		u.Email, u.EmailVerified = "", false
	}
	switch {
	case u.Email == "" && u.Phone == "":
		told.Outcome = port.ImportSkipped
	case u.Email != "" && u.Phone != "" && found.email != nil && found.phone != nil && !sameUser:
		told = port.ImportedUser{Outcome: port.ImportSkipped, EmailOwner: found.email.ID, PhoneOwner: found.phone.ID}
	}
	return u, told
}

// holder is the user to whom an address must be left: the one of somebody earlier in
// the stream or, if it is guessed to be theirs, the one who has it; 0 for nobody.
func (im *importing) holder(address string, has *User, guessed bool) int64 {
	if has != nil && (guessed || im.taken[has.ID]) {
		return has.ID
	}
	return im.claimed[address]
}

// leave leaves an address, if there is one, to a user of the stream from now on.
func (im *importing) leave(address string, userID int64) {
	if address != "" {
		im.claimed[address] = userID
	}
}

// sameAs is the user who is somebody already, by an address that is left to them.
func (t there) sameAs(u domain.User) *User {
	switch {
	case u.Email != "" && t.email != nil:
		return t.email
	case u.Phone != "":
		return t.phone
	default:
		return nil
	}
}

// complete gives a user who is there what they have not, if they are proved to be the
// same person.
func (im *importing) complete(ctx context.Context, u port.ImportUser, kept *User, told port.ImportedUser) (port.ImportedUser, error) {
	named := kept.lacks(u.Profile)
	row, err := *kept, error(nil)
	if !kept.isProved(u.User) {
		told.User, told.Outcome = row.ToDomain(), port.ImportUnchanged
		told.Withheld, err = im.lacksSource(ctx, kept.ID, u.Sources)
		told.Withheld = told.Withheld || named
		return told, err
	}
	if named {
		row, named, err = One[User](ctx, im.q, completeNames, kept.ID, u.FirstName, u.LastName, u.Company, u.Position)
	}
	for i := range u.Sources {
		u.Sources[i].First = false
	}
	if err == nil {
		told.Linked, err = im.link(ctx, kept.ID, u.Sources)
	}
	told.User, told.Outcome = row.ToDomain(), port.ImportUnchanged
	if named || told.Linked > 0 {
		told.Outcome = port.ImportCompleted
	}
	return told, err
}

// isProved reports whether an address of the row is proved both here and there.
func (r User) isProved(u domain.User) bool {
	return u.Email != "" && r.Email.String == u.Email && r.EmailVerified && u.EmailVerified ||
		u.Phone != "" && r.Phone.String == u.Phone && r.PhoneVerified && u.PhoneVerified
}

// lacksSource reports whether there is a source that a user is not linked to.
func (im *importing) lacksSource(ctx context.Context, userID int64, sources []domain.UserSource) (bool, error) {
	var linked []string
	if len(sources) == 0 {
		return false, nil
	}
	if err := sqlx.SelectContext(ctx, im.q, &linked, linkedSources, userID); err != nil {
		return false, err
	}
	return slices.ContainsFunc(sources, func(s domain.UserSource) bool { return !slices.Contains(linked, s.Source.ID) }), nil
}

// lacks reports whether there is a name that the user has not.
func (r User) lacks(p domain.Profile) bool {
	return r.FirstName == "" && p.FirstName != "" || r.LastName == "" && p.LastName != "" ||
		r.Company == "" && p.Company != "" || r.Position == "" && p.Position != ""
}

// add makes a user. It is not done if somebody else has taken what was free.
func (im *importing) add(ctx context.Context, u port.ImportUser, found there, told port.ImportedUser) (_ port.ImportedUser, done bool, err error) {
	told.UsernameChanged, told.IDChanged = found.named || u.Username == "", found.number || u.ID <= 0 || u.ID > port.MaxUserID
	if told.UsernameChanged {
		u.Username = im.Username(u.Identifier())
	}
	statement, args := addUser, []any{
		u.UUID, nullable(u.Email), u.EmailVerified, nullable(u.Phone), u.PhoneVerified, u.Username,
		u.FirstName, u.LastName, u.Company, u.Position, u.IsActive, u.IsStaff, u.IsSuperuser,
		u.DateJoined,
		sql.NullTime{Time: u.LastLogin, Valid: !u.LastLogin.IsZero()},
		!slices.ContainsFunc(u.Sources, func(s domain.UserSource) bool { return s.First }),
	}
	if !told.IDChanged {
		statement, args = addUserUnderNumber, append(args, u.ID)
	}
	row, done, err := One[User](ctx, im.q, statement, args...)
	if err != nil || !done {
		return port.ImportedUser{}, false, err
	}
	im.taken[row.ID] = true
	told.User, told.Outcome = row.ToDomain(), port.ImportAdded
	told.Linked, err = im.link(ctx, row.ID, u.Sources)
	return told, true, err
}

// link links sources to a user, and remembers to store those that it has linked.
func (im *importing) link(ctx context.Context, userID int64, sources []domain.UserSource) (linked int, err error) {
	for _, s := range sources {
		n, err := Exec(ctx, im.q, addLink, userID, s.Source.ID, s.Source.URL, s.First, s.RegisteredAt)
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
	const enough = 10_000
	if len(im.sources) >= enough {
		err = im.storeSources(ctx)
	}
	return linked, err
}

// storeSources stores what was linked: as late as possible, since whoever signs up by
// a source that is being stored waits for the commit, and always in one order, so that
// two imports never wait for each other.
func (im *importing) storeSources(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(im.sources)) {
		s := im.sources[id]
		if _, err := im.q.ExecContext(ctx, addSource, append(SourceArgs(s.RegistrationSource), s.at)...); err != nil {
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
VALUES (` + addedValues + `)` + unlessTaken
	addUserUnderNumber = `
INSERT INTO users (` + addedColumns + `, id)
VALUES (` + addedValues + `, $17)` + unlessTaken
	addedColumns = `uuid, email, email_verified, phone, phone_verified, username, first_name, last_name,
	company, position, is_active, is_staff, is_superuser, date_joined, last_login, direct`
	addedValues = `$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16`
	unlessTaken = `
    ON CONFLICT DO NOTHING
RETURNING ` + UserColumns
)

const linkedSources = `
SELECT source_id
  FROM user_registration_sources
 WHERE user_id = $1`

const addLink = `
INSERT INTO user_registration_sources (user_id, source_id, url, first_registration, registered_at)
VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING`

const addSource = `
INSERT INTO registration_sources (` + SourceColumns + `, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    ON CONFLICT (id) DO NOTHING`
