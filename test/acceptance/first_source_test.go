// The first source: where a new user came from, in the order of the contract.
package acceptance_test

import (
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

const (
	atVerify   = "https://verify.example/?utm_source=v"
	atRequest  = "http://request.example/landing"
	cameBefore = "https://asked-from.example/page"
	cameAfter  = "https://verified-from.example/page"
	ownPage    = "https://id.example.com/login"
)

func TestFirstSource(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		asked, askedFrom, verified, verifiedFrom string
		want                                     string
	}{
		"source_url at verify":       {atRequest, cameBefore, atVerify, cameAfter, atVerify},
		"source_url at request":      {atRequest, cameBefore, "", cameAfter, atRequest},
		"Referer of the request":     {"", cameBefore, "", cameAfter, cameBefore},
		"Referer at verify":          {"", "", "", cameAfter, cameAfter},
		"none":                       {"", "", "", "", ""},
		"our own page is none":       {"", ownPage, "", "HTTPS://ID.EXAMPLE.COM./x", ""},
		"another of our ports too":   {"", "https://id.example.com:8443/", "", cameAfter, cameAfter},
		"a Referer that is no URL":   {"", "about:blank", "", "android-app://com.example", ""},
		"a Referer that is too long": {"", "https://long.example/" + strings.Repeat("x", 2048), "", cameAfter, cameAfter},
		"without what may be secret": {"https://ada:pw@request.example/p?q=1&utm_source=x&ref=y#token", "", "", "", "https://request.example/p?utm_source=x&ref=y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
				s := kit.Start(t, db, kit.Options{Set: map[string]string{"http.public_url": "https://id.example.com"}})
				s.Post(t, kit.RequestPath, kit.JSON{"identifier": "ada@example.com", "source_url": row.asked}, referer(row.askedFrom)).
					Want(t, http.StatusOK)
				verify := kit.JSON{"identifier": "ada@example.com", "otp_code": s.Code(t, "ada@example.com"), "source_url": row.verified}
				s.Post(t, kit.VerifyPath, verify, referer(row.verifiedFrom)).Want(t, http.StatusOK)
				require.Equal(t, row.want, firstSource(t, db, "ada@example.com"))
			})
		})
	}
}

func referer(url string) kit.Header { return kit.Header{Name: "Referer", Value: url} }

// firstSource is the URL of somebody's first source, "" if they have none.
func firstSource(t *testing.T, db kit.Database, email string) string {
	t.Helper()
	var url string
	err := db.Open(t).QueryRowContext(t.Context(), `
		SELECT s.url FROM user_registration_sources s JOIN users u ON u.id = s.user_id
		 WHERE u.email = $1 AND s.first_registration`, email).Scan(&url)
	if errors.Is(err, sql.ErrNoRows) {
		return ""
	}
	require.NoError(t, err)
	return url
}

// Only the first sign-in has a first source.
func TestFirstSource_stays(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		for i, url := range []string{atRequest, atVerify} {
			s.Request(t, "ada@example.com", referer(url))
			s.Verify(t, "ada@example.com", s.Code(t, "ada@example.com")).Want(t, http.StatusOK)
			require.Equal(t, atRequest, firstSource(t, db, "ada@example.com"), "sign-in %d", i)
		}
		s.SignIn(t, "eve@example.com")
		s.Request(t, "eve@example.com", referer(atVerify))
		s.Verify(t, "eve@example.com", s.Code(t, "eve@example.com")).Want(t, http.StatusOK)
		require.Empty(t, firstSource(t, db, "eve@example.com"), "she registered without one")
	})
}

// A source_url that is none is refused before anything is limited, stored or
// looked at.
func TestFirstSource_thatIsNone(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		asked := s.Request(t, "ada@example.com").Want(t, http.StatusOK)
		code := s.Code(t, "ada@example.com")
		for _, url := range []string{
			"x", "ftp://example.com/", "//example.com", "https://", "javascript:alert(1)", "https://exa mple.com/", "http://[::1", " ",
			"https://example.com/" + strings.Repeat("x", 2029),
		} {
			for path, body := range map[string]kit.JSON{
				kit.RequestPath:          {"identifier": "eve@example.com", "source_url": url},
				"/accounts/otp/request/": {"identifier": "eve@example.com", "source_url": url},
				kit.VerifyPath:           {"challenge_id": asked.Text("challenge_id"), "otp_code": code, "source_url": url},
				"/accounts/otp/verify/":  {"identifier": "ada@example.com", "otp": kit.WrongCodes(code, 1)[0], "source_url": url},
			} {
				s.Post(t, path, body).Refused(t, http.StatusBadRequest, "invalid_source_url")
			}
		}
		require.Equal(t, 1, db.Count(t, "SELECT count(*) FROM otp_secrets"))
		require.Len(t, s.Inbox.Letters(), 1)
		longest := "https://example.com/" + strings.Repeat("x", 2028)
		verify := kit.JSON{"identifier": "ada@example.com", "otp_code": code, "source_url": longest}
		require.Len(t, longest, 2048)
		s.Post(t, kit.VerifyPath, verify).Want(t, http.StatusOK)
		require.Equal(t, longest, firstSource(t, db, "ada@example.com"))
	})
}
