package sourcerules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/sourcerules"
	"github.com/doorcode-auth/doorcode/domain"
)

func read(t testing.TB, path string) domain.SourceRules {
	t.Helper()
	rules, err := sourcerules.Read(path)
	require.NoError(t, err)
	return rules
}

// row is a URL and its classification.
type row struct{ url, category, channel, name string }

func requireRows(t *testing.T, rules domain.SourceRules, rows []row) {
	t.Helper()
	for _, want := range rows {
		got, err := rules.Parse(want.url)
		require.NoError(t, err, "%q", want.url)
		require.Equal(t, want, row{want.url, string(got.Category), string(got.Channel), got.DisplayName})
	}
}

func TestRules_whatTheProductIsFor(t *testing.T) {
	t.Parallel()
	requireRows(t, read(t, ""), []row{
		{"https://dashboard.myapp.com", "dashboard", "direct", "Dashboard"},
		{
			"https://myapp.com?utm_source=facebook&utm_campaign=spring", "campaign", "organic_social",
			"Facebook - Spring Campaign",
		},
		{"https://myapp.com/register", "website", "direct", "Website Registration"},
		{"https://myapp.com", "referral", "referral", "myapp.com"},
		{"https://partner.example.org/blog", "referral", "referral", "partner.example.org"},
		{"https://myapp.com/sign-up/", "website", "direct", "Website Registration"},
		{"https://myapp.com/de/registration.php", "website", "direct", "Website Registration"},
		{"https://github.com/join", "referral", "referral", "github.com"},
		{"https://dashboard.twitch.tv/", "referral", "video", "dashboard.twitch.tv"},
	})
}

func TestRules_hosts(t *testing.T) {
	t.Parallel()
	rules := read(t, "")
	for channel, hosts := range map[string][]string{
		"organic_search": {
			"www.google.com", "google.de", "google.co.uk", "google.com.au", "google.cat", "images.google.fr", "www.bing.com",
			"cn.bing.com", "duckduckgo.com",
			"html.duckduckgo.com", "search.yahoo.com", "uk.search.yahoo.com", "search.yahoo.co.jp", "yandex.ru", "yandex.com.tr",
			"ya.ru", "www.baidu.com", "m.baidu.com",
			"www.ecosia.org", "search.brave.com", "www.qwant.com", "www.startpage.com", "kagi.com", "search.naver.com",
			"search.daum.net", "search.seznam.cz", "go.mail.ru",
		},
		"paid_search": {
			"www.googleadservices.com", "googleads.g.doubleclick.net", "tpc.googlesyndication.com", "yabs.yandex.ru",
		},
		"organic_social": {
			"www.facebook.com", "m.facebook.com", "l.facebook.com", "lm.facebook.com", "fb.me", "www.instagram.com",
			"l.instagram.com", "www.threads.net", "x.com",
			"t.co", "mobile.twitter.com", "www.linkedin.com", "lnkd.in", "www.reddit.com", "out.reddit.com", "old.reddit.com",
			"www.pinterest.de", "pin.it",
			"www.tiktok.com", "www.snapchat.com", "web.whatsapp.com", "l.wl.co.whatsapp.com", "t.me", "web.telegram.org",
			"discord.com", "bsky.app", "go.bsky.app",
			"mastodon.social", "news.ycombinator.com", "vk.com", "away.vk.com", "ok.ru", "weibo.com", "mp.weixin.qq.com",
			"www.quora.com", "www.xing.com", "line.me",
		},
		"video": {
			"www.youtube.com", "m.youtube.com", "youtu.be", "vimeo.com", "player.vimeo.com", "www.twitch.tv",
			"www.dailymotion.com", "www.bilibili.com",
		},
		"ai": {
			"chatgpt.com", "chat.openai.com", "www.perplexity.ai", "perplexity.ai", "gemini.google.com", "claude.ai",
			"copilot.microsoft.com", "edgeservices.bing.com",
			"chat.deepseek.com", "chat.mistral.ai", "grok.com", "www.meta.ai", "you.com", "www.phind.com", "poe.com", "duck.ai",
			"chat.qwen.ai", "www.kimi.com",
			"notebooklm.google.com", "yiyan.baidu.com",
		},
		"email": {
			"mail.google.com", "outlook.live.com", "outlook.office.com", "outlook.office365.com", "mail.yahoo.com",
			"us.mail.yahoo.com", "mail.yahoo.co.jp", "mail.proton.me",
			"mail.aol.com", "mail.yandex.ru", "e.mail.ru", "mail.qq.com", "mail.163.com", "app.fastmail.com", "deref-gmx.net",
			"deref-web.de", "mail.zoho.eu", "us1.list-manage.com",
		},
		"affiliate": {
			"www.awin1.com", "www.anrdoezrs.net", "click.linksynergy.com", "www.shareasale.com", "prf.hn",
			"go.skimresources.com", "brand.pxf.io",
		},
		"referral": {
			"www.producthunt.com", "github.com", "en.wikipedia.org", "news.google.com", "docs.google.com", "box.com",
			"www.box.com", "notnetflix.com", "ax.com", "mx.com", "fax.com",
			"google.evil.com", "google.com.evil.com", "notgoogle.com", "google-search.com", "mail.google.evil.com",
			"notfacebook.com", "facebook.com.evil.com", "facebook.evil.com",
			"evil-facebook.com", "xn--fcebook-2fg.com", "chatgpt.com.evil.com", "notchatgpt.com", "tmail.google.com",
			"chat.t.me.evil.com", "hyou.com", "at.co", "ot.co",
			"search.example.com", "mail.example.com", "youtube.example.com", "com", "localhost", "127.0.0.1", "myandex.ru",
			"sogou.com.example",
		},
	} {
		for _, host := range hosts {
			got, err := rules.Parse("https://" + host + "/some/page")
			require.NoError(t, err, host)
			require.Equal(t, "referral "+channel, string(got.Category)+" "+string(got.Channel), host)
			require.Equal(t, got.Host, got.DisplayName, host)
		}
	}
}

