package httpapi_test

import (
	"encoding/base64"
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/fake"
)

const (
	sourcesPath       = "/api/admin/analytics/sources/"
	registrationsPath = "/api/admin/analytics/registrations/"
	funnelPath        = "/api/admin/analytics/funnel/"
)

// spring is a source as it is told.
var spring = domain.Group{
	Key: "5f3c", DisplayName: "Facebook - Spring Campaign", Origin: "myapp.com",
	Category: domain.CategoryCampaign, Channel: domain.SourceOrganicSocial,
}

// staff signs in a staff user, and returns the header of the access token.
func (w *world) staff() string {
	w.t.Helper()
	token := w.signIn(ada)
	w.store.promote(ada, true, false)
	return bearer(token)
}

func TestListSources(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.store.sources = []domain.UserSource{{
		Source: domain.RegistrationSource{
			ID: "5f3c", DisplayName: "Website Registration", Category: domain.CategoryWebsite, Channel: domain.SourceDirect,
			URL: "https://example.com/register",
		},
		First: true, RegisteredAt: fake.Noon.In(time.FixedZone("", 3600)),
	}}
	got := w.do(http.MethodGet, "/api/profile/sources/", "", bearer(w.signIn(ada)))
	require.Equal(t, http.StatusOK, got.Status)
	require.JSONEq(t, `{"results":[{"source":{"id":"5f3c","display_name":"Website Registration",
		"category":"website","channel":"direct"},
		"first_registration":true,"registered_at":"2026-03-14T12:00:00Z","url":"https://example.com/register"}]}`, got.Body)
	require.Equal(t, "no-store", got.Header.Get("Cache-Control"))

	w.store.sources = nil
	require.JSONEq(t, `{"results":[]}`, w.do(http.MethodGet, "/api/profile/sources", "", bearer(w.signIn(ada))).Body)
}

// The store decides at each call whether a user is staff, not the token.
func TestAnalytics_forStaffOnly(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := bearer(w.signIn(ada))
	for _, path := range []string{sourcesPath, registrationsPath, funnelPath} {
		for _, person := range []struct {
			staff, superuser bool
			status           int
		}{
			{false, false, http.StatusForbidden},
			{true, false, http.StatusOK},
			{false, true, http.StatusOK},
			{false, false, http.StatusForbidden},
		} {
			w.store.promote(ada, person.staff, person.superuser)
			got := w.do(http.MethodGet, path+"?limit=x", "", token)
			if person.status == http.StatusForbidden {
				require.Equal(t, "permission_denied", got.member("code"), "other users do not learn what is wrong with a query")
			} else {
				require.Equal(t, http.StatusBadRequest, got.Status)
			}
			require.Equal(t, person.status, w.do(http.MethodGet, path, "", token).Status)
		}
		require.Equal(t, http.StatusUnauthorized, w.do(http.MethodGet, path, "").Status)
	}
	asked := len(w.counts.asked)
	w.store.end()
	w.store.promote(ada, true, true)
	require.Equal(t, http.StatusUnauthorized, w.do(http.MethodGet, funnelPath, "", token).Status)
	require.Len(t, w.counts.asked, asked)
}

func TestCountUsers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.staff()
	direct := domain.Group{Category: domain.CategoryDirect, Channel: domain.SourceDirect}
	w.counts.users = []domain.UserCount{{Group: spring, Users: 42}, {Group: direct, Users: 7}}
	got := w.do(http.MethodGet, sourcesPath+"?since=2026-03-01&until=2026-03-31T22:00:00%2B02:00", "", token)
	require.Equal(t, `{"results":[`+
		`{"id":"5f3c","display_name":"Facebook - Spring Campaign","origin":"myapp.com","category":"campaign",`+
		`"channel":"organic_social","users":42},`+
		`{"id":"","display_name":"Direct","origin":"","category":"direct","channel":"direct","users":7}],"next_cursor":null}`,
		got.Body)
	require.Empty(t, got.Header.Get("Link"))
	require.Equal(t, domain.Analysis{
		Since:   time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC),
		Until:   time.Date(2026, time.March, 31, 20, 0, 0, 0, time.UTC),
		GroupBy: domain.BySource, Limit: 101,
	}, w.counts.last())

	w.counts.users = []domain.UserCount{{Group: domain.Group{Key: "spring"}, Users: 42}, {Users: 7}}
	got = w.do(http.MethodGet, sourcesPath+"?group_by=campaign&since=2026-03-31T22:00:00+02:00&x=1", "", token)
	require.Equal(t, `{"results":[{"campaign":"spring","users":42},{"campaign":"","users":7}],"next_cursor":null}`,
		got.Body)
	require.Equal(t, 20, w.counts.last().Since.Hour(), "a + that was left as it is")
}

