// Sources and analytics: where people came from, for themselves and for staff.
package acceptance_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

const (
	springURL    = "https://www.MyApp.com:443/?UTM_Source=Facebook&utm_campaign=spring&token=secret"
	analyticsAPI = "/api/admin/analytics/"
)

// comeFrom signs a user in with a source URL.
func comeFrom(t *testing.T, s *kit.Service, identifier, source string) kit.Session {
	t.Helper()
	s.Post(t, kit.RequestPath, kit.JSON{"identifier": identifier, "source_url": source}).Want(t, http.StatusOK)
	return s.Verify(t, identifier, s.Code(t, identifier)).Want(t, http.StatusOK).Session(t)
}

// staff is the Authorization header of a staff user.
func staff(t *testing.T, s *kit.Service, db kit.Database) kit.Header {
	t.Helper()
	session := s.SignIn(t, "staff@example.com")
	db.Exec(t, "UPDATE users SET is_staff = true WHERE email = 'staff@example.com'")
	return kit.Bearer(session.Access)
}

func TestAnalytics(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		all := kit.StartAll(t, db, kit.Options{Set: map[string]string{"upkeep.interval": "1s", "phone.countries": "*"}})
		s := all[0]
		ada := comeFrom(t, s, "ada@example.com", springURL)
		comeFrom(t, all[len(all)-1], "+4915112345678",
			"http://myapp.com/page?utm_campaign=Spring&utm_source=facebook&gclid=1#top")
		comeFrom(t, s, "ada@example.com", "https://dashboard.myapp.com")
		s.Post(t, kit.RequestPath, kit.JSON{"identifier": "nobody@example.com", "source_url": "https://stranger.example/"}).
			Want(t, http.StatusOK)
		asStaff := staff(t, s, db)

		mine := s.Do(t, http.MethodGet, "/api/profile/sources/", nil, kit.Bearer(ada.Access)).Want(t, http.StatusOK)
		var sources struct {
			Results []struct {
				Source            struct{ ID, DisplayName, Category, Channel string }
				FirstRegistration bool `json:"first_registration"`
				URL               string
			}
		}
		require.NoError(t, json.Unmarshal(mine.Body, &sources))
		require.Len(t, sources.Results, 2)
		require.True(t, sources.Results[0].FirstRegistration)
		require.Equal(t, "https://www.MyApp.com:443/?UTM_Source=Facebook&utm_campaign=spring", sources.Results[0].URL)
		require.False(t, sources.Results[1].FirstRegistration)
		require.NotContains(t, string(mine.Body), "secret")

		users := s.Do(t, http.MethodGet, analyticsAPI+"sources/?group_by=channel", nil, asStaff).Want(t, http.StatusOK)
		require.JSONEq(t, `{"results":[{"channel":"direct","users":1},{"channel":"organic_social","users":1},{"channel":"paid_search","users":1}],"next_cursor":null}`, string(users.Body))

		// What was asked for counts once, however often and by whichever instance it is counted.
		require.Eventually(t, func() bool {
			return strings.Contains(funnelOf(t, s, asStaff, ""),
				`"requested":5,"sent":5,"delivered":4,"verified":4,"registered":3`)
		}, 20*time.Second, 50*time.Millisecond, "%s", funnelOf(t, s, asStaff, ""))
		require.JSONEq(t, `{"results":[{"country":"","requested":4,"sent":4,"delivered":3,"verified":3,"registered":2},
			{"country":"DE","requested":1,"sent":1,"delivered":1,"verified":1,"registered":1}],"next_cursor":null}`,
			funnelOf(t, s, asStaff, "?group_by=country"))
		require.Contains(t, funnelOf(t, s, asStaff, "?group_by=source"), `"id":"other","display_name":"Other"`,
			"nobody has registered through that one")
		require.NotContains(t, funnelOf(t, s, asStaff, "?group_by=source"), "stranger")
		for range 3 { // runs later
			counted := funnelRun(t, db)
			require.Eventually(t, func() bool { return funnelRun(t, db) != counted }, 20*time.Second, 50*time.Millisecond)
		}
		require.Contains(t, funnelOf(t, s, asStaff, ""), `"requested":5,"sent":5,"delivered":4,"verified":4,"registered":3`)
	})
}

func funnelOf(t *testing.T, s *kit.Service, as kit.Header, query string) string {
	return string(s.Do(t, http.MethodGet, analyticsAPI+"funnel/"+query, nil, as).Want(t, http.StatusOK).Body)
}

// funnelRun is when the funnel was counted last.
func funnelRun(t *testing.T, db kit.Database) (at string) {
	require.NoError(t, db.Open(t).
		QueryRowContext(t.Context(), "SELECT CAST(counted_until AS text) FROM funnel_runs").Scan(&at))
	return at
}

