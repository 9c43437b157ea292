// The first source: where a new user came from, in the order of the contract.
package acceptance_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
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
		"without what may be secret": {
			"https://ada:pw@request.example/p?q=1&utm_source=x&ref=y#token", "", "", "",
			"https://request.example/p?utm_source=x&ref=y",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
				s := kit.Start(t, db, kit.Options{Set: map[string]string{"http.public_url": "https://id.example.com"}})
				s.Post(t, kit.RequestPath, kit.JSON{
					"identifier": "ada@example.com", "source_url": row.asked,
				}, referer(row.askedFrom)).
					Want(t, http.StatusOK)
				verify := kit.JSON{
					"identifier": "ada@example.com", "otp_code": s.Code(t, "ada@example.com"), "source_url": row.verified,
				}
				s.Post(t, kit.VerifyPath, verify, referer(row.verifiedFrom)).Want(t, http.StatusOK)
				require.Equal(t, row.want, firstSource(t, db, "ada@example.com"))
			})
		})
	}
}

func referer(url string) kit.Header { return kit.Header{Name: "Referer", Value: url} }

// firstSource is the URL of the first source of a user, "" for none.
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

// A source_url that is no source never stops a sign-in: it is ignored, and the answer
// warns of it. Only one that is not a string is refused.
func TestFirstSource_ignored(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"ratelimit.ip_request": "1000/min"}})
		for n, url := range []string{
			"x", "ftp://example.com/", "//example.com", "https://", "javascript:alert(1)", "https://exa mple.com/",
			"http://[::1", "about:blank",
			"capacitor://localhost/signup", "file:///x.html", "/signup?utm_source=x", "www.example.com/?utm_source=x",
			"android-app://com.example/",
			"https://example.com/" + strings.Repeat("x", 2029),
		} {
			for name, paths := range map[string][2]string{
				"ada": {kit.RequestPath, kit.VerifyPath}, "eve": {"/accounts/otp/request/", "/accounts/otp/verify/"},
			} {
				who := fmt.Sprintf("%s%d@example.com", name, n)
				body := kit.JSON{"identifier": who, "source_url": url}
				requireSourceWarning(t, s.Post(t, paths[0], body, referer(cameBefore)).Want(t, http.StatusOK))
				body["otp"] = s.Code(t, who)
				requireSourceWarning(t, s.Post(t, paths[1], body).Want(t, http.StatusOK))
				require.Equal(t, cameBefore, firstSource(t, db, who), "%.50q", url)
			}
		}
	})
}

func requireSourceWarning(t *testing.T, got kit.Answer) {
	t.Helper()
	var body struct {
		Warnings []struct{ Pointer, Code, Detail string }
	}
	require.NoError(t, json.Unmarshal([]byte(got.Body), &body))
	require.Len(t, body.Warnings, 1, got.Body)
	require.Equal(t, "/source_url", body.Warnings[0].Pointer)
	require.Equal(t, "source_ignored", body.Warnings[0].Code)
	require.NotEmpty(t, body.Warnings[0].Detail)
}

// Spellings of a source_url that is a source, and the URL that is kept.
func TestFirstSource_spellings(t *testing.T) {
	t.Parallel()
	longest := "https://example.com/" + strings.Repeat("x", 2028)
	require.Len(t, longest, 2048)
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"ratelimit.ip_request": "1000/min"}})
		for url, want := range map[string]string{
			longest:                                longest,
			" https://example.com/a\n":             "https://example.com/a",
			" \t":                                  "",
			"https://example.com/100%-off/":        "https://example.com/100%25-off/",
			"android-app://com.google.android.gm/": "https://mail.google.com/",
			"https://example.com/?x=1&amp;utm_source=a&amp;token=secret": "https://example.com/?utm_source=a",
		} {
			who := fmt.Sprintf("user%d@example.com", len(url))
			got := s.Post(t, kit.RequestPath, kit.JSON{"identifier": who, "source_url": url}).Want(t, http.StatusOK)
			require.NotContains(t, got.Body, "warnings")
			got = s.Verify(t, who, s.Code(t, who)).Want(t, http.StatusOK)
			require.NotContains(t, got.Body, "warnings")
			require.Equal(t, want, firstSource(t, db, who), "%q", url)
		}
	})
}

func TestFirstSource_thatIsNoText(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		for path, body := range map[string]kit.JSON{
			kit.RequestPath: {"identifier": "eve@example.com"}, "/accounts/otp/request/": {"identifier": "eve@example.com"},
			kit.VerifyPath:          {"identifier": "eve@example.com", "otp_code": "123456"},
			"/accounts/otp/verify/": {"identifier": "eve@example.com", "otp": "123456"},
		} {
			body["source_url"] = []string{atRequest}
			s.Post(t, path, body).Refused(t, http.StatusBadRequest, "invalid_request")
		}
		require.Zero(t, db.Count(t, "SELECT count(*) FROM otp_secrets"))
	})
}

// Pages of own hosts are no referral, and their Referer is no source.
func TestFirstSource_ownHosts(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{
			"http.public_url": "https://id.example.com", "http.cors_origins": "https://app.example.org",
			"sources.own_hosts": ".example.net",
		}})
		for n, page := range []string{
			"https://id.example.com/x", "https://app.example.org/x", "https://example.net/x", "https://www.example.net/x",
			"https://a.example.net/x",
		} {
			who := fmt.Sprintf("user%d@example.com", n)
			s.Request(t, who, referer(page)).Want(t, http.StatusOK)
			s.Verify(t, who, s.Code(t, who), referer(page)).Want(t, http.StatusOK)
			require.Empty(t, firstSource(t, db, who), page)
			given := fmt.Sprintf("given%d@example.com", n)
			s.Post(t, kit.RequestPath, kit.JSON{"identifier": given, "source_url": page}).Want(t, http.StatusOK)
			s.Verify(t, given, s.Code(t, given)).Want(t, http.StatusOK)
			require.Equal(t, page, firstSource(t, db, given))
		}
		require.Equal(
			t, 4, db.Count(t, "SELECT count(*) FROM registration_sources WHERE category = 'website'"),
			"www. is no other source",
		)
	})
}
