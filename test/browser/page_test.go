// Package browser runs the page of docs/browsers.md in Chromium against the service. It owns how the two files are
// taken from the page and how a browser is started; what the API promises is tested in test/acceptance.
package browser

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/fake"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// timeout is far above the seconds that a test takes.
const timeout = 2 * time.Minute

// docsURL is http.public_url on the page of the documentation.
const docsURL = "https://id.example.com"

// site is the page on an origin of its own, and the service that it calls.
type site struct {
	*kit.Service
	clock   *fake.Clock
	origin  string
	browser context.Context // of the first tab
}

func setup(t *testing.T, set map[string]string) *site {
	t.Helper()
	files := filesOf(t, "docs/browsers.md")
	mux := http.NewServeMux()
	pages := httptest.NewServer(mux)
	t.Cleanup(pages.Close)

	s := &site{clock: fake.NewClock(), origin: pages.URL}
	flags := map[string]string{"http.cookies": "true", "http.cors_origins": pages.URL, "jwt.rotate_refresh_tokens": "true"}
	for key, value := range set {
		flags[key] = value
	}
	s.Service = kit.Start(t, kit.OnSQLite(t), kit.Options{Set: flags, Clock: s.clock})
	serve := func(path, contentType, text string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte(text))
		})
	}
	serve("/{$}", "text/html", files["index.html"])
	serve("/favicon.ico", "image/x-icon", "")
	serve("/doorcode.js", "text/javascript", strings.Replace(files["doorcode.js"], docsURL, s.URL, 1))
	s.browser = startChromium(t)
	return s
}

// filesOf are the files of a page by name: the code block under each heading that is a file name.
func filesOf(t *testing.T, page string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(kit.Root(t), page))
	require.NoError(t, err)
	files, block := map[string]string{}, regexp.MustCompile("(?ms)^## (\\S+\\.\\w+)\n\n```\\w+\n(.*?)^```$")
	for _, found := range block.FindAllStringSubmatch(string(text), -1) {
		files[found[1]] = found[2]
	}
	require.Len(t, files, 2, page)
	require.Contains(t, files["doorcode.js"], docsURL)
	return files
}

// startChromium starts a browser with a profile of its own and returns the context of its first tab.
func startChromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	require.NoError(t, err, "the tests of docs/browsers.md need Chromium. Type: apt-get install chromium")
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(timeout),
	}
	for _, flag := range []string{
		"headless", "no-sandbox", "disable-gpu", "disable-quic", "disable-dev-shm-usage", "no-first-run",
		"no-default-browser-check", "disable-background-networking", "disable-component-update", "disable-sync",
	} {
		options = append(options, chromedp.Flag(flag, true))
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, _ = chromedp.NewContext(ctx)
	t.Cleanup(func() { require.NoError(t, chromedp.Cancel(ctx)) })
	require.NoError(t, chromedp.Run(ctx))
	return ctx
}

// do runs actions in a tab.
func do(t *testing.T, tab context.Context, actions ...chromedp.Action) {
	t.Helper()
	require.NoError(t, chromedp.Run(tab, actions...))
}

// signIn fills in both forms of the page.
func (s *site) signIn(t *testing.T, identifier string) {
	t.Helper()
	do(t, s.browser,
		chromedp.Navigate(s.origin),
		chromedp.WaitVisible("#identify"),
		chromedp.SendKeys("#identify input", identifier+"\n"),
		chromedp.WaitVisible("#verify"),
	)
	do(t, s.browser,
		chromedp.SendKeys("#verify input", s.Code(t, identifier)+"\n"),
		chromedp.WaitVisible("#signed-in"),
	)
}

// cookies are those that the browser sends to the service.
func (s *site) cookies(t *testing.T) []*network.Cookie {
	t.Helper()
	var cookies []*network.Cookie
	do(t, s.browser, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		cookies, err = network.GetCookies().WithURLs([]string{s.URL + kit.RefreshPath, s.URL + kit.LogOutPath}).Do(ctx)
		return err
	}))
	return cookies
}

