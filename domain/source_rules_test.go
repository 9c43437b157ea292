package domain_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// someRules are as many as the questions need; adapters/sourcerules has the real ones.
func someRules() domain.SourceRules {
	google := domain.KnownSource{Name: "Google", Channel: domain.SourceOrganicSearch}
	facebook := domain.KnownSource{Name: "Facebook", Channel: domain.SourceOrganicSocial}
	linkedin := domain.KnownSource{Name: "LinkedIn", Channel: domain.SourceOrganicSocial}
	youtube := domain.KnownSource{Name: "YouTube", Channel: domain.SourceVideo}
	chatgpt := domain.KnownSource{Name: "ChatGPT", Channel: domain.SourceAI}
	gmail := domain.KnownSource{Name: "Gmail", Channel: domain.SourceEmail}
	x := domain.KnownSource{Name: "X", Channel: domain.SourceOrganicSocial}
	hub := domain.KnownSource{Name: "Product Hunt", Channel: domain.SourceReferral}
	return domain.SourceRules{
		Names: map[string]domain.KnownSource{
			"google": google, "facebook": facebook, "fb": facebook, "linkedin": linkedin, "youtube": youtube, "x": x,
			"producthunt": hub, "newsletter": {Name: "Newsletter", Channel: domain.SourceEmail},
		},
		Hosts: map[string]domain.KnownSource{
			"google.*": google, "mail.google.com": gmail, ".facebook.com": facebook, ".linkedin.com": linkedin,
			"lnkd.in": linkedin,
			"x.com":   x, ".youtube.com": youtube, "chatgpt.com": chatgpt,
			".yandex.*": {Name: "Yandex", Channel: domain.SourceOrganicSearch},
		},
		Mediums: map[string]domain.SourceMedium{
			"cpc": domain.MediumPaid, "organic": domain.MediumOrganic, "referral": domain.MediumReferral, "email": "email",
			"social":     "organic_social",
			"paidsocial": "paid_social", "video": "video", "affiliate": "affiliate", "scp": "",
		},
		ClickIDs: map[string]domain.ClickID{
			"gclid":     {Source: "google", Channel: domain.SourcePaidSearch},
			"fbclid":    {Source: "facebook", Channel: domain.SourceOrganicSocial},
			"li_fat_id": {Source: "linkedin", Channel: domain.SourcePaidSocial},
			"ownclid":   {Source: "own", Channel: domain.SourceAffiliate},
			"mc_cid":    {Source: "newsletter", Channel: domain.SourceEmail},
		},
		Apps: map[string]string{"com.google.android.gm": "mail.google.com", "com.facebook.katana": "facebook.com"},
		MediumPatterns: []domain.MediumPattern{
			{Text: "paid*", Medium: domain.MediumPaid},
			{Text: "*cp*", Medium: domain.MediumPaid},
			{Text: "*video", Medium: "video"},
		},
		DashboardLabels: []string{"dashboard"},
		WebsitePaths:    []string{"register", "signup"},
	}
}

func parsed(t require.TestingT, rules domain.SourceRules, text string) domain.RegistrationSource {
	s, err := rules.Parse(text)
	require.NoError(t, err, "%q", text)
	return s
}

// classified is a URL and how it is to be classified.
type classified struct{ url, category, channel, name string }

func requireRows(t *testing.T, rows []classified) {
	t.Helper()
	rules := someRules()
	for _, row := range rows {
		got := parsed(t, rules, row.url)
		require.Equal(t, row, classified{row.url, string(got.Category), string(got.Channel), got.DisplayName})
		require.Equal(t, got, rules.Classify(got), "%q", row.url)
	}
}

// Those that the product was made for.
func TestSourceRules_whatItIsFor(t *testing.T) {
	t.Parallel()
	requireRows(t, []classified{
		{"https://dashboard.myapp.com", "dashboard", "direct", "Dashboard"},
		{
			"https://myapp.com?utm_source=facebook&utm_campaign=spring", "campaign", "organic_social",
			"Facebook - Spring Campaign",
		},
		{"https://myapp.com/register", "website", "direct", "Website Registration"},
		{"https://myapp.com", "referral", "referral", "myapp.com"},
	})
}

