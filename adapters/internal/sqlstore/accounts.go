package sqlstore

import (
	"context"
	"database/sql"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Accounts implements port.Accounts. Disabling and deleting lock the user's row first:
// a concurrent sign-in either has committed its session by then, which is ended with the
// others, or it waits and finds the user disabled or deleted. A refresh waits until its
// session is ended, or the session is ended after it.
type Accounts struct {
	db          DB
	pattern     func(text string) string
	list        string
	lockUser    string // with the placeholder NAMED
	endSessions string
}

// AccountsDialect is the dialect's part of the statements.
type AccountsDialect struct {
	Lock    string                   // locks the rows of a SELECT until the commit
	Matches string                   // the operator between a text and a pattern
	Pattern func(text string) string // matches any text that contains the given one, ignoring case
}

// NewAccounts makes the store. Each Write of the database must be one transaction whose
// statements see what was committed when they began.
func NewAccounts(db DB, d AccountsDialect) *Accounts {
	return &Accounts{
		db:          db,
		pattern:     d.Pattern,
		list:        strings.ReplaceAll(listUsers, "MATCHES", d.Matches),
		lockUser:    findUser + " " + d.Lock,
		endSessions: strings.Replace(endSessionsOfUser, "LOCK", d.Lock, 1),
	}
}

// Find implements port.Accounts.
func (s *Accounts) Find(
	ctx context.Context, name port.AccountRef,
) (account domain.Account, found bool, err error) {
	row, err := Read(ctx, s.db, "find an account", func(ctx context.Context, q Queryer) (*domain.Account, error) {
		user, ok, err := findNamed(ctx, q, findUser, name)
		if err != nil || !ok {
			return nil, err
		}
		sessions, err := QueryRows[Session](ctx, q, sessionsOfAccount, user.ID)
		if err != nil {
			return nil, err
		}
		sources, err := QueryRows[UserSource](ctx, q, SourcesOfUser, user.ID)
		account := domain.Account{User: user.ToDomain()}
		for _, row := range sessions {
			account.Sessions = append(account.Sessions, row.ToDomain())
		}
		for _, row := range sources {
			account.Sources = append(account.Sources, row.ToDomain())
		}
		return &account, err
	})
	if row == nil {
		return domain.Account{}, false, err
	}
	return *row, true, nil
}

// List implements port.Accounts.
func (s *Accounts) List(ctx context.Context, q port.AccountQuery) (users []domain.User, err error) {
	if !storable(q.Search) {
		return nil, nil
	}
	pattern := sql.NullString{Valid: q.Search != ""}
	if pattern.Valid {
		pattern.String = s.pattern(q.Search)
	}
	rows, err := ReadRows[User](ctx, s.db, "list accounts", s.list,
		q.AfterID, pattern, nullableBool(q.Active), nullableBool(q.Staff), q.Limit)
	for _, row := range rows {
		users = append(users, row.ToDomain())
	}
	return users, err
}

// Promote implements port.Accounts.
func (s *Accounts) Promote(
	ctx context.Context, p port.Promotion,
) (user domain.User, isNew bool, err error) {
	identifier, other := "email", "phone"
	if p.Identifier.Kind() == domain.KindPhone {
		identifier, other = other, identifier
	}
	columns := strings.NewReplacer("IDENTIFIER", identifier, "OTHER", other)
	update, insert := columns.Replace(promoteUser), columns.Replace(insertSuperuser)
	row, err := Write(ctx, s.db, "promote a user", func(ctx context.Context, q Queryer) (User, error) {
		row, ok, err := QueryRow[User](ctx, q, update, p.Identifier.Value())
		if err == nil && !ok {
			row, ok, err = QueryRow[User](ctx, q, insert, p.NewUser.UUID, p.Identifier.Value(), p.NewUser.Username, p.Now)
		}
		if err == nil && !ok {
			err = port.ErrUnverified
		}
		return row, err
	})
	if err != nil {
		return domain.User{}, false, err
	}
	return row.ToDomain(), row.UUID == p.NewUser.UUID, nil
}

// Rewrite implements port.UserIdentifiers. A user that gets the identifier meanwhile
// makes it fail.
func (s *Accounts) Rewrite(
	ctx context.Context, r port.IdentifierRewrite,
) (changed bool, ownerID int64, err error) {
	column := strings.NewReplacer("IDENTIFIER", string(r.To.Kind()))
	ownerID, err = Write(ctx, s.db, "rewrite an identifier", func(ctx context.Context, q Queryer) (int64, error) {
		owner, taken, err := findNamed(ctx, q, findUser, port.AccountRef{Identifier: r.To})
		if err != nil || taken {
			return owner.ID, err
		}
		n, err := Exec(ctx, q, column.Replace(rewriteIdentifier), r.UserID, r.Stored, r.To.Value())
		changed = n > 0
		return 0, err
	})
	return changed && err == nil, ownerID, err
}

// SetActive implements port.Accounts. Sessions that a user had when they were disabled by
// other means are ended too, before they could become valid again.
func (s *Accounts) SetActive(
	ctx context.Context, name port.AccountRef, active bool,
) (user domain.User, changed, found bool, err error) {
	type result struct {
		row            User
		changed, found bool
	}
	r, err := Write(ctx, s.db, "enable or disable a user", func(ctx context.Context, q Queryer) (result, error) {
		row, found, err := findNamed(ctx, q, s.lockUser, name)
		if err != nil || !found {
			return result{}, err
		}
		changed := row.IsActive != active
		row.IsActive = active
		if changed {
			_, err = Exec(ctx, q, setActive, row.ID, active)
		}
		if err == nil && (changed || !active) {
			_, err = Exec(ctx, q, s.endSessions, row.ID)
		}
		return result{row, changed, true}, err
	})
	return r.row.ToDomain(), r.changed, r.found, err
}

// Delete implements port.Accounts.
func (s *Accounts) Delete(ctx context.Context, name port.AccountRef) (found bool, err error) {
	return Write(ctx, s.db, "delete a user", func(ctx context.Context, q Queryer) (bool, error) {
		row, found, err := findNamed(ctx, q, s.lockUser, name)
		if err != nil || !found {
			return false, err
		}
		if _, err := Exec(ctx, q, s.endSessions, row.ID); err != nil {
			return false, err
		}
		_, err = Exec(ctx, q, deleteUser, row.ID)
		return true, err
	})
}

// findNamed runs a statement about the user that a name identifies: the condition
// replaces the placeholder NAMED.
func findNamed(
	ctx context.Context, q Queryer, statement string, name port.AccountRef,
) (user User, found bool, err error) {
	condition, value := "id = $1", any(name.ID)
	if name.ID == 0 {
		condition, value = "email = $1", name.Identifier.Value()
		switch {
		case name.Identifier.IsZero():
			return User{}, false, nil
		case name.Identifier.Kind() == domain.KindPhone:
			condition = "phone = $1"
		}
	}
	return QueryRow[User](ctx, q, strings.Replace(statement, "NAMED", condition, 1), value)
}

func nullableBool(b *bool) sql.NullBool {
	if b == nil {
		return sql.NullBool{}
	}
	return sql.NullBool{Bool: *b, Valid: true}
}

// storable reports whether stored text can contain the given one. PostgreSQL rejects
// any other as a parameter.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// Spellings are the upper, lower and title case of a letter, itself first. Any other
// character has one spelling.
func Spellings(r rune) []rune {
	all := []rune{r}
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		all = append(all, next)
	}
	return all
}