// profile is the status of a request of the page's own code for the profile, 200 or that of the problem.
func profile(t *testing.T, tab context.Context) int {
	t.Helper()
	const script = `import("./doorcode.js").then((m) => m.call("GET", "/api/profile/")).then(() => 200, (e) => e.status)`
	var status int
	do(t, tab, chromedp.Evaluate(script, &status, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
	return status
}

func TestPage_signsInAndOut(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.signIn(t, "ada@example.com")
	var user, readable string
	do(t, s.browser,
		chromedp.Text("#user", &user),
		chromedp.Evaluate(`document.cookie + JSON.stringify([{...localStorage}, {...sessionStorage}])`, &readable),
	)
	require.Equal(t, "ada@example.com", user)
	require.Equal(t, "[{},{}]", readable, "no token is where scripts can read it")
	before := s.cookies(t)
	require.Len(t, before, 1)
	require.True(t, before[0].HTTPOnly)
	require.Equal(t, network.CookieSameSiteStrict, before[0].SameSite)

	do(t, s.browser, chromedp.Reload(), chromedp.WaitVisible("#signed-in"))
	after := s.cookies(t)
	require.Len(t, after, 1)
	require.NotEqual(t, before[0].Value, after[0].Value, "a reload refreshes")

	do(t, s.browser, chromedp.Click("#sign-out"), chromedp.WaitVisible("#identify"))
	require.Empty(t, s.cookies(t))
	do(t, s.browser, chromedp.Reload(), chromedp.WaitVisible("#identify"))
	require.Equal(t, http.StatusUnauthorized, s.Refresh(t, after[0].Value).Status, "the session has ended")
}

func TestPage_refreshesAnExpiredAccessToken(t *testing.T) {
	t.Parallel()
	s := setup(t, map[string]string{"jwt.access_token_lifetime_hours": "24", "jwt.refresh_token_lifetime_days": "7"})
	s.signIn(t, "ada@example.com")
	before := s.cookies(t)[0].Value
	s.clock.Advance(25 * time.Hour)
	require.Equal(t, http.StatusOK, profile(t, s.browser))
	require.NotEqual(t, before, s.cookies(t)[0].Value)

	s.clock.Advance(25 * time.Hour)
	do(t, s.browser, chromedp.Click("#sign-out"), chromedp.WaitVisible("#identify"))
	require.Empty(t, s.cookies(t), "signing out works with an expired access token too")
}

func TestPage_inTwoTabs(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	s.signIn(t, "ada@example.com")
	other, cancel := chromedp.NewContext(s.browser)
	defer cancel()
	do(t, other, chromedp.Navigate(s.origin), chromedp.WaitVisible("#signed-in"))

	reloaded := make(chan error, 2)
	for _, tab := range []context.Context{s.browser, other} {
		go func() { reloaded <- chromedp.Run(tab, chromedp.Reload(), chromedp.WaitVisible("#signed-in")) }()
	}
	require.NoError(t, <-reloaded)
	require.NoError(t, <-reloaded)
	require.Equal(t, http.StatusOK, profile(t, s.browser))
	require.Equal(t, http.StatusOK, profile(t, other))

	do(t, s.browser, chromedp.Click("#sign-out"), chromedp.WaitVisible("#identify"))
	require.Equal(t, http.StatusUnauthorized, profile(t, other), "the session ends in both tabs")
}

func TestPage_countsDown(t *testing.T) {
	t.Parallel()
	s := setup(t, map[string]string{"ratelimit.identifier_requests": "2"})
	var atFirst, message string
	do(t, s.browser,
		chromedp.Navigate(s.origin),
		chromedp.WaitVisible("#identify"),
		chromedp.SendKeys("#identify input", "ada@example.com\n"),
		chromedp.WaitVisible("#again"),
		chromedp.Click("#again:enabled"),
		chromedp.WaitVisible("#again:disabled"),
		chromedp.Text("#again", &atFirst),
		chromedp.Poll(`document.querySelector("#again").textContent.match(/ 359[0-7] s$/)`, nil),
		chromedp.Reload(),
		chromedp.WaitVisible("#identify"),
		chromedp.SendKeys("#identify input", "ada@example.com\n"),
		chromedp.WaitVisible("#message:not(:empty)"),
		chromedp.Text("#message", &message),
	)
	require.Regexp(t, `^Send again in (3600|359\d) s$`, atFirst)
	require.Equal(t, "Too many requests. Wait before you try again. (3600 s)", message)
}

func TestPage_showsProblems(t *testing.T) {
	t.Parallel()
	s := setup(t, nil)
	var message string
	do(t, s.browser,
		chromedp.Navigate(s.origin),
		chromedp.WaitVisible("#identify"),
		chromedp.SendKeys("#identify input", "ada@example\n"),
		chromedp.WaitVisible("#message:not(:empty)"),
		chromedp.Text("#message", &message),
	)
	require.Equal(t, "Invalid email address", message)
}
