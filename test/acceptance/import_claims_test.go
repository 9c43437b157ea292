// The owner of an address, in an import from Django-CFG: an unverified address
// gives nothing to the user that claims it, and what is stored there breaks nothing here.
package acceptance_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

// withProofs adds the column that says which e-mail addresses are proved.
const withProofs = `ALTER TABLE django_cfg_accounts_customuser ADD COLUMN is_email_verified boolean NOT NULL DEFAULT false`

// apart wants two addresses to open two accounts.
func apart(t *testing.T, s *kit.Service, one, other string) {
	t.Helper()
	require.NotEqual(t, s.SignIn(t, one).UserID, s.SignIn(t, other).UserID, "%s and %s open one account", one, other)
}

func TestImportDjango_claims(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		from, _ := django(t, withProofs, `
INSERT INTO django_cfg_accounts_customuser (id, username, email, is_email_verified, phone, phone_verified,
    first_name) VALUES
    (1, 'owner1', 'owner1@example.com', true, '', false, 'Owner'),
    (2, 'thief1', 'OWNER1@example.com', false, '+15550000001', true, 'Thief'),
    (3, 'thief2', 'Owner2@example.com', false, '+15550000002', true, 'Thief'),
    (4, 'owner2', 'owner2@example.com', true, '', false, 'Owner'),
    (5, 'thief3', 'thief3@example.com', true, '+15550000003', false, 'Thief'),
    (6, 'thief4', 'stranger@example.com', false, '+15550000004', true, 'Thief'),
    (7, 'thief5', 'thief5@example.com', false, '+15550000005', false, 'Thief'),
    (8, 'thief6', 'thief6@example.com', false, '+15550000006', false, 'Thief'),
    (9, 'owner6', 'phone_15550000006@x.example', false, '+15550000006', true, 'Owner'),
    (10, 'elder', 'twice@example.com', true, '', false, 'Elder'),
    (11, 'younger', 'TWICE@example.com', true, '', false, 'Younger'),
    (12, 'early', 'Unproved@example.com', false, '', false, 'Early'),
    (13, 'late', 'unproved@example.com', false, '', false, 'Late'),
    (14, 'squatter', 'Owner3@example.com', false, '', false, 'Squatter'),
    (15, 'owner3', 'owner3@example.com', true, '', false, 'Owner');`)
		done := importDjango(t, from, db)
		want := []string{
			"2 email email_unproved", "3 email email_unproved", "5 phone phone_for_contact", "6 email email_unproved",
			"7 phone phone_for_contact", "8 phone phone_for_contact", "11  all_taken", "13  all_taken", "14  all_taken",
		}
		require.ElementsMatch(t, want, done.told())
		require.ElementsMatch(t, want, importDjango(t, from, db).told())
		require.Zero(t, db.Count(t, "SELECT count(*) FROM users WHERE email IS NOT NULL AND phone IS NOT NULL"))

		s := kit.Start(t, db, kit.Options{Set: map[string]string{"phone.countries": "*"}})
		for thief, owner := range map[string]string{
			"+15550000001": "owner1@example.com", "+15550000002": "owner2@example.com", "thief3@example.com": "+15550000003",
			"+15550000004": "stranger@example.com", "thief5@example.com": "+15550000005", "thief6@example.com": "+15550000006",
		} {
			apart(t, s, thief, owner)
		}
		for address, name := range map[string]string{
			"owner1@example.com": "Owner", "owner2@example.com": "Owner", "owner3@example.com": "Owner", "+15550000006": "Owner",
			"stranger@example.com": "",
			"twice@example.com":    "Elder", "unproved@example.com": "Early",
		} {
			require.Equal(t, name, s.Profile(t, s.SignIn(t, address).Access).Text("first_name"), address)
		}
	})
}

// Where no column says which e-mail addresses are proved, none is, unless one says so.
func TestImportDjango_trustEmails(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		from, _ := django(t, `
INSERT INTO django_cfg_accounts_customuser (id, username, email, phone, phone_verified) VALUES
    (1, 'ada', 'ada@example.com', '+15550000001', true), (2, 'bob', 'bob@example.com', '', false);`)
		require.ElementsMatch(t, []string{"1 email email_unproved"}, importDjango(t, from, db, "--dry-run").told())
		require.Empty(t, importDjango(t, from, db, "--trust-emails").told())
		require.Equal(t, 2, db.Count(t, "SELECT count(*) FROM users WHERE email_verified"))
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"phone.countries": "*"}})
		require.Equal(t, s.SignIn(t, "ada@example.com").UserID, s.SignIn(t, "+15550000001").UserID)
	})
}

// A stored user gets nothing by an unverified address.
func TestImportDjango_completesNobodyUnproved(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"phone.countries": "*"}})
		eve := s.SignIn(t, "eve@example.com")
		from, _ := django(t, `
INSERT INTO django_cfg_accounts_customuser (id, username, email, phone, phone_verified, first_name) VALUES
    (901, 'thief1', 'eve@example.com', '', false, 'Thief'),
    (902, 'thief2', 'EVE@example.com', '+15550000001', true, 'Thief');
INSERT INTO django_cfg_accounts_registrationsource (id, url) VALUES (1, 'https://thief.example/');
INSERT INTO django_cfg_accounts_userregistrationsource
    (user_id, source_id, first_registration, registration_date) VALUES
    (901, 1, true, '2024-03-01Z'), (902, 1, true, '2024-03-01Z');`)
		done := importDjango(t, from, db)
		require.Equal(t, [7]int{2, 1, 0, 1, 0, 0, 1}, done.counts())
		require.ElementsMatch(t, []string{"901  not_completed", "902 email email_unproved"}, done.told())
		require.Empty(t, s.Profile(t, eve.Access).Text("first_name"))
		require.Zero(t, db.Count(t, "SELECT count(*) FROM user_registration_sources WHERE user_id = $1", eve.UserID))
		apart(t, s, "eve@example.com", "+15550000001")
	})
}

