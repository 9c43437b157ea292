package domain_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/doorcode-auth/doorcode/domain"
)

// A thousand clicks are one source, whatever clings to their URLs.
func TestSourceRules_sameSource(t *testing.T) {
	t.Parallel()
	rules := someRules()
	rapid.Check(t, func(t *rapid.T) {
		host := rapid.SampledFrom([]string{
			"myapp.com", "dashboard.myapp.com", "google.de", "bücher.example", "a.b.c.example",
		}).Draw(t, "host")
		path := rapid.SampledFrom([]string{"", "/", "/register", "/a/b"}).Draw(t, "path")
		names := []string{
			"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ref", "gclid", "fbclid", "li_fat_id",
		}
		value := rapid.SampledFrom([]string{"facebook", "cpc", "Spring", "a b", "é", "=1", "100%"})
		var pairs [][2]string
		for _, name := range names {
			if rapid.Bool().Draw(t, name) {
				pairs = append(pairs, [2]string{name, value.Draw(t, "value")})
			}
		}
		write := func(seed uint64) string {
			random := rand.New(rand.NewPCG(seed, seed))
			pick := func(texts ...string) string { return texts[random.IntN(len(texts))] }
			query := []string{pick("x=1", "token=secret", "xclid=2"), pick("utm_id=1", "a=b"), pick("c=", "d")}
			for _, pair := range pairs {
				name, value := pair[0], pair[1]
				if !strings.HasPrefix(name, "utm_") && name != "ref" {
					value = fmt.Sprint(random.Uint64())
				}
				query = append(
					query,
					pick(name, strings.ToUpper(name))+"="+pick(url.QueryEscape(value), strings.ToUpper(url.QueryEscape(" "+value))),
				)
			}
			random.Shuffle(len(query), func(i, j int) { query[i], query[j] = query[j], query[i] })
			scheme, port := "https", ":443"
			if random.IntN(2) == 0 {
				scheme, port = "http", ":80"
			}
			return pick(scheme, strings.ToUpper(scheme)) + "://" + pick("", "ada:secret@", "x@") + pick("", "www.", "WWW.") +
				host + pick("", port) +
				path + "?" + strings.Join(query, pick("&", "&amp;")) + pick("", "#top", "#utm_source=x", " ", "#%zz")
		}
		one, two := write(rapid.Uint64().Draw(t, "one")), write(rapid.Uint64().Draw(t, "two"))
		a, b := parsed(t, rules, one), parsed(t, rules, two)
		a.URL, b.URL = "", ""
		require.Equal(t, a, b, "%q and %q", one, two)
	})
}

// requireClassified checks all that must hold for any text, even an attacker's.
func requireClassified(t require.TestingT, text string) {
	rules := someRules()
	s := rules.Classify(domain.RegistrationSource{URL: text})
	require.Equal(t, s, rules.Classify(s), "%q", text)
	for _, shown := range []string{
		s.DisplayName, s.Campaign.Source, s.Campaign.Medium, s.Campaign.Name, s.Campaign.Term, s.Campaign.Content,
	} {
		require.True(t, utf8.ValidString(shown), "%q", text)
		require.LessOrEqual(t, utf8.RuneCountInString(shown), 200, "%q", text)
		require.Equal(t, strings.TrimSpace(shown), shown, "%q", text)
		require.False(t, strings.ContainsFunc(shown, unseen), "%q of %q", shown, text)
	}
	require.NotEmpty(t, s.DisplayName, "%q", text)
	plain, err := domain.SourceRules{}.Parse(text)
	if err != nil && !s.IsZero() {
		plain, err = domain.SourceRules{}.Parse(s.URL) // an app that the rules know
		require.Contains(t, strings.ToLower(text), "android-app://", "%q", text)
	}
	if err != nil {
		require.True(t, s.IsZero(), "%q", text)
		require.Empty(t, s.ID)
		require.Equal(t, domain.CategoryDirect, s.Category)
		return
	}
	require.Equal(t, plain.Host, s.Host)
	require.Equal(t, plain.Origin, s.Origin)
	require.Len(t, s.ID, 32)
	require.Contains(t, []domain.SourceCategory{"dashboard", "campaign", "website", "referral"}, s.Category)
	require.Contains(t, []domain.SourceChannel{
		"direct", "organic_search", "paid_search", "organic_social", "paid_social", "video", "email", "affiliate",
		"referral", "ai",
	}, s.Channel)
	if s.Channel == domain.SourceDirect {
		require.Contains(t, []domain.SourceCategory{"dashboard", "website"}, s.Category)
	}
}

// unseen are characters that change how a text is shown and are none themselves.
func unseen(c rune) bool {
	format := unicode.Is(unicode.Cf, c) && c != '\u200c' && c != '\u200d'
	return unicode.IsControl(c) || format || unicode.Is(unicode.Zl, c) || unicode.Is(unicode.Zp, c)
}

func TestSourceRules_anyText(t *testing.T) {
	t.Parallel()
	pieces := rapid.OneOf(rapid.SampledFrom([]string{
		"https://", "http://", "www.", "google", "facebook.com", ".de", ".co.uk", ".", "..", "/", "register", "dashboard",
		"?", "&", "=", "#", "@", ":", "8443",
		"utm_source", "utm_medium", "utm_campaign", "utm_term", "UTM_CONTENT", "ref", "gclid", "fbclid", "cpc", "+", "%",
		"%20", "%00", "%E2%80%AE", "%zz", "%ff",
		"\u202e", "\u200d", "\u2067", "👩", "ح", "\u0130", ";", "-", "_", "[::1]", "campaign",
		"amp;", "{", "}", "null", "android-app://", "com.facebook.katana", "%C5", "%25", "mc_cid", "x.com",
	}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(pieces, 0, 30).Draw(t, "pieces"), "")
		if rapid.Bool().Draw(t, "with a start") {
			text = "https://a.example/?utm_source=" + text
		}
		requireClassified(t, text)
	})
}

// FuzzClassify looks for a text that breaks a promise.
func FuzzClassify(f *testing.F) {
	for _, text := range []string{
		"https://dashboard.myapp.com", "https://myapp.com?utm_source=facebook&utm_campaign=spring",
		"https://a.google.co.uk/register?ref=x&gclid=1",
		"https://a.example/?utm_campaign=%E2%80%AE\u200d%00+%zz", "https://[::1]:8443/?utm_source=www.google.de",
		"javascript:alert(1)",
		"android-app://com.facebook.katana/", "https://a.example/100%/?a&amp;utm_campaign=%C5ngstr%F6m%2520&utm_source={{x}}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { requireClassified(t, text) })
}

func BenchmarkClassify(b *testing.B) {
	rules := someRules()
	filler := func(start, piece string) string {
		return start + strings.Repeat(piece, (domain.MaxSourceURL-len(start))/len(piece))
	}
	for _, row := range []struct{ name, url string }{
		{"host", "https://www.example.com/a/b"},
		{"campaign", "https://myapp.com/?utm_source=facebook&utm_medium=cpc&utm_campaign=spring_sale&gclid=EAIaIQobChMI"},
		{"labels", "https://" + strings.Repeat("a.", 125) + "com/"},
		{"pairs", filler("https://a.example/?", "utm_x&")},
		{"segments", filler("https://a.example/", "r/")},
		{"value", filler("https://a.example/?utm_source=", "%20a")},
		{"joiners", filler("https://a.example/?utm_source=", "\u200d")},
	} {
		b.Run(row.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := rules.Parse(row.url); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
