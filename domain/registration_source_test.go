package domain_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

func TestParseSource_accepts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, host, url string }{
		{"https://example.com", "example.com", ""},
		{"http://example.com/", "example.com", ""},
		{"HTTPS://Example.COM/Path?UTM_Source=1", "example.com", "https://Example.COM/Path?UTM_Source=1"},
		{"https://example.com:8443/x", "example.com", ""},
		{"https://example.com:/x", "example.com", ""},
		{"https://example.com./x", "example.com", ""},
		{"https://exa_mple.s3.example/x", "exa_mple.s3.example", ""},
		{"http://localhost:3000/", "localhost", ""},
		{"http://127.0.0.1:8000/", "127.0.0.1", ""},
		{"http://[::1]:8000/x", "::1", ""},
		{"http://[2001:DB8:0:0::1]/x", "2001:db8::1", ""},
		{"http://[fe80::1%25eth0]/x", "fe80::1", ""},
		{"https://bücher.example/ü?ref=ü", "xn--bcher-kva.example", ""},
		{"https://BÜCHER.example", "xn--bcher-kva.example", ""},
		{"https://xn--bcher-kva.example", "xn--bcher-kva.example", ""},
		{"https://b%C3%BCcher.example/", "xn--bcher-kva.example", ""},
		{"https://\u0130.example/", "xn--i-9bb.example", ""}, // no folding merges it with i.example
		{
			"https://example.com/a?utm_source=x&utm_source=y&%zz", "example.com",
			"https://example.com/a?utm_source=x&utm_source=y",
		},
		{"https://example.com/\U0001f600?utm_term=\U0001f600", "example.com", ""},
		{"https://example.com/a b", "example.com", ""},
		{"https://example.com/#code=123456", "example.com", "https://example.com/"},
		{"https://example.com?ref#y#z", "example.com", "https://example.com?ref"},
		{"https://ada:secret@example.com/x", "example.com", "https://example.com/x"},
		{"https://ada:se%40cret@example.com:8443/x@y?ref=z@z", "example.com", "https://example.com:8443/x@y?ref=z@z"},
		{"https://a@b@example.com/x", "example.com", "https://example.com/x"},
		{"https://example.com/@ada", "example.com", ""},
		{"https://example.com?ref=//@evil.example/", "example.com", ""},
		{"https://example.com?ref=ada@evil.example", "example.com", ""},
		{
			"https://example.com/?utm_campaign=spring&token=secret&gclid=1&email=ada@example.com&fbclid=2&ref=x" +
				"&code=123456&refresh=y&xutm_source=z",
			"example.com", "https://example.com/?utm_campaign=spring&gclid=1&fbclid=2&ref=x",
		},
		{"https://example.com/?session=secret", "example.com", "https://example.com/"},
		{"https://example.com/?", "example.com", "https://example.com/"},
		{" \u00a0https://example.com/\r\n", "example.com", "https://example.com/"},
		{"https://example.com/100%-off/?utm_campaign=%zz", "example.com", "https://example.com/100%25-off/?utm_campaign=%zz"},
		{"https://example.com/%zz%41%", "example.com", "https://example.com/%25zz%41%25"},
		{"https://example.com/#%zz", "example.com", "https://example.com/"},
		{
			"https://example.com/?x=1&amp;utm_source=a&AMP;amp;token=secret&amp;gclid=1&amp=2", "example.com",
			"https://example.com/?utm_source=a&gclid=1",
		},
	} {
		got, err := domain.SourceRules{}.Parse(tt.text)
		require.NoError(t, err, "%q", tt.text)
		require.Equal(t, tt.host, got.Host, "host of %q", tt.text)
		want := tt.url
		if want == "" {
			want = tt.text
		}
		require.Equal(t, want, got.URL, "URL of %q", tt.text)
		require.False(t, got.IsZero())
	}
}