func TestRules_marks(t *testing.T) {
	t.Parallel()
	rules := read(t, "")
	for channel, queries := range map[string][]string{
		"organic_search": {
			"utm_source=google", "utm_source=bing&utm_medium=organic", "utm_source=nobody&utm_medium=organic", "utm_medium=seo",
			"srsltid=1", "ysclid=1",
		},
		"paid_search": {
			"gclid=1", "gbraid=1", "wbraid=1", "dclid=1", "msclkid=1", "yclid=1", "utm_source=google&utm_medium=cpc",
			"utm_source=bing&utm_medium=ppc", "utm_medium=paid+search",
			"utm_source=nobody&utm_medium=cpc", "utm_source=adwords", "utm_source=facebook&gclid=1", "utm_medium=sem",
			"utm_source=google&utm_medium=display",
		},
		"organic_social": {
			"utm_source=facebook", "utm_source=FB", "utm_source=ig&utm_medium=(none)", "utm_source=twitter", "utm_source=x",
			"utm_source=t.co", "utm_source=linkedin.com",
			"utm_medium=social", "utm_source=partner&utm_medium=Social-Media", "fbclid=1", "igshid=1",
			"utm_source=facebook&utm_medium=referral", "utm_source=reddit", "fbclid=1&utm_source=newsletter",
		},
		"paid_social": {
			"ttclid=1", "twclid=1", "li_fat_id=1", "rdt_cid=1", "epik=1", "ScCid=1", "fbclid=1&utm_medium=paid",
			"fbclid=1&utm_medium=paid_social", "utm_source=facebook&utm_medium=cpc",
			"utm_source=instagram&utm_medium=paidsocial", "utm_source=linkedin&utm_medium=sponsored", "utm_source=fbads",
			"utm_source=facebook-ads", "utm_source=m.facebook.com&utm_medium=ads",
		},
		"video": {"utm_source=youtube", "utm_source=youtube&utm_medium=cpc", "utm_medium=video", "utm_source=youtu.be"},
		"email": {
			"utm_medium=email", "utm_medium=E-Mail", "utm_source=newsletter", "utm_source=facebook&utm_medium=email",
			"utm_source=mailchimp", "utm_source=mail.google.com", "utm_medium=newsletter",
		},
		"affiliate": {
			"utm_medium=affiliate", "utm_source=awin", "irclickid=1", "awc=1", "utm_source=partner&utm_medium=affiliates",
			"cjevent=1",
		},
		"ai": {
			"utm_source=chatgpt.com", "utm_source=chatgpt", "utm_source=perplexity", "utm_source=copilot.com",
			"utm_source=claude.ai", "utm_source=openai", "utm_medium=ai",
		},
		"referral": {
			"utm_source=partner", "utm_source=producthunt", "utm_source=partner&utm_medium=referral", "utm_campaign=spring",
			"utm_source=box.com", "utm_medium=poster",
		},
	} {
		for _, query := range queries {
			got, err := rules.Parse("https://dashboard.myapp.com/register?" + query)
			require.NoError(t, err, query)
			require.Equal(t, "campaign "+channel, string(got.Category)+" "+string(got.Channel), query)
		}
	}
}