// UTM beats host, host beats path, a known host beats the label.
func TestSourceRules_UTMBeatsHostBeatsPath(t *testing.T) {
	t.Parallel()
	requireRows(t, []classified{
		{"https://dashboard.myapp.com/register?utm_source=facebook", "campaign", "organic_social", "Facebook"},
		{"https://dashboard.myapp.com/register", "dashboard", "direct", "Dashboard"},
		{"https://dashboard.facebook.com/register", "referral", "organic_social", "dashboard.facebook.com"},
		{"https://www.linkedin.com/signup", "referral", "organic_social", "linkedin.com"},
		{"https://my.dashboard.com", "referral", "referral", "my.dashboard.com"},
		{"https://dashboards.myapp.com", "referral", "referral", "dashboards.myapp.com"},
		{"https://DASHBOARD.myapp.com:8443/", "dashboard", "direct", "Dashboard"},
		{"http://dashboard/", "dashboard", "direct", "Dashboard"},
		{"https://www.dashboard.myapp.com/", "dashboard", "direct", "Dashboard"},
	})
}

// Paths: whole segments.
func TestSourceRules_paths(t *testing.T) {
	t.Parallel()
	requireRows(t, []classified{
		{"https://myapp.com/en/Register/", "website", "direct", "Website Registration"},
		{"https://myapp.com/signup.html?x=y#z", "website", "direct", "Website Registration"},
		{"https://myapp.com/%73ignup", "website", "direct", "Website Registration"},
		{"https://myapp.com/how-to-register", "referral", "referral", "myapp.com"},
		{"https://myapp.com/registered", "referral", "referral", "myapp.com"},
		{"https://myapp.com/?register", "referral", "referral", "myapp.com"},
	})
}

// Hosts: whole labels.
func TestSourceRules_hosts(t *testing.T) {
	t.Parallel()
	requireRows(t, []classified{
		{"https://x.com/ada", "referral", "organic_social", "x.com"},
		{"https://box.com/", "referral", "referral", "box.com"},
		{"https://a.x.com/", "referral", "referral", "a.x.com"},
		{"https://m.facebook.com/", "referral", "organic_social", "m.facebook.com"},
		{"https://notfacebook.com/", "referral", "referral", "notfacebook.com"},
		{"https://facebook.com.evil.com/", "referral", "referral", "facebook.com.evil.com"},
		{"https://facebook.com@evil.com/", "referral", "referral", "evil.com"},
		{"https://evil.com/facebook.com", "referral", "referral", "evil.com"},
		{"https://www.google.com/", "referral", "organic_search", "google.com"},
		{"https://google.de/", "referral", "organic_search", "google.de"},
		{"https://www.google.co.uk/search?q=secret", "referral", "organic_search", "google.co.uk"},
		{"https://google.com.br/", "referral", "organic_search", "google.com.br"},
		{"https://google.co/", "referral", "organic_search", "google.co"},
		{"https://google.evil.com/", "referral", "referral", "google.evil.com"},
		{"https://google.com.evil.com/", "referral", "referral", "google.com.evil.com"},
		{"https://google.evil/", "referral", "referral", "google.evil"},
		{"https://google.9a/", "referral", "referral", "google.9a"},
		{"https://co.uk/", "referral", "referral", "co.uk"},
		{"https://mail.google.com/", "referral", "email", "mail.google.com"},
		{"https://docs.google.com/", "referral", "referral", "docs.google.com"},
		{"https://ya.yandex.com.tr/", "referral", "organic_search", "ya.yandex.com.tr"},
		{"https://yandex.ru/", "referral", "organic_search", "yandex.ru"},
		{"https://myandex.ru/", "referral", "referral", "myandex.ru"},
		{"https://com/", "referral", "referral", "com"},
		{
			"https://" + strings.Repeat("a.", 20) + "facebook.com/", "referral", "organic_social",
			strings.Repeat("a.", 20) + "facebook.com",
		},
		{
			"https://" + strings.Repeat("a.", 20) + "yandex.co.uk/", "referral", "organic_search",
			strings.Repeat("a.", 20) + "yandex.co.uk",
		},
		{"http://[2001:db8::1]:8080/", "referral", "referral", "[2001:db8::1]:8080"},
		{"http://127.0.0.1/", "referral", "referral", "127.0.0.1"},
		{"https://bücher.example/", "referral", "referral", "xn--bcher-kva.example"},
		{"https://fаcebook.com/", "referral", "referral", "xn--fcebook-2fg.com"}, // а of Cyrillic
		{"https://chatgpt.com/", "referral", "ai", "chatgpt.com"},
	})
}

