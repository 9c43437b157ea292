package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// Accounts implements port.Accounts. Whoever disables or deletes a user holds their
// row first: a sign-in that runs at the same time has committed its session by then,
// and it is ended with the others, or it waits and finds a user who is disabled or
// gone. A refresh waits for the end of its session, or is ended after it.
type Accounts struct {
	db          DB
	like        func(text string) string
	list        string
	holdUser    string // ... WHERE what names one
	endSessions string
}

// AccountsDialect is what the dialects say differently about accounts.
type AccountsDialect struct {
	Lock    string                   // ends a SELECT that holds its rows until the commit
	Matches string                   // is between a text and a pattern
	Pattern func(text string) string // makes the pattern of whatever has the text in it, in upper or lower case
}

// NewAccounts makes the store. An act of the database that writes must be one
// transaction, each statement of which sees what is committed by then.
func NewAccounts(db DB, d AccountsDialect) *Accounts {
	return &Accounts{
		db:          db,
		like:        d.Pattern,
		list:        strings.ReplaceAll(listUsers, "MATCHES", d.Matches),
		holdUser:    findUser + " " + d.Lock,
		endSessions: strings.Replace(endSessionsOfUser, "LOCK", d.Lock, 1),
	}
}

// Find implements port.Accounts.
func (s *Accounts) Find(ctx context.Context, name port.AccountRef) (account domain.Account, found bool, err error) {
	err = s.db.Read(ctx, func(ctx context.Context, q Queryer) error {
		user, ok, err := findNamed(ctx, q, findUser, name)
		if err != nil || !ok {
			return err
		}
		var sessions []Session
		if err := sqlx.SelectContext(ctx, q, &sessions, sessionsOfAccount, user.ID); err != nil {
			return err
		}
		var sources []UserSource
		if err := sqlx.SelectContext(ctx, q, &sources, UserSourcesOf, user.ID); err != nil {
			return err
		}
		account, found = domain.Account{User: user.ToDomain()}, true
		for _, row := range sessions {
			account.Sessions = append(account.Sessions, row.ToDomain())
		}
		for _, row := range sources {
			account.Sources = append(account.Sources, row.ToDomain())
		}
		return nil
	})
	if err != nil {
		return domain.Account{}, false, fmt.Errorf("find an account: %w", err)
	}
	return account, found, nil
}

// List implements port.Accounts.
func (s *Accounts) List(ctx context.Context, q port.AccountQuery) (users []domain.User, err error) {
	if !storable(q.Search) {
		return nil, nil
	}
	pattern := sql.NullString{Valid: q.Search != ""}
	if pattern.Valid {
		pattern.String = s.like(q.Search)
	}
	err = s.db.Read(ctx, func(ctx context.Context, queryer Queryer) error {
		rows, err := queryer.QueryContext(ctx, s.list, q.AfterID, pattern, optional(q.Active), optional(q.Staff), q.Limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var row User
			if err := rows.Scan(row.Columns()...); err != nil {
				return err
			}
			users = append(users, row.ToDomain())
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return users, nil
}

// Promote implements port.Accounts.
func (s *Accounts) Promote(ctx context.Context, p port.Promotion) (user domain.User, isNew bool, err error) {
	columns := strings.NewReplacer("IDENTIFIER", column(p.Identifier), "OTHER", otherColumn(p.Identifier))
	update, insert := columns.Replace(promoteUser), columns.Replace(insertSuperuser)
	err = s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		row, ok, err := One[User](ctx, q, update, p.Identifier.Value())
		if err == nil && !ok {
			row, ok, err = One[User](ctx, q, insert, p.NewUser.UUID, p.Identifier.Value(), p.NewUser.Username, p.Now)
		}
		if err == nil && !ok {
			return port.ErrUnverified
		}
		user, isNew = row.ToDomain(), row.UUID == p.NewUser.UUID
		return err
	})
	if err != nil {
		return domain.User{}, false, fmt.Errorf("promote a user: %w", err)
	}
	return user, isNew, nil
}

// SetActive implements port.Accounts. Sessions that were left to somebody who was
// disabled in another way end too, before they can come back to life.
func (s *Accounts) SetActive(ctx context.Context, name port.AccountRef, active bool) (user domain.User, changed, found bool, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		row, ok, err := findNamed(ctx, q, s.holdUser, name)
		if err != nil || !ok {
			return err
		}
		change := row.IsActive != active
		row.IsActive = active
		if change {
			_, err = Exec(ctx, q, setActive, row.ID, active)
		}
		if err == nil && (change || !active) {
			_, err = Exec(ctx, q, s.endSessions, row.ID)
		}
		user, changed, found = row.ToDomain(), change, true
		return err
	})
	if err != nil {
		return domain.User{}, false, false, fmt.Errorf("enable or disable a user: %w", err)
	}
	return user, changed, found, nil
}