func TestRules_names(t *testing.T) {
	t.Parallel()
	requireRows(t, read(t, ""), []row{
		{
			"https://myapp.com/?utm_source=linkedin&utm_campaign=q3-launch", "campaign", "organic_social",
			"LinkedIn - Q3 Launch Campaign",
		},
		{"https://myapp.com/?utm_source=chatgpt.com", "campaign", "ai", "ChatGPT"},
		{"https://myapp.com/?gclid=1&utm_campaign=brand", "campaign", "paid_search", "Google - Brand Campaign"},
		{"https://myapp.com/?ref=producthunt", "referral", "referral", "myapp.com - Product Hunt"},
		{"https://myapp.com/register?ref=chatgpt.com", "website", "ai", "Website Registration - ChatGPT"},
		{"https://myapp.com/?utm_source=163", "campaign", "email", "NetEase Mail"},
		{"https://myapp.com/?utm_source=youcom", "campaign", "ai", "You.com"},
	})
}

// Every entry of the table is found by its names and hosts.
func TestRules_everyEntryIsFound(t *testing.T) {
	t.Parallel()
	rules := read(t, "")
	require.Greater(t, len(rules.Names), 200)
	require.Greater(t, len(rules.Hosts), 200)
	for name, want := range rules.Names {
		got, why := rules.Explain(domain.RegistrationSource{URL: "https://a.example/?utm_source=" + name})
		require.Equal(t, domain.SourceReason{Rule: "source", Match: name}, why.Channel, name)
		require.Equal(t, want, domain.KnownSource{Name: got.DisplayName, Channel: got.Channel}, name)
	}
	for pattern, want := range rules.Hosts {
		host := pattern
		if host[0] == '.' {
			host = "a.b" + host
		}
		if host[len(host)-1] == '*' {
			host = host[:len(host)-1] + "co.uk"
		}
		got, why := rules.Explain(domain.RegistrationSource{URL: "https://" + host})
		require.Equal(t, domain.SourceReason{Rule: "host", Match: pattern}, why.Channel, host)
		require.Equal(t, want.Channel, got.Channel, host)
	}
	for name, want := range rules.ClickIDs {
		got := rules.Classify(domain.RegistrationSource{URL: "https://a.example/?" + name + "=1"})
		require.Equal(t, rules.Names[want.Source].Name, got.DisplayName, name)
		require.Equal(t, want.Channel, got.Channel, name)
	}
	for name, host := range rules.Apps {
		got, why := rules.Explain(domain.RegistrationSource{URL: "android-app://" + name + "/"})
		require.Equal(t, host, got.Host, name)
		require.Equal(t, "host", why.Channel.Rule, "%s: a host of the table", name)
	}
	for medium, meaning := range rules.Mediums {
		if meaning == "" {
			continue
		}
		_, why := rules.Explain(domain.RegistrationSource{URL: "https://a.example/?utm_medium=" + medium})
		require.Equal(t, domain.SourceReason{Rule: "medium", Match: medium}, why.Channel, medium)
	}
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := sourcerules.Read(""); err != nil {
			b.Fatal(err)
		}
	}
}