// Click ids.
func TestSourceRules_clickIDs(t *testing.T) {
	t.Parallel()
	requireRows(t, []classified{
		{"https://myapp.com/?gclid=1", "campaign", "paid_search", "Google"},
		{"https://myapp.com/?gclid", "referral", "referral", "myapp.com"},
		{"https://myapp.com/?gclid=&li_fat_id=1", "campaign", "paid_social", "LinkedIn"},
		{"https://myapp.com/?GCLID=1&utm_source=", "campaign", "paid_search", "Google"},
		{"https://myapp.com/?fbclid=1", "campaign", "organic_social", "Facebook"},
		{"https://myapp.com/?fbclid=1&utm_medium=cpc", "campaign", "paid_social", "Facebook"},
		{
			"https://myapp.com/?fbclid=1&utm_medium=paid-social&utm_campaign=spring", "campaign", "paid_social",
			"Facebook - Spring Campaign",
		},
		{"https://myapp.com/?fbclid=1&gclid=2", "campaign", "paid_search", "Google"},
		{"https://myapp.com/?li_fat_id=1&gclid=2", "campaign", "paid_search", "Google"},
		{"https://myapp.com/?gclid=1&utm_source=partner&utm_medium=email", "campaign", "paid_search", "Partner"},
		{"https://myapp.com/?ownclid=1", "campaign", "affiliate", "Own"},
		{"https://myapp.com/?xclid=1", "referral", "referral", "myapp.com"},
		{"https://dashboard.myapp.com/?gclid=1", "campaign", "paid_search", "Google"},
		{"https://myapp.com/?gclid={gclid}", "referral", "referral", "myapp.com"},
		{"https://myapp.com/?gclid=null", "referral", "referral", "myapp.com"},
		{"https://myapp.com/?gclid=n7", "campaign", "paid_search", "Google"},
		{"https://myapp.com/?mc_cid=1", "campaign", "email", "Newsletter"},
		{"https://myapp.com/?mc_cid=1&fbclid=2", "campaign", "organic_social", "Facebook"}, // shared
		{"https://myapp.com/?mc_cid=1&ownclid=2", "campaign", "affiliate", "Own"},
	})
}

// Mediums, before sources.
func TestSourceRules_mediums(t *testing.T) {
	t.Parallel()
	requireRows(t, []classified{
		{"https://myapp.com/?utm_source=google&utm_medium=cpc", "campaign", "paid_search", "Google"},
		{"https://myapp.com/?utm_source=fb&utm_medium=CPC", "campaign", "paid_social", "Facebook"},
		{"https://myapp.com/?utm_source=youtube&utm_medium=cpc", "campaign", "video", "YouTube"},
		{"https://myapp.com/?utm_source=nobody&utm_medium=cpc", "campaign", "paid_search", "Nobody"},
		{"https://myapp.com/?utm_source=facebook&utm_medium=email", "campaign", "email", "Facebook"},
		{"https://myapp.com/?utm_source=nobody&utm_medium=Paid%20Social", "campaign", "paid_social", "Nobody"},
		{"https://myapp.com/?utm_source=facebook&utm_medium=organic", "campaign", "organic_social", "Facebook"},
		{"https://myapp.com/?utm_source=nobody&utm_medium=organic", "campaign", "organic_search", "Nobody"},
		{"https://myapp.com/?utm_source=facebook&utm_medium=referral", "campaign", "organic_social", "Facebook"},
		{"https://myapp.com/?utm_source=nobody&utm_medium=referral", "campaign", "referral", "Nobody"},
		{"https://myapp.com/?utm_source=facebook&utm_medium=poster", "campaign", "organic_social", "Facebook"},
		{"https://myapp.com/?utm_medium=email", "campaign", "email", "Email"},
		{"https://myapp.com/?utm_source=google&utm_medium=paid_influencer", "campaign", "paid_search", "Google"},
		{"https://myapp.com/?utm_source=facebook&utm_medium=x-CPC-y", "campaign", "paid_social", "Facebook"},
		{"https://myapp.com/?fbclid=1&utm_medium=paid_story", "campaign", "paid_social", "Facebook"},
		{"https://myapp.com/?utm_source=google&utm_medium=unpaid", "campaign", "organic_search", "Google"},
		{"https://myapp.com/?utm_source=google&utm_medium=scp", "campaign", "organic_search", "Google"}, // means nothing
		{"https://myapp.com/?utm_source=nobody&utm_medium=live-video", "campaign", "video", "Nobody"},
		{"https://myapp.com/?utm_source=nobody&utm_medium=videos", "campaign", "referral", "Nobody"},
	})
}