// What is typed into a URL is text everywhere, and never more.
func TestAnalytics_oddSources(t *testing.T) {
	t.Parallel()
	names := map[string]string{ // as a spreadsheet gets them
		"=HYPERLINK(%22https://evil.example%22)": `'=hyperlink("https://evil Example") Campaign`,
		"%2B1%2B1":                               "1 1 Campaign",
		"@SUM(A1)":                               "'@sum(a1) Campaign",
		"%F0%9F%8E%89+party":                     "🎉 Party Campaign",
		"%D7%A9%D7%9C%D7%95%D7%9D%E2%80%AE":      "שלום Campaign",
		"%zz%":                                   "'%zz% Campaign",
		"<script>alert(1)</script>":              "<script>alert(1)</script> Campaign",
		"a%0D%0Ab%00c":                           "A Bc Campaign",
		"'%3B DROP TABLE users--":                "'; Drop Table Users Campaign",
	}
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{})
		asStaff := staff(t, s, db)
		n := 0
		for campaign := range names {
			n++
			comeFrom(t, s, fmt.Sprintf("user%d@example.com", n), "https://myapp.com/?utm_campaign="+campaign)
		}
		sheet := s.Do(t, http.MethodGet, analyticsAPI+"sources/?format=csv", nil, asStaff).Want(t, http.StatusOK)
		rows, err := csv.NewReader(bytes.NewReader(sheet.Body)).ReadAll()
		require.NoError(t, err)
		require.Equal(t, []string{"id", "display_name", "origin", "category", "channel", "users"}, rows[0])
		var told []string
		for _, row := range rows[1:] {
			told = append(told, row[1])
		}
		require.ElementsMatch(t, append(slices.Collect(maps.Values(names)), "Direct"), told)
		for _, page := range []string{"sources", "funnel?group_by=source", "funnel?group_by=campaign"} {
			s.Do(t, http.MethodGet, analyticsAPI+page, nil, asStaff).Want(t, http.StatusOK)
		}
	})
}

// docs/analytics.md: its curls, typed in by a member of staff.
func TestAnalyticsPage_itsCurlsWork(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(kit.Root(t), "docs", "analytics.md"))
	require.NoError(t, err)
	curls, answers := readmeCurl.FindAllString(string(text), -1), readmeAnswer.FindAllStringSubmatch(string(text), -1)
	require.Len(t, curls, 3)
	require.Len(t, answers, 3)
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"upkeep.interval": "1s"}})
		access := comeFrom(t, s, "ada@example.com", springURL).Access
		db.Exec(t, "UPDATE users SET is_superuser = true")
		require.Eventually(t, func() bool {
			return strings.Contains(funnelOf(t, s, kit.Bearer(access), ""), `"registered":1`)
		}, 20*time.Second, 50*time.Millisecond)
		for i, curl := range curls {
			out := typed(t, strings.ReplaceAll(curl, "localhost:8000", strings.TrimPrefix(s.URL, "http://")), "ACCESS="+access)
			var got, want any
			require.NoError(t, json.Unmarshal(out, &got), "%s", out)
			require.NoError(t, json.Unmarshal([]byte(answers[i][1]), &want))
			require.Equal(t, shape(want), shape(got), "%s: not as on the page: %s", curl, out)
		}
	})
}

// The same at the command line, beside the service.
func TestSourcesCommands(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		s := kit.Start(t, db, kit.Options{Set: map[string]string{"upkeep.interval": "1s"}})
		comeFrom(t, s, "ada@example.com", springURL)
		comeFrom(t, s, "bob@example.com", "https://dashboard.myapp.com/?utm_campaign=%1b[2J")
		comeFrom(t, s, "eve@example.com", springURL)
		require.Eventually(t, func() bool {
			return db.Count(t, "SELECT CAST(coalesce(sum(registered), 0) AS bigint) FROM funnel") == 3
		}, 20*time.Second, 50*time.Millisecond)
		says := func(code int, args ...string) kit.Result {
			got := kit.Run(t, kit.Binary(t), t.TempDir(), []string{"DOORCODE_DATABASE_URL=" + db.URL},
				append([]string{"sources"}, args...)...)
			require.Equal(t, code, got.Code, "%q: %s", args, got.Err)
			return got
		}
		require.Equal(t, `Users by first source:

  Facebook - Spring Campaign  2  ██████████████████████████████  myapp.com, campaign, organic_social
  [2j Campaign                1  ███████████████  dashboard.myapp.com, campaign, referral
`, says(0, "top").Out)
		require.NotContains(t, says(0, "top", "--limit", "1", "--since", "1h").Out, "[2j")
		require.Equal(t, "No registrations in this period.\n", says(0, "top", "--until", "1d").Out)
		require.Contains(t, says(0, "top", "--output", "json").Out, `"users": 2`)

		today := time.Now().UTC().Format(time.DateOnly)
		report := says(0, "report", "--since", today).Out
		for _, line := range []string{
			"(UTC): 3 new users\n", "\n  " + today + "  3  ██████████████████████████████\n",
			"\n  organic_social  2  ██████████████████████████████\n",
			"\n  registered  3  ██████████████████████████████  100.0 %\n",
		} {
			require.Contains(t, report, line)
		}
		var page struct {
			Users  int
			Funnel []struct{ Challenges int }
		}
		require.NoError(t, json.Unmarshal([]byte(says(0, "report", "--since", today, "--output", "json").Out), &page))
		require.Equal(t, 3, page.Users)
		require.Len(t, page.Funnel, 5)

		for _, wrong := range [][]string{
			{"top", "--since", "yesterday"},
			{"top", "--limit", "-1"},
			{"top", "--limit", "0"},
			{"top", "--limit", "x"},
			{"top", "--limit", "1001"},
			{"report", "--since", "1d", "--until", "2d"},
			{"report", "--until", "99999999d"},
			{"top", "x"},
		} {
			require.Contains(t, says(2, wrong...).Err, "wrong usage", "%q", wrong)
		}
	})
}