// Delete implements port.Accounts.
func (s *Accounts) Delete(ctx context.Context, name port.AccountRef) (found bool, err error) {
	err = s.db.Write(ctx, func(ctx context.Context, q Queryer) error {
		row, ok, err := findNamed(ctx, q, s.holdUser, name)
		if err != nil || !ok {
			return err
		}
		if _, err := Exec(ctx, q, s.endSessions, row.ID); err != nil {
			return err
		}
		_, err = Exec(ctx, q, deleteUser, row.ID)
		found = true
		return err
	})
	if err != nil {
		return false, fmt.Errorf("delete a user: %w", err)
	}
	return found, nil
}

// findNamed runs a statement about the user of a name, which stands where it says
// NAMED.
func findNamed(ctx context.Context, q Queryer, statement string, name port.AccountRef) (user User, found bool, err error) {
	switch {
	case name.ID != 0:
		return One[User](ctx, q, strings.Replace(statement, "NAMED", "id = $1", 1), name.ID)
	case !name.Identifier.IsZero():
		return One[User](ctx, q, strings.Replace(statement, "NAMED", column(name.Identifier)+" = $1", 1), name.Identifier.Value())
	default:
		return User{}, false, nil
	}
}

// column is where identifiers of a kind are.
func column(i domain.Identifier) string {
	if i.Kind() == domain.KindPhone {
		return "phone"
	}
	return "email"
}

// otherColumn is where identifiers of the other kind are.
func otherColumn(i domain.Identifier) string {
	if i.Kind() == domain.KindPhone {
		return "email"
	}
	return "phone"
}

func optional(b *bool) sql.NullBool {
	if b == nil {
		return sql.NullBool{}
	}
	return sql.NullBool{Bool: *b, Valid: true}
}

// storable reports whether a text can be part of what is stored: PostgreSQL would
// call any other an error.
func storable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// Spellings are a letter in upper, lower and title case, itself first; any other
// character is alone.
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

// promotable is a user whose identifier nobody else can have given them.
const promotable = `(users.IDENTIFIER_verified OR users.OTHER IS NULL)`

const promoteUser = `
UPDATE users
   SET is_staff = true, is_superuser = true, is_active = true
 WHERE IDENTIFIER = $1 AND ` + promotable + `
RETURNING ` + UserColumns

// insertSuperuser finds a user after all who came into being since nobody was found,
// and nobody if the user who is there is not promotable.
const insertSuperuser = `
INSERT INTO users (uuid, IDENTIFIER, username, date_joined, is_staff, is_superuser, direct)
VALUES ($1, $2, $3, $4, true, true, true)
    ON CONFLICT (IDENTIFIER) DO UPDATE
   SET is_staff = true, is_superuser = true, is_active = true
 WHERE ` + promotable + `
RETURNING ` + UserColumns

const setActive = `
UPDATE users
   SET is_active = $2
 WHERE id = $1`

// endSessionsOfUser takes the sessions in the order in which everybody does who ends
// several.
const endSessionsOfUser = `
DELETE FROM sessions
 WHERE id IN (
       SELECT id
         FROM sessions
        WHERE user_id = $1
        ORDER BY id
        LOCK)`

// deleteUser removes what belongs to the user with them.
const deleteUser = `
DELETE FROM users
 WHERE id = $1`