// Sources by name and by host.
func TestSourceRules_sourcesByNameAndHost(t *testing.T) {
	t.Parallel()
	requireRows(t, []classified{
		{"https://myapp.com/?utm_source=Linked-In", "campaign", "organic_social", "LinkedIn"},
		{"https://myapp.com/?utm_source=chatgpt.com", "campaign", "ai", "ChatGPT"},
		{"https://myapp.com/?utm_source=www.google.co.uk", "campaign", "organic_search", "Google"},
		{"https://myapp.com/?utm_source=google.evil.com", "campaign", "referral", "google.evil.com"},
		{"https://myapp.com/?utm_source=partner_site", "campaign", "referral", "Partner Site"},
		{"https://myapp.com/?utm_source=newsletter", "campaign", "email", "Newsletter"},
		{"https://www.google.com/?utm_campaign=x", "campaign", "organic_search", "X Campaign"},
	})
}

// ref names the source alone.
func TestSourceRules_ref(t *testing.T) {
	t.Parallel()
	requireRows(t, []classified{
		{"https://myapp.com/?ref=facebook", "referral", "organic_social", "myapp.com - Facebook"},
		{"https://myapp.com/register?ref=Product+Hunt", "website", "referral", "Website Registration - Product Hunt"},
		{"https://dashboard.myapp.com/?ref=someone", "dashboard", "referral", "Dashboard - Someone"},
		{"https://myapp.com/?ref=", "referral", "referral", "myapp.com"},
		{"https://myapp.com/?ref=facebook&utm_source=linkedin", "campaign", "organic_social", "LinkedIn"},
		{"https://myapp.com/?ref=facebook&utm_campaign=spring", "campaign", "organic_social", "Facebook - Spring Campaign"},
		{"https://myapp.com/?ref=partner&gclid=1", "campaign", "paid_search", "Partner"},
	})
}

// Fields that say nothing.
func TestSourceRules_fieldsThatSayNothing(t *testing.T) {
	t.Parallel()
	requireRows(t, []classified{
		{"https://myapp.com/?utm_source=", "referral", "referral", "myapp.com"},
		{"https://myapp.com/?utm_source", "referral", "referral", "myapp.com"},
		{"https://myapp.com/?utm_source=%20%00%E2%80%8F", "referral", "referral", "myapp.com"},
		{"https://myapp.com/?utm_id=7", "referral", "referral", "myapp.com"},
		{"https://myapp.com/#utm_source=facebook", "referral", "referral", "myapp.com"},
		{"https://myapp.com/?utm_term=shoes", "campaign", "referral", "myapp.com"},
	})
}

// A placeholder of a macro, or the word of a program for no value, is no value.
func TestSourceRules_placeholders(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"{{campaign.name}}", "%7B%7Bad.name%7D%7D", "{campaignid}", "{a}_{b}", "${name}", "%%CAMPAIGN%%",
		"%25%25SITE%25%25", "__CAMPAIGN_NAME__",
		"*|CAMPAIGN|*", "null", "NULL", "+undefined+", "(not+set)", "[object%20Object]",
	} {
		for _, name := range []string{
			"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "ref", "gclid", "fbclid",
		} {
			got := parsed(t, someRules(), "https://myapp.com/register?"+name+"="+value)
			require.Equal(t, domain.CategoryWebsite, got.Category, "%s=%s", name, value)
			require.Equal(t, domain.Campaign{}, got.Campaign, "%s=%s", name, value)
		}
	}
	for _, value := range []string{
		"nullable", "{spring", "spring}", "a {b} c", "{}", "%", "%%", "%%%%", "__", "____", "__init", "100%", "*|x", "-",
		"not set",
	} {
		got := parsed(t, someRules(), "https://myapp.com/?utm_campaign="+value)
		require.Equal(t, value, got.Campaign.Name, "%s", value)
	}
}