func TestAnalytics_pages(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.staff()
	w.counts.users = []domain.UserCount{
		{Group: spring, Users: 42},
		{Group: domain.Group{Key: "x", Category: "direct", Channel: "ai"}, Users: 7},
	}
	first := w.do(http.MethodGet, sourcesPath+"?group_by=source&limit=1", "", token)
	cursor, _ := first.member("next_cursor").(string)
	require.NotEmpty(t, cursor)
	require.Equal(t, `<?cursor=`+cursor+`&group_by=source&limit=1>; rel="next"`, first.Header.Get("Link"))
	base, err := url.Parse(w.server.URL + sourcesPath)
	require.NoError(t, err)
	next, err := base.Parse(strings.TrimSuffix(strings.TrimPrefix(first.Header.Get("Link"), "<"), `>; rel="next"`))
	require.NoError(t, err)

	w.counts.users = w.counts.users[1:]
	second := w.do(http.MethodGet, next.RequestURI(), "", token)
	require.Nil(t, second.member("next_cursor"))
	require.Equal(t, &domain.Cursor{Count: 42, Key: "5f3c"}, w.counts.last().After)
}

func TestCountRegistrations(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.staff()
	w.counts.users = []domain.UserCount{{Group: domain.Group{Key: "2026-03-14"}, Users: 3}}
	got := w.do(http.MethodGet, registrationsPath+"?since=2026-03-13&limit=5", "", token)
	require.Equal(t, `{"results":[{"day":"2026-03-13","users":0},{"day":"2026-03-14","users":3}],"next_cursor":null}`,
		got.Body)
	got = w.do(http.MethodGet, registrationsPath+"?since=2026-03-13&limit=1", "", token)
	cursor, _ := got.member("next_cursor").(string)
	got = w.do(http.MethodGet, registrationsPath+"?since=2026-03-13&limit=1&cursor="+cursor, "", token)
	require.Equal(t, `{"results":[{"day":"2026-03-14","users":3}],"next_cursor":null}`, got.Body)
}

func TestShowFunnel(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.staff()
	w.counts.funnel = []domain.FunnelCount{{
		Group:  domain.Group{Key: "DE"},
		Funnel: domain.Funnel{Requested: 5, Sent: 4, Delivered: 3, Verified: 2, Registered: 1},
	}}
	require.Equal(t, `{"results":[{"requested":5,"sent":4,"delivered":3,"verified":2,"registered":1}],"next_cursor":null}`,
		w.do(http.MethodGet, funnelPath, "", token).Body)
	require.Equal(t,
		`{"results":[{"country":"DE","requested":5,"sent":4,"delivered":3,"verified":2,"registered":1}],"next_cursor":null}`,
		w.do(http.MethodGet, funnelPath+"?group_by=country", "", token).Body)
}

