package djangocfg

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// ForeignUsers implements port.ForeignUsers with one transaction.
type ForeignUsers struct {
	tx          *sql.Tx
	has         columns
	trustEmails bool // if no column has their verification
}

// Count implements port.ForeignUsers.
func (s *ForeignUsers) Count(ctx context.Context) (count port.ForeignCount, err error) {
	if err := s.tx.QueryRowContext(ctx, countUsers, port.MaxUserID).Scan(&count.Users, &count.MaxID); err != nil {
		return port.ForeignCount{}, explain(fmt.Errorf("count the users of Django: %w", err))
	}
	return count, nil
}

// All implements port.ForeignUsers. A user has one row per link, or one without a link.
func (s *ForeignUsers) All(ctx context.Context) iter.Seq2[port.ForeignUser, error] {
	return func(yield func(port.ForeignUser, error) bool) {
		stopped := false
		err := s.read(ctx, func(u port.ForeignUser) bool {
			stopped = !yield(u, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(port.ForeignUser{}, explain(fmt.Errorf("read the users of Django: %w", err)))
		}
	}
}

func (s *ForeignUsers) read(ctx context.Context, yield func(port.ForeignUser) bool) error {
	rows, err := s.tx.QueryContext(ctx, s.has.statement(s.trustEmails))
	if err != nil {
		return err
	}
	defer rows.Close()
	var user *port.ForeignUser
	for rows.Next() {
		var next row
		if err := rows.Scan(next.columns()...); err != nil {
			return err
		}
		if user == nil || next.ID != user.ID {
			if user != nil && !yield(*user) {
				return nil
			}
			user = next.toPort()
		}
		if next.url.Valid {
			link := port.ForeignLink{URL: next.url.String, First: next.first.Bool, RegisteredAt: inUTC(next.at)}
			user.Links = append(user.Links, link)
		}
	}
	if err := rows.Err(); err != nil || user == nil {
		return err
	}
	yield(*user)
	return nil
}

// row is a row of listUsers.
type row struct {
	port.ForeignUser
	joined, lastLogin, at sql.NullTime
	url                   sql.NullString
	first                 sql.NullBool
}

func (r *row) columns() []any {
	return []any{
		&r.ID, &r.Username, &r.Email, &r.EmailVerified, &r.Phone, &r.PhoneVerified,
		&r.FirstName, &r.LastName, &r.Company, &r.Position,
		&r.IsActive, &r.IsStaff, &r.IsSuperuser, &r.Deleted, &r.joined, &r.lastLogin,
		&r.url, &r.first, &r.at,
	}
}

func (r *row) toPort() *port.ForeignUser {
	u := r.ForeignUser
	u.DateJoined, u.LastLogin = inUTC(r.joined), inUTC(r.lastLogin)
	return &u
}

func inUTC(t sql.NullTime) time.Time {
	if !t.Valid {
		return time.Time{}
	}
	return t.Time.UTC()
}

// statement is listUsers for the columns of the version.
func (c columns) statement(trustEmails bool) string {
	deleted := "false"
	if c.ofUser("deleted_at", "") != "" {
		deleted = "u.deleted_at IS NOT NULL"
	}
	return strings.NewReplacer(
		"PHONE_VERIFIED", c.ofUser("phone_verified", "false"),
		"EMAIL_VERIFIED", c.ofUser("is_email_verified", strconv.FormatBool(trustEmails)),
		"DELETED", deleted,
		"PHONE", c.ofUser("phone", "''"),
		"COMPANY", c.ofUser("company", "''"),
		"POSITION", c.ofUser("position", "''"),
		"DATE_JOINED", bounded("u.date_joined"),
		"LAST_LOGIN", bounded("u.last_login"),
		"REGISTRATION_DATE", bounded("l.registration_date"),
	).Replace(listUsers)
}

// bounded is a SQL expression that clamps a time to the years 1000 to 9999: PostgreSQL
// has infinity and a wider range of years.
func bounded(column string) string {
	return "CASE WHEN " + column + " IS NOT NULL THEN LEAST(GREATEST(" + column + ", '1000-01-01'), '9999-01-01') END"
}

const countUsers = `
SELECT count(*), GREATEST(max(id) FILTER (WHERE id <= $1), 0)
  FROM ` + usersTable

const listUsers = `
SELECT u.id, COALESCE(u.username, ''), COALESCE(u.email, ''), COALESCE(EMAIL_VERIFIED, false),
       COALESCE(PHONE, ''), COALESCE(PHONE_VERIFIED, false),
       COALESCE(u.first_name, ''), COALESCE(u.last_name, ''), COALESCE(COMPANY, ''), COALESCE(POSITION, ''),
       COALESCE(u.is_active, false), COALESCE(u.is_staff, false), COALESCE(u.is_superuser, false), DELETED,
       DATE_JOINED, LAST_LOGIN, s.url, l.first_registration, REGISTRATION_DATE
  FROM ` + usersTable + ` AS u
  LEFT JOIN (` + linksTable + ` AS l JOIN ` + sourcesTable + ` AS s ON s.id = l.source_id) ON l.user_id = u.id
 ORDER BY u.id, l.registration_date, l.id`