// Own hosts: no referral, whatever the path, and never a foreign source.
func TestSourceRules_ownHosts(t *testing.T) {
	t.Parallel()
	rules := someRules().WithOwnHosts(
		"myapp.com", "www.shop.example", ".apps.example", "BÜCHER.example", "localhost", "", "a b", "::1",
	)
	require.Equal(t, []string{
		"myapp.com", "shop.example", ".apps.example", "xn--bcher-kva.example", "localhost", "::1",
	}, rules.OwnHosts)
	require.Empty(t, someRules().OwnHosts)
	for _, row := range []classified{
		{"https://myapp.com", "website", "direct", "Website Registration"},
		{"https://www.myapp.com/pricing", "website", "direct", "Website Registration"},
		{"https://shop.example/", "website", "direct", "Website Registration"},
		{"https://apps.example/", "website", "direct", "Website Registration"},
		{"https://a.b.apps.example/", "website", "direct", "Website Registration"},
		{"https://bücher.example/", "website", "direct", "Website Registration"},
		{"http://localhost:3000/", "website", "direct", "Website Registration"},
		{"http://[::1]:3000/", "website", "direct", "Website Registration"},
		{"https://dashboard.apps.example/", "dashboard", "direct", "Dashboard"},
		{"https://myapp.com/?ref=linkedin", "website", "organic_social", "Website Registration - LinkedIn"},
		{"https://myapp.com/?ref=someone", "website", "referral", "Website Registration - Someone"},
		{"https://myapp.com/?utm_source=linkedin", "campaign", "organic_social", "LinkedIn"},
		{"https://myapp.com/?gclid=1", "campaign", "paid_search", "Google"},
		{"https://myapp.com/?gclid=null", "website", "direct", "Website Registration"},
		{"https://a.myapp.com/", "referral", "referral", "a.myapp.com"},
		{"https://myapp.com.evil.example/", "referral", "referral", "myapp.com.evil.example"},
		{"https://evilapps.example/", "referral", "referral", "evilapps.example"},
		{"https://x.shop.example/", "referral", "referral", "x.shop.example"},
	} {
		got := parsed(t, rules, row.url)
		require.Equal(t, row, classified{row.url, string(got.Category), string(got.Channel), got.DisplayName})
		own := row.category != "referral"
		require.Equal(t, own, rules.ParseReferer(row.url).IsZero(), "%q", row.url)
	}
	mine := someRules().WithOwnHosts("x.com", "mail.google.com")
	require.Equal(t, domain.SourceDirect, parsed(t, mine, "https://x.com/").Channel, "an own host beats the table")
	require.Equal(t, domain.CategoryWebsite, parsed(t, mine, "android-app://com.google.android.gm").Category)
}

// The Referer of an Android app is the host of the app.
func TestSourceRules_apps(t *testing.T) {
	t.Parallel()
	rules := someRules()
	for text, host := range map[string]string{
		"android-app://com.google.android.gm":                           "mail.google.com",
		" android-app://com.google.android.gm/ ":                        "mail.google.com",
		"ANDROID-APP://com.Google.android.gm/?utm_source=x#y":           "mail.google.com",
		"android-app://com.facebook.katana/https/www.google.com/search": "facebook.com",
	} {
		got := parsed(t, rules, text)
		require.Equal(t, "https://"+host+"/", got.URL, "%q", text)
		require.Equal(t, got, rules.Classify(got))
		require.Equal(t, got, rules.ParseReferer(text))
	}
	for _, text := range []string{
		"android-app://", "android-app://com.example", "android-app:com.google.android.gm",
		"ios-app://com.google.android.gm",
	} {
		_, err := rules.Parse(text)
		require.ErrorIs(t, err, domain.ErrInvalidSourceURL, "%q", text)
	}
	require.Equal(t, domain.SourceEmail, parsed(t, rules, "https://myapp.com/?utm_source=com.google.android.gm").Channel)
}

func TestIsMediumPattern(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"paid*", "*paid", "*cp*"} {
		require.True(t, domain.IsMediumPattern(text), "%q", text)
	}
	for _, text := range []string{"", "*", "**", "cp", "a*b", "*a*b*", "Paid*", "paid social*"} {
		require.False(t, domain.IsMediumPattern(text), "%q", text)
	}
}