func TestAnalytics_csv(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.staff()
	names := map[string]string{
		`=cmd|' /C calc'!A0`: `'=cmd|' /C calc'!A0`, "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1",
		"\r=1": "'\r=1",
		" =1":  "' =1", "\u00a0=1": "'\u00a0=1", "＝1": "'＝1", "|x": "'|x", "%x": "'%x", "\n": "'\n",
		`say "hi", you`: `say "hi", you`, "a\nb": "a\nb", "שלום 🎉": "שלום 🎉", "": "Direct", "a=b": "a=b", "'=1": "'=1",
	}
	for name, want := range names {
		w.counts.users = []domain.UserCount{{Group: domain.Group{Key: "id", DisplayName: name}, Users: 42}, {Users: 1}}
		got := w.do(http.MethodGet, sourcesPath+"?format=csv&limit=1", "", token)
		require.Equal(t, http.StatusOK, got.Status)
		require.Equal(t, "text/csv; charset=utf-8", got.Header.Get("Content-Type"))
		require.Equal(t, `attachment; filename="sources.csv"`, got.Header.Get("Content-Disposition"))
		require.Equal(t, "nosniff", got.Header.Get("X-Content-Type-Options"))
		require.Contains(t, got.Header.Get("Link"), "format=csv")
		rows, err := csv.NewReader(strings.NewReader(got.Body)).ReadAll()
		require.NoError(t, err)
		require.Equal(t,
			[][]string{
				{"id", "display_name", "origin", "category", "channel", "users"},
				{"id", strings.ReplaceAll(want, "\r\n", "\n"), "", "", "", "42"},
			}, rows, "%q", name)
	}
}

func TestAnalytics_queriesThatCannotBe(t *testing.T) {
	t.Parallel()
	w := setup(t)
	token := w.staff()
	mark := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	for query, pointers := range map[string][]string{
		"since=yesterday":                   {"/since"},
		"since=2026-02-30":                  {"/since"},
		"since=0001-01-01":                  {"/since"},
		"since=2026-03-01T25:00:00Z":        {"/since"},
		"since=2026-03-01&since=2026-03-01": {"/since"},
		"until=-1&limit=0&group_by=1;drop":  nil, // a ; is refused as a whole
		"until=-1&limit=0&group_by=1":       {"/until", "/limit"},
		"limit=1001":                        {"/limit"},
		"limit=1e3":                         {"/limit"},
		"limit=99999999999999999999":        {"/limit"},
		"group_by=users":                    {"/group_by"},
		"group_by=country":                  {"/group_by"},
		"since=2026-03-02&until=2026-03-01": {"/until"},
		"format=xml":                        {"/format"},
		"cursor=x":                          {"/cursor"},
		"cursor=" + mark(`{"of":"sources","by":"day","n":1,"k":"x"}`):    {"/cursor"}, // of another question
		"cursor=" + mark(`{"of":"funnel","by":"","n":1,"k":"x"}`):        {"/cursor"},
		"cursor=" + mark(`{"n":1,"k":"x"}`):                              {"/cursor"},
		"cursor=" + mark(`{"of":"sources","by":"","n":1,"k":"x","z":1}`): {"/cursor"},
		"cursor=" + mark(`{"of":"sources","by":"","n":-1,"k":"x"}`):      {"/cursor"},
		"cursor=" + mark(`{"of":"sources","by":"","n":"1","k":"x"}`):     {"/cursor"},
		"cursor=" + mark(`{"of":"sources","by":"","n":1,"k":"\u0000"}`):  {"/cursor"},
		"cursor=" + mark(`{"by":"","of":"sources","n":1,"k":"x"}`):       {"/cursor"},
		"cursor=" + mark(`[]`): {"/cursor"},
		"cursor=" + mark(`{"of":"sources","by":"","n":1,"k":"`+strings.Repeat("x", 2000)+`"}`): {"/cursor"},
		"since=%zz": nil,
	} {
		got := w.do(http.MethodGet, sourcesPath+"?"+query, "", token)
		require.Equal(t, http.StatusBadRequest, got.Status, query)
		require.Equal(t, "invalid_request", got.member("code"), query)
		if pointers != nil {
			require.Equal(t, pointers, got.pointers(), query)
		}
	}
	require.Empty(t, w.counts.asked)
	forged := w.do(http.MethodGet,
		sourcesPath+"?cursor="+mark(`{"of":"sources","by":"","n":1,"k":"x'; DROP TABLE users"}`), "", token)
	require.Equal(t, http.StatusOK, forged.Status, "is a parameter like any other")
	w.counts.err = domain.ErrUnavailable
	require.Equal(t, http.StatusServiceUnavailable, w.do(http.MethodGet, funnelPath, "", token).Status)
}