const findUser = `
SELECT ` + UserColumns + `
  FROM users
 WHERE NAMED`

const sessionsOfAccount = `
SELECT ` + SessionColumns + `
  FROM sessions
 WHERE user_id = $1
 ORDER BY created_at DESC, id DESC`

const listUsers = `
SELECT ` + UserColumns + `
  FROM users
 WHERE id > $1
   AND (CAST($2 AS text) IS NULL OR email MATCHES $2 OR phone MATCHES $2 OR username MATCHES $2
        OR (first_name || ' ' || last_name) MATCHES $2)
   AND (CAST($3 AS boolean) IS NULL OR is_active = $3)
   AND (CAST($4 AS boolean) IS NULL OR is_staff = $4)
 ORDER BY id
 LIMIT $5`

// promotable: no other user can have set the identifier of this one.
const promotable = `(users.IDENTIFIER_verified OR users.OTHER IS NULL)`

const promoteUser = `
UPDATE users
   SET is_staff = true, is_superuser = true, is_active = true
 WHERE IDENTIFIER = $1 AND ` + promotable + `
RETURNING ` + UserColumns

// insertSuperuser also promotes a user created since promoteUser found none. It
// returns no row if that user is not promotable.
const insertSuperuser = `
INSERT INTO users (uuid, IDENTIFIER, username, date_joined, is_staff, is_superuser, direct)
VALUES ($1, $2, $3, $4, true, true, true)
    ON CONFLICT (IDENTIFIER) DO UPDATE
   SET is_staff = true, is_superuser = true, is_active = true
 WHERE ` + promotable + `
RETURNING ` + UserColumns

const rewriteIdentifier = `
UPDATE users
   SET IDENTIFIER = $3
 WHERE id = $1 AND IDENTIFIER = $2`

const setActive = `
UPDATE users
   SET is_active = $2
 WHERE id = $1`

// endSessionsOfUser locks the sessions in the order that all statements use which end
// several.
const endSessionsOfUser = `
DELETE FROM sessions
 WHERE id IN (
       SELECT id
         FROM sessions
        WHERE user_id = $1
        ORDER BY id
        LOCK)`

// deleteUser cascades to the rows that belong to the user.
const deleteUser = `
DELETE FROM users
 WHERE id = $1`