func TestParseSource_refuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "example.com", "/path", "//example.com/", "?x", "#x", "https:", "https:/example.com", "https:///path",
		"https://", "https:example.com",
		"javascript:alert(1)", "JavaScript://example.com/%0aalert(1)", "data:text/html,x", "file:///etc/passwd",
		"ftp://example.com/", "mailto:ada@example.com",
		"android-app://com.example", "htt\x00p://example.com", "https://example.com/\x00", "https://example.com/\n/",
		"https://example.com/\x7f",
		"https://%zz.example/", "https://exa mple.com/", "https://example.com:port/", "https://a:b:c/",
		"https://[::1", "https://[::1]x/", "https://[abc]/", "https://::1/", "https://%00.example/", "https://%ff.example/",
		"https://user\x01@example.com/", "https://:80/", "https://./", "https://a..b/", "https://.example.com/",
		"https://<script>/", "https://a\"b/", "https://a'b/", "https://a;b/", "https://a,b/", "https://a(b)/",
		"https://a\\b/", "https://a%2525b/", "https://*.example/",
		"https://a_ü.example/", "https://xn\u00ad--a.ü/", "https://example.com/\xff", "https://example.com/?\xff",
		"https://example.com/#\xff", "https://ex\xffample.com/",
		"https://" + strings.Repeat("a.", 127) + "de/", "https://\u00ad/",
	} {
		got, err := domain.SourceRules{}.Parse(text)
		require.ErrorIs(t, err, domain.ErrInvalidSourceURL, "%q gave %+v", text, got)
		require.True(t, got.IsZero(), "%q", text)
	}
}

func TestParseSource_length(t *testing.T) {
	t.Parallel()
	const start = "https://example.com/"
	for _, filler := range []string{"a", "ü", "\U0001f600", " ", "\""} {
		longest := start + strings.Repeat(filler, (domain.MaxSourceURL-len(start)-1)/len(filler))
		longest += strings.Repeat("a", domain.MaxSourceURL-len(longest))
		got, err := domain.SourceRules{}.Parse(longest)
		require.NoError(t, err, "%d bytes of %q", len(longest), filler)
		require.Equal(t, longest, got.URL)
		_, err = domain.SourceRules{}.Parse(longest + "a")
		require.ErrorIs(t, err, domain.ErrInvalidSourceURL, "%d bytes", len(longest)+1)
	}
	_, err := domain.SourceRules{}.Parse("https://" + strings.Repeat("a.", 125) + "com/") // a host of 253 bytes
	require.NoError(t, err)

	percent := start + strings.Repeat("a", domain.MaxSourceURL-len(start)-1) + "%" // would grow by its escape
	_, err = domain.SourceRules{}.Parse(percent)
	require.ErrorIs(t, err, domain.ErrInvalidSourceURL)
	got, err := domain.SourceRules{}.Parse(start + percent[len(start)+2:])
	require.NoError(t, err)
	require.Len(t, got.URL, domain.MaxSourceURL)
}

func TestParseSource_origin(t *testing.T) {
	t.Parallel()
	for text, origin := range map[string]string{
		"https://example.com/":              "example.com",
		"https://example.com:443/":          "example.com",
		"http://example.com:80/":            "example.com",
		"http://example.com:00080/":         "example.com",
		"https://example.com:/":             "example.com",
		"http://example.com:443/":           "example.com:443",
		"https://example.com:80/":           "example.com:80",
		"https://example.com:08443/":        "example.com:8443",
		"https://example.com:65535/":        "example.com:65535",
		"https://www.example.com:8443/":     "example.com:8443",
		"http://[2001:DB8::1]/":             "2001:db8::1",
		"http://[2001:DB8::1]:8080/":        "[2001:db8::1]:8080",
		"https://WWW.Example.com./":         "example.com",
		"https://www.www.example.com/":      "example.com",
		"https://www.example/":              "www.example", // a name of its own
		"https://wwww.example.com/":         "wwww.example.com",
		"https://www2.example.com/":         "www2.example.com",
		"https://www.b\u00fccher.example/x": "xn--bcher-kva.example",
	} {
		got, err := domain.SourceRules{}.Parse(text)
		require.NoError(t, err, "%q", text)
		require.Equal(t, origin, got.Origin, "%q", text)
	}
	for _, text := range []string{
		"https://example.com:65536/", "https://example.com:99999999999999999999/",
		"https://example.com:" + strings.Repeat("9", 1000),
	} {
		_, err := domain.SourceRules{}.Parse(text)
		require.ErrorIs(t, err, domain.ErrInvalidSourceURL, "%q", text)
	}
}

// parseReferer is that of rules that know an own host, or none.
func parseReferer(text, ownHost string) domain.RegistrationSource {
	return domain.SourceRules{}.WithOwnHosts(ownHost).ParseReferer(text)
}