func TestSourceRules_campaign(t *testing.T) {
	t.Parallel()
	rules := someRules()
	for query, want := range map[string]domain.Campaign{
		"utm_source=A&utm_medium=B&utm_campaign=C&utm_term=D&utm_content=E": {
			Source: "a", Medium: "b", Name: "c", Term: "d", Content: "e",
		},
		"UTM_Source=A&Utm_Campaign=C":                          {Source: "a", Name: "c"},
		"utm_source=a&utm_source=b&UTM_SOURCE=c":               {Source: "a"},
		"utm_source=&utm_source=b":                             {Source: "b"},
		"utm_source=a;utm_campaign=b":                          {Source: "a;utm_campaign=b"},
		"utm_campaign=a=b":                                     {Name: "a=b"},
		"utm_campaign=spring+sale%202026":                      {Name: "spring sale 2026"},
		"utm_campaign=++a+%09%0A+b%C2%A0%E2%80%A8c++":          {Name: "a b c"},
		"utm_campaign=%2541":                                   {Name: "a"},
		"utm_campaign=100%":                                    {Name: "100%"},
		"utm_campaign=%zz+%41":                                 {Name: "%zz %41"},
		"utm_campaign=%ff%fe":                                  {Name: "ÿþ"},
		"utm_campaign=a%00b%1Bc%7Fd%C2%85e":                    {Name: "abcd e"},
		"utm_campaign=%E2%80%AEevil%E2%80%AC":                  {Name: "evil"},
		"utm_campaign=%D8%AD%D9%85%D9%84%D8%A9%E2%80%8F":       {Name: "حملة"},
		"utm_campaign=%F0%9F%9A%80+launch":                     {Name: "🚀 launch"},
		"utm_campaign=👩\u200d💻":                                {Name: "👩\u200d💻"},
		"utm_campaign=\u200da\u200d\u200d+\u200db\u200d":       {Name: "a b"},
		"utm_campaign=a\u200b\u200e\u202a\u2066\ufeff\u00adb":  {Name: "ab"},
		"utm_campaign=%3Cscript%3Ealert(1)%3C/script%3E":       {Name: "<script>alert(1)</script>"},
		"utm_campaign=%3DHYPERLINK(%22x%22)":                   {Name: "=hyperlink(\"x\")"},
		"utm_campaign=ÄÖÜ":                                     {Name: "äöü"},
		"utm_campaign=spring%2520sale":                         {Name: "spring sale"},
		"utm_campaign=a%252Bb%2520c":                           {Name: "a+b c"},
		"utm_campaign=%252541":                                 {Name: "%41"},
		"utm_campaign=20%25ab":                                 {Name: "20%ab"},
		"utm_campaign=100%25+off":                              {Name: "100% off"},
		"utm_campaign=%C5ngstr%F6m":                            {Name: "ångström"},
		"utm_campaign=%D6ngstr%C5m":                            {Name: "öngstråm"},
		"utm_campaign=%93caf%E9%94+%80":                        {Name: "“café” €"},
		"utm_campaign=caf%C3%A9+caf%E9":                        {Name: "café café"},
		"utm_source=a&amp;utm_medium=b&AMP;amp;utm_campaign=c": {Source: "a", Medium: "b", Name: "c"},
		"x=1&amp;gclid=abc":                                    {Source: "google"},
		"amp;utm_source=a&amp;=b&amp;":                         {Source: "a"},
		"utm_source=a&utm_source={b}":                          {Source: "a"},
		"utm_source={b}&utm_source=a":                          {Source: "a"},
		"utm%5Fsource=a":                                       {},
		"utm_source[]=a":                                       {},
		"ref=%20Ada%20":                                        {Source: "ada"},
		"gclid=1":                                              {Source: "google"},
		"token=secret":                                         {},
	} {
		require.Equal(t, want, parsed(t, rules, "https://a.example/?"+query).Campaign, "%q", query)
	}
	long := parsed(t, rules, "https://a.example/?utm_campaign="+strings.Repeat("ü", 200)).Campaign.Name
	require.Equal(t, strings.Repeat("ü", 100), long)
	require.Equal(
		t, strings.Repeat("a", 99),
		parsed(t, rules, "https://a.example/?utm_campaign="+strings.Repeat("a", 99)+"+b").Campaign.Name,
		"no space at the end",
	)
}