// A claim of an address does not make a superuser.
func TestCreateSuperuser_unproved(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"phone.countries": "*"}})
		thief := s.SignIn(t, "+15550000004")
		// Earlier imports left such rows.
		db.Exec(t, "UPDATE users SET email = 'ceo@example.com' WHERE id = $1", thief.UserID)
		o := operator{database: db.URL}
		done := o.runs(t, "create-superuser", "--email", "ceo@example.com")
		require.Equal(t, 1, done.Code)
		require.Contains(t, done.Err, "have the user sign in with this address once")
		require.Equal(t, http.StatusForbidden,
			s.Do(t, http.MethodGet, "/api/admin/analytics/sources", nil, kit.Bearer(thief.Access)).Status)
		require.Zero(t, db.Count(t, "SELECT count(*) FROM users WHERE is_staff OR is_superuser"))
	})
}

// Times and numbers that nothing here can hold come along as ones that it can.
func TestImportDjango_oddValues(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		var people strings.Builder
		odd := []string{"infinity", "-infinity", "0044-03-15 00:00:00+00 BC", "200000-01-01Z", "2999-01-01Z"}
		want := []string{
			"9223372036854775807 id new_number", "9007199254740992 id new_number", "0 id new_number",
			"-5 id new_number",
		}
		for n, at := range odd {
			fmt.Fprintf(&people, `
INSERT INTO django_cfg_accounts_customuser (id, username, email, date_joined)
    VALUES (%[1]d, 'a%[1]d', 'a%[1]d@example.com', '%[2]s');
INSERT INTO django_cfg_accounts_customuser (id, username, email, last_login)
    VALUES (%[1]d + 100, 'b%[1]d', 'b%[1]d@example.com', '%[2]s');
INSERT INTO django_cfg_accounts_userregistrationsource (user_id, source_id, first_registration, registration_date)
    VALUES (%[1]d + 100, 1, false, '%[2]s');`, n+1, at)
			want = append(want, fmt.Sprint(n+1, " date_joined odd_date"), fmt.Sprint(n+101, " last_login odd_date"),
				fmt.Sprint(n+101, " source odd_date"))
		}
		from, _ := django(t, `INSERT INTO django_cfg_accounts_registrationsource (id, url) VALUES (1, 'https://a.example/')`,
			people.String(), `
INSERT INTO django_cfg_accounts_customuser (id, username, email) VALUES
    (9223372036854775807, 'c1', 'c1@example.com'), (9007199254740992, 'c2', 'c2@example.com'),
    (0, 'c3', 'c3@example.com'), (-5, 'c4', 'c4@example.com')`)
		require.ElementsMatch(t, want, importDjango(t, from, db).told())
		require.Zero(t, db.Count(t, "SELECT count(*) FROM users WHERE direct IS NULL"))

		s := kit.Start(t, db, kit.Options{Set: map[string]string{"jwt.update_last_login": "false"}})
		o := operator{database: db.URL}
		o.does(t, "list")
		o.does(t, "show", "--email", "b1@example.com")
		require.Less(t, s.SignIn(t, "new@example.com").UserID, 10_000)
		for n := range odd {
			canBeShown(t, s, fmt.Sprintf("b%d@example.com", n+1))
		}
	})
}

// canBeShown requires a user's own pages to answer.
func canBeShown(t *testing.T, s *kit.Service, who string) {
	t.Helper()
	token := s.SignIn(t, who).Access
	s.Profile(t, token).Want(t, http.StatusOK)
	s.Do(t, http.MethodGet, "/api/profile/sources/", nil, kit.Bearer(token)).Want(t, http.StatusOK)
	s.Do(t, http.MethodGet, "/api/auth/sessions/", nil, kit.Bearer(token)).Want(t, http.StatusOK)
}

// Whatever times are stored, they can be shown.
func TestProfile_oddTimes(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db,
			kit.Options{Set: map[string]string{"jwt.update_last_login": "false", "ratelimit.identifier_requests": "0"}})
		times := []string{"'infinity'", "'-infinity'", "'0044-03-15 00:00:00+00 BC'", "'200000-01-01Z'"}
		if db.Dialect == kit.SQLite {
			times = []string{"9223372036854775807", "-9223372036854775808", "6248534400000000000", "-63525600000000000"}
		}
		s.Post(t, kit.RequestPath, kit.JSON{"identifier": "ada@example.com", "source_url": "https://a.example/"}).
			Want(t, http.StatusOK)
		s.Verify(t, "ada@example.com", s.Code(t, "ada@example.com")).Want(t, http.StatusOK)
		for _, at := range times {
			db.Exec(t, "UPDATE users SET date_joined = "+at+", last_login = "+at)
			db.Exec(t, "UPDATE user_registration_sources SET registered_at = "+at)
			canBeShown(t, s, "ada@example.com")
			o := operator{database: db.URL}
			o.does(t, "list")
			o.does(t, "show", "--email", "ada@example.com")
		}
	})
}
