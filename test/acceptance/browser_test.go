// Browser: cookie mode, with a jar that keeps cookies as browsers do.
package acceptance_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/acceptance"
	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// page is a page in a browser, which sends what the browser adds.
type page struct {
	t      *testing.T
	client *http.Client
	url    string
	adds   http.Header
}

func openPage(t *testing.T, url string) *page {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &page{
		t: t, client: &http.Client{
			Jar: jar, Transport: acceptance.OpenAPI(t).Transport(t, transport),
			Timeout: 30 * time.Second,
		}, url: url,
		adds: http.Header{"Origin": {url}, "Sec-Fetch-Site": {"same-origin"}},
	}
}

// of is a page of another origin in the same browser.
func (p *page) of(origin, site string) *page {
	other := *p
	other.adds = http.Header{"Origin": {origin}, "Sec-Fetch-Site": {site}}
	return &other
}

func (p *page) post(path, body, access string) (status int, text string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url+path, strings.NewReader(body))
	require.NoError(p.t, err)
	request.Header = p.adds.Clone()
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if access != "" {
		request.Header.Set("Authorization", "Bearer "+access)
	}
	response, err := p.client.Do(request)
	require.NoError(p.t, err)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	return response.StatusCode, string(data)
}

// cookie is what the browser would send to a path.
func (p *page) cookie(path string) string {
	p.t.Helper()
	target, err := url.Parse(p.url + path)
	require.NoError(p.t, err)
	var sent []string
	for _, c := range p.client.Jar.Cookies(target) {
		sent = append(sent, c.String())
	}
	return strings.Join(sent, "; ")
}

// A user signs in on a page, comes back the next day, is followed by a page of a
// stranger, and logs out. Nothing that the page can read has the refresh token.
func TestBrowser(t *testing.T) {
	t.Parallel()
	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
		clock := fake.NewClock()
		s := kit.Start(t, db,
			kit.Options{Set: rotating("http.cookies", "true", "jwt.refresh_token_lifetime_days", "7"), Clock: clock})
		ours := openPage(t, s.URL)
		status, text := ours.post(kit.RequestPath, `{"identifier":"ada@example.com"}`, "")
		require.Equal(t, http.StatusOK, status, text)
		status, text = ours.post(kit.VerifyPath, `{"identifier":"ada@example.com","otp_code":"`+
			s.Code(t, "ada@example.com")+`"}`, "")
		require.Equal(t, http.StatusOK, status, text)
		require.NotContains(t, text, "refresh")
		first := ours.cookie(kit.RefreshPath)
		require.True(t, strings.HasPrefix(first, "doorcode_refresh="), first)
		for _, path := range []string{"/", kit.ProfilePath, "/accounts/token/refresh/", "/api/authority"} {
			require.Empty(t, ours.cookie(path), "%s has no use for it", path)
		}

		clock.Advance(24 * time.Hour)
		for _, stranger := range []*page{
			ours.of("https://evil.example", "cross-site"),
			ours.of("http://localhost:3000", "same-site"), ours.of("null", ""),
		} {
			status, text = stranger.post(kit.RefreshPath, "", "")
			require.Equal(t, http.StatusForbidden, status, text)
		}
		require.Equal(t, first, ours.cookie(kit.RefreshPath))
		status, text = ours.post(kit.RefreshPath, "", "")
		require.Equal(t, http.StatusOK, status, text)
		require.NotContains(t, text, "refresh")
		second := ours.cookie(kit.RefreshPath)
		require.NotEqual(t, first, second)
		_, access, found := strings.Cut(text, `"access":"`)
		require.True(t, found)
		access, _, _ = strings.Cut(access, `"`)
		s.Profile(t, access).Want(t, http.StatusOK)

		clock.Advance(24 * time.Hour)
		s.Profile(t, access).Want(t, http.StatusUnauthorized)
		status, text = ours.post(kit.LogOutPath, "", access)
		require.Equal(t, http.StatusNoContent, status, "an expired access token does no harm: %s", text)
		require.Empty(t, ours.cookie(kit.RefreshPath))
		status, text = ours.post(kit.RefreshPath, "", "")
		require.Equal(t, http.StatusUnauthorized, status, text)
		s.Do(t, http.MethodPost, kit.RefreshPath, nil, kit.Header{Name: "Cookie", Value: second}).
			Refused(t, http.StatusUnauthorized, "token_not_valid")

		sweep(t, "the log", []byte(s.Log.String()), nil, []string{
			access, strings.TrimPrefix(first, "doorcode_refresh="), strings.TrimPrefix(second, "doorcode_refresh="),
			"doorcode_refresh",
		})
	})
}