func TestSourceRules_displayName(t *testing.T) {
	t.Parallel()
	rules := someRules()
	for query, want := range map[string]string{
		"utm_campaign=spring_sale-2026.v2":            "Spring Sale 2026 V2 Campaign",
		"utm_campaign=spring-campaign":                "Spring Campaign",
		"utm_campaign=CAMPAIGN":                       "Campaign",
		"utm_campaign=precampaign":                    "Precampaign Campaign",
		"utm_source=---&utm_campaign=__":              "--- - __ Campaign",
		"utm_source=news.example.org":                 "news.example.org",
		"utm_source=a.b/c":                            "A B/c",
		"utm_campaign=حملة":                           "حملة Campaign",
		"utm_source=🚀":                                "🚀",
		"utm_source=ß":                                "ß",
		"utm_source=éa&utm_campaign=élan":             "Éa - Élan Campaign",
		"utm_source=%3D1%2B1":                         "=1 1",
		"utm_medium=poster&utm_content=x":             "Poster",
		"utm_content=x":                               "a.example",
		"utm_source=facebook&utm_medium=cpc&gclid=1":  "Facebook",
		"utm_source=dashboard&utm_campaign=dashboard": "Dashboard - Dashboard Campaign",
	} {
		require.Equal(t, want, parsed(t, rules, "https://a.example/?"+query).DisplayName, "%q", query)
	}
	host := strings.Repeat("a.", 125) + "com"
	got := parsed(t, rules, "https://"+host+":8443/?ref=x").DisplayName
	require.Equal(t, 200, utf8.RuneCountInString(got))
	require.Equal(t, (host + ":8443")[:199]+"…", got)
}

// The zero rules classify by structure, and know no name.
func TestSourceRules_zero(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]string{
		"https://dashboard.myapp.com":                               {"dashboard", "direct", "Dashboard"},
		"https://myapp.com?utm_source=facebook&utm_campaign=spring": {"campaign", "referral", "Facebook - Spring Campaign"},
		"https://myapp.com/register":                                {"website", "direct", "Website Registration"},
		"https://www.google.com/?gclid=1":                           {"referral", "referral", "google.com"},
	} {
		got, err := domain.SourceRules{}.Parse(text)
		require.NoError(t, err)
		require.Equal(t, want, [3]string{string(got.Category), string(got.Channel), got.DisplayName}, "%q", text)
		require.Equal(t, got, domain.SourceRules{}.Classify(got))
	}
}

func TestSourceRules_Classify_whatIsNoSource(t *testing.T) {
	t.Parallel()
	want := domain.RegistrationSource{Category: domain.CategoryDirect, Channel: domain.SourceDirect, DisplayName: "Direct"}
	for _, text := range []string{
		"", "not-a-url", "javascript:alert(1)", "//example.com/", "https://", "https://example.com:99999/", "https://%zz/",
		"\x00",
		"https://example.com/" + strings.Repeat("x", 100_000),
	} {
		got := someRules().Classify(domain.RegistrationSource{ID: "old", Host: "old.example", URL: text})
		require.Equal(t, want, got, "%.40q", text)
		require.Equal(t, want, someRules().Classify(got), "%.40q", text)
		require.True(t, got.IsZero())
	}
}

// A click id that only the rules know is kept, for it tells the source again.
func TestSourceRules_Parse_keepsWhatItKnows(t *testing.T) {
	t.Parallel()
	const text = "https://example.com/?OwnClid=1&token=secret"
	require.Equal(t, "https://example.com/?OwnClid=1", parsed(t, someRules(), text).URL)
	require.Equal(t, "https://example.com/", parsed(t, domain.SourceRules{}, text).URL)
	require.Equal(t, domain.SourceAffiliate, someRules().ParseReferer(text).Channel)
	require.True(t, someRules().WithOwnHosts("www.example.com").ParseReferer(text).IsZero())
	require.True(t, someRules().ParseReferer("not-a-url").IsZero())
}