func TestParseReferer(t *testing.T) {
	t.Parallel()
	const own = "login.example.com"
	for text, host := range map[string]string{
		"https://news.example.org/item?id=1":    "news.example.org",
		"https://example.com/":                  "example.com",
		"https://a.login.example.com/":          "a.login.example.com",
		"https://login.example.com/":            "",
		"http://LOGIN.example.com:8080/x?y":     "",
		"https://login.example.com./":           "",
		"":                                      "",
		"about:client":                          "",
		"/relative":                             "",
		"javascript:alert(1)":                   "",
		"https://example.com/?\xff":             "",
		"https://example.com/%zz":               "example.com",
		"android-app://com.example/":            "",
		"https://e.de/" + longText:              "",
		"https://login.example.com@evil.test/x": "evil.test",
	} {
		require.Equal(t, host, parseReferer(text, own).Host, "%.80q", text)
	}
	require.True(t, parseReferer("https://bücher.example/", "BÜCHER.example").IsZero(), "an own host in other letters")
	require.True(t, parseReferer("https://www.example.com/", "example.com").IsZero(), "an own host with www.")
	require.True(t, parseReferer("https://example.com/", "www.example.com").IsZero(), "an own host without www.")
	require.True(t, parseReferer("http://[::1]:3000/", "::1").IsZero(), "an own address")
	require.False(t, parseReferer("https://example.com/", "").IsZero(), "no own host")
}

var longText = strings.Repeat("x", domain.MaxSourceURL)

func TestParseSource_whatIsKeptIsAFixedPoint(t *testing.T) {
	t.Parallel()
	pieces := rapid.SampledFrom([]string{
		"http", "https", "HTTP", "://", ":", "/", "//", "?", "#", "@", "[", "]", "::1", "example.com", "Example", ".", "..",
		"ü", "\u0130",
		"\u212a", "%C3%BC", "%25", "%zz", "%", " ", "\u00a0", "&amp;", "utm_term=", "ref", "register", "\"", "<", "_", "-",
		"xn--", "\x00", "\xff", "\U0001f600", "80", "user", "\\", "\u00ad", "\u3002",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(pieces, 0, 12).Draw(t, "pieces"), "")
		if rapid.Bool().Draw(t, "with scheme") {
			text = "https://" + text
		}
		requireSource(t, text)
	})
}

// requireSource checks all that must hold for any text, even an attacker's.
func requireSource(t require.TestingT, text string) {
	s, err := domain.SourceRules{}.Parse(text)
	if err != nil {
		require.ErrorIs(t, err, domain.ErrInvalidSourceURL, "%q", text)
		require.Zero(t, s, "%q", text)
		require.Zero(t, parseReferer(text, ""), "%q", text)
		return
	}
	again, err := domain.SourceRules{}.Parse(s.URL)
	require.NoError(t, err, "%q kept of %q", s.URL, text)
	require.Equal(t, s, again, "%q", text)
	require.LessOrEqual(t, len(s.URL), domain.MaxSourceURL)
	require.True(t, utf8.ValidString(s.URL), "%q", s.URL)
	require.Len(t, s.ID, 32)
	require.NotContains(t, s.URL, "#")

	u, err := url.Parse(s.URL)
	require.NoError(t, err, "%q", s.URL)
	require.Contains(t, []string{"http", "https"}, u.Scheme)
	require.Nil(t, u.User, "%q", s.URL)
	page, _, _ := strings.Cut(text, "#")
	page, query, _ := strings.Cut(page, "?")
	if given, err := url.Parse(strings.TrimSpace(page)); err == nil {
		require.Equal(t, given.Host, u.Host, "%q", text)
		require.Equal(t, given.EscapedPath(), u.EscapedPath(), "%q", text)
	}
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if u.RawQuery == "" {
			break
		}
		require.Contains(t, query, pair, "%q", text)
		require.Regexp(t, `(?is)^(utm_.*|[a-z_]*(clid|braid|fat_id|shid|epik|_cid)|ref)(=|$)`, pair, "%q", text)
	}
	if _, err := netip.ParseAddr(s.Host); err != nil {
		require.Regexp(t, `^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`, s.Host, "%q", text)
	}
	require.True(t, parseReferer(text, s.Host).IsZero(), "%q is a page of %q", text, s.Host)
	require.Equal(t, s, parseReferer(text, "own.invalid"))
	own, err := domain.SourceRules{}.WithOwnHosts("." + s.Host).Parse(text)
	require.NoError(t, err)
	require.NotEqual(t, domain.CategoryReferral, own.Category, "%q is a page of %q", text, s.Host)
}

// FuzzParseSource starts from the texts in testdata/fuzz.
func FuzzParseSource(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) { requireSource(t, text) })
}