func TestSourceRules_Explain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]domain.SourceReasons{
		"https://a.example/?utm_medium=cpc&utm_source=x": {
			Category: domain.SourceReason{Rule: "utm", Match: "utm_source"},
			Channel:  domain.SourceReason{Rule: "medium", Match: "cpc"},
		},
		"https://a.example/?fbclid=x": {
			Category: domain.SourceReason{Rule: "click id", Match: "fbclid"},
			Channel:  domain.SourceReason{Rule: "click id", Match: "fbclid"},
		},
		"https://de.linkedin.com/": {
			Category: domain.SourceReason{Rule: "host", Match: ".linkedin.com"},
			Channel:  domain.SourceReason{Rule: "host", Match: ".linkedin.com"},
		},
		"https://google.co.jp/": {
			Category: domain.SourceReason{Rule: "host", Match: "google.*"},
			Channel:  domain.SourceReason{Rule: "host", Match: "google.*"},
		},
		"https://a.yandex.co.jp/": {
			Category: domain.SourceReason{Rule: "host", Match: ".yandex.*"},
			Channel:  domain.SourceReason{Rule: "host", Match: ".yandex.*"},
		},
		"https://dashboard.a.example/": {Category: domain.SourceReason{Rule: "host", Match: "dashboard"}},
		"https://a.example/signup?ref=fb": {
			Category: domain.SourceReason{Rule: "path", Match: "signup"},
			Channel:  domain.SourceReason{Rule: "source", Match: "fb"},
		},
		"https://a.example/?ref=lnkd.in": {Channel: domain.SourceReason{Rule: "source", Match: "lnkd.in"}},
		"https://a.example/?utm_medium=paid-x": {
			Category: domain.SourceReason{Rule: "utm", Match: "utm_medium"},
			Channel:  domain.SourceReason{Rule: "medium", Match: "paid*"},
		},
		"https://own.example/": {
			Category: domain.SourceReason{Rule: "own host", Match: "own.example"},
		},
		"https://a.example/": {},
		"not-a-url":          {},
	} {
		rules := someRules().WithOwnHosts("own.example")
		s, why := rules.Explain(domain.RegistrationSource{URL: text})
		require.Equal(t, want, why, "%q", text)
		require.Equal(t, rules.Classify(domain.RegistrationSource{URL: text}), s)
	}
}

func TestSourceKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Paid_Social": "paidsocial", "paid-social": "paidsocial", "a.b": "a.b", "": "", "ÄX": "äx", "- _": "",
	} {
		require.Equal(t, want, domain.SourceKey(text), "%q", text)
	}
}

func TestIsHostPattern(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"x.com", ".facebook.com", "google.*", ".yahoo.*", "search.yahoo.*", "xn--bcher-kva.example",
		strings.Repeat("a.", 120) + "com",
	} {
		require.True(t, domain.IsHostPattern(text), "%q", text)
	}
	for _, text := range []string{
		"", ".", "*", ".*", "*.com", "com", ".com", "Google.com", "www.x.com", "a..b", "x.com.", "x.com/", "bücher.example",
		"https://x.com", "a.*.com", "..x.com", strings.Repeat("a.", 126) + "com", "::1", "x com",
	} {
		require.False(t, domain.IsHostPattern(text), "%q", text)
	}
}

// The id is that of what the source is, and of nothing else.
func TestSourceRules_id(t *testing.T) {
	t.Parallel()
	rules := someRules()
	const want = "5a5173063eb3a4e8af9b63043853788b" // computed once, apart from this code
	const query = "utm_source=facebook&utm_medium=social&utm_campaign=spring&utm_term=shoes&utm_content=top"
	require.Equal(t, want, parsed(t, rules, "https://myapp.com/?"+query).ID)
	different := map[string]string{want: query}
	for _, change := range [][2]string{
		{"myapp.com", "myapp.org"},
		{"myapp.com", "myapp.com:8443"},
		{"=facebook", "=linkedin"},
		{"=social", "=email"},
		{"=spring", "=summer"},
		{"=shoes", "=boots"},
		{"=top", "=end"},
		{"utm_term=shoes&utm_content=top", "utm_term=shoestop"},
		{"utm_term=shoes&utm_content=top", "utm_content=shoestop"},
	} {
		text := strings.Replace("https://myapp.com/?"+query, change[0], change[1], 1)
		id := parsed(t, rules, text).ID
		require.Empty(t, different[id], "%q", text)
		different[id] = text
	}
}

func ExampleSourceRules_Parse() {
	rules := domain.SourceRules{
		Names: map[string]domain.KnownSource{"facebook": {Name: "Facebook", Channel: domain.SourceOrganicSocial}},
	}
	source, err := rules.Parse("https://myapp.com?utm_source=facebook&utm_campaign=spring")
	fmt.Println(source.DisplayName, source.Category, source.Channel, err)
	// Output: Facebook - Spring Campaign campaign organic_social <nil>
}
