package sourcerules_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// requireChannels checks the channel of the URL that prefix makes of each word.
func requireChannels(t *testing.T, rules domain.SourceRules, prefix string, words map[domain.SourceChannel]string) {
	t.Helper()
	for want, list := range words {
		for _, word := range strings.Fields(list) {
			got, err := rules.Parse(prefix + word)
			require.NoError(t, err, word)
			require.Equal(t, want, got.Channel, word)
		}
	}
}

// A portal has a search, web mail, forums and much else. Only its search hosts are search.
func TestRules_portals(t *testing.T) {
	t.Parallel()
	requireChannels(t, read(t, ""), "https://", map[domain.SourceChannel]string{
		domain.SourceOrganicSearch: `
			www.bing.com cn.bing.com www.yahoo.com yahoo.co.jp search.yahoo.com r.search.yahoo.com de.search.yahoo.com
			images.search.yahoo.com search.yahoo.co.jp video.search.yahoo.co.jp yandex.ru www.yandex.com.tr m.yandex.ru
			images.yandex.ru ya.ru www.baidu.com m.baidu.com image.baidu.com www.naver.com m.naver.com search.naver.com
			m.search.naver.com www.daum.net search.daum.net m.search.daum.net www.seznam.cz search.seznam.cz rambler.ru
			nova.rambler.ru www.sogou.com m.sogou.com wap.sogou.com www.so.com m.so.com so.360.cn www.aol.com search.aol.com
			suche.aol.de www.msn.com ntp.msn.com go.mail.ru maps.google.de scholar.google.com`,
		domain.SourceEmail: `
			email.seznam.cz mail.daum.net mail.kakao.com mail.sogou.com mail.rambler.ru mail.naver.com mail.yahoo.com
			de.mail.yahoo.com mail.yandex.ru e.mail.ru touch.mail.ru mail.aol.com mail.qq.com exmail.qq.com`,
		domain.SourceOrganicSocial: `
			blog.naver.com m.blog.naver.com cafe.naver.com kin.naver.com blog.daum.net cafe.daum.net tieba.baidu.com
			zhidao.baidu.com chiebukuro.yahoo.co.jp detail.chiebukuro.yahoo.co.jp zen.yandex.ru my.mail.ru`,
		domain.SourcePaidSearch: "an.yandex.ru yabs.yandex.ru",
		domain.SourceAI:         "yiyan.baidu.com chat.baidu.com ai.baidu.com alice.yandex.ru edgeservices.bing.com",
		domain.SourceReferral: `
			rewards.bing.com news.yahoo.com finance.yahoo.com groups.yahoo.com answers.yahoo.com login.yahoo.com
			shopping.yahoo.co.jp auctions.yahoo.co.jp forms.yandex.ru disk.yandex.ru market.yandex.ru translate.yandex.com
			passport.yandex.ru webmaster.yandex.ru shopping.naver.com finance.naver.com news.naver.com news.daum.net
			baike.baidu.com pan.baidu.com news.baidu.com wenda.so.com news.sogou.com news.rambler.ru mapy.seznam.cz
			help.aol.com news.mail.ru docs.google.com news.google.com`,
	})
	login, err := read(t, "").Parse("https://login.yahoo.com/join/register")
	require.NoError(t, err)
	require.Equal(t, domain.CategoryReferral, login.Category, "no page of the product's own")
}

// Hosts that public lists agree on, beside those of TestRules_hosts.
func TestRules_livingHosts(t *testing.T) {
	t.Parallel()
	requireChannels(t, read(t, ""), "https://", map[domain.SourceChannel]string{
		domain.SourceEmail: `
			lightmailer.gmx.net lightmailer-bap.gmx.net lightmailer-bs.gmx.net navigator-bs.gmx.com bap.navigator.gmx.net
			3c.gmx.net deref-gmx.com lightmailer-bap.web.de lightmailer-bs.web.de 3c.web.de navigator-lxa.mail.com
			deref-mail.com email.ionos.de email.ionos.co.uk mailbusiness.ionos.fr messagerie.orange.fr wmail.orange.fr
			mail01.orange.fr email.bluewin.ch mail.infomaniak.com mail.vodafone.de webmail.freenet.de mail.libero.it
			webmail.tim.it poczta.onet.pl poczta.o2.pl poczta.wp.pl mail.ukr.net outlook.cloud.microsoft email.t-online.de
			webmail.laposte.net mail.sina.com.cn www.icloud.com`,
		domain.SourceOrganicSearch: `
			lycos.com suche.aol.de recherche.aol.fr 360.cn www.startsiden.no onet.pl search.ukr.net centrum.cz
			websearch.rakuten.co.jp search.smt.docomo.ne.jp search.lilo.org gibiru.com yep.com stract.com oceanhero.today
			www.mamma.com suche.web.de suche.gmx.net www.eniro.se www.firmy.cz www.1881.no`,
		domain.SourceOrganicSocial: `
			www.flickr.com soundcloud.com myspace.com last.fm lastfm.de disqus.com ada.livejournal.com www.wattpad.com
			www.pixiv.net ameblo.jp ada.blogspot.com ada.blogspot.de www.blogger.com badoo.com mixi.jp l.workplace.com
			www.plurk.com www.deviantart.com www.goodreads.com m.yelp.com www.tripadvisor.co.uk foursquare.com chaos.social
			mstdn.jp mastodon.art pixelfed.social www.academia.edu www.researchgate.net www.slideshare.net www.glassdoor.de
			dzen.ru note.com band.us ada.tistory.com teams.microsoft.com messages.google.com groups.google.com
			letterboxd.com strava.com www.patreon.com ow.ly slashdot.org www.fandom.com www.behance.net`,
		domain.SourceVideo: `
			www.netflix.com help.hulu.com www.disneyplus.com www.ted.com www.iq.com d.tube www.huya.com www.crunchyroll.com
			music.youtube.com`,
		domain.SourceAI: `
			character.ai beta.character.ai chatglm.cn chat.z.ai app.jasper.ai app.writesonic.com yuanbao.tencent.com
			metaso.cn labs.openai.com`,
		domain.SourcePaidSearch: `
			syndicatedsearch.goog adsensecustomsearchads.com trc.taboola.com paid.outbrain.com cat.nl.eu.criteo.com
			d.adroll.com track.adform.net aax.amazon-adsystem.com`,
		domain.SourceReferral: `
			stackoverflow.com unix.stackexchange.com github.com medium.com ada.wordpress.com bit.ly tinyurl.com
			www.amazon.com play.google.com sites.google.com search.google.com www.notion.so acme.atlassian.net`,
	})
}

// mediumTable has mediums as people write them, by the channels that they are with google,
// facebook and an unknown source. The rules are those of Google Analytics' channel groups.
var mediumTable = map[[3]domain.SourceChannel]string{
	{"paid_search", "paid_social", "paid_search"}: `
		cpc, CPC, ppc, cp, cpx, cpm, cpc_shopping, google-cpc, cpc-social, paid,
		paid_influencer, paid-display, paid native, paidshopping, paid_email, pmax, Performance Max, shopping, demand-gen,
		retargeting, fb_retargeting, remarketing_q3, display, display_ads, programmatic-display, banner, expandable,
		interstitial, sponsored_post`,
	{"paid_search", "paid_search", "paid_search"}: `paid_search, paidsearch_brand, sem`,
	{"paid_social", "paid_social", "paid_social"}: `paid_social, paidsocial-video, social_ads`,

	{"organic_search", "organic_social", "organic_search"}: `organic`,
	{"organic_search", "organic_search", "organic_search"}: `seo, organic_search`,
	{"organic_search", "organic_social", "referral"}:       `referral, unpaid, poster, qr, sms, push, (none), (not set)`,
	{"organic_social", "organic_social", "organic_social"}: `social, social-network, organic_social_post, sm`,

	{"video", "video", "video"}:             `video, videos, online-video, video_ads`,
	{"email", "email", "email"}:             `email, e-mail, email_blast, weekly-newsletter`,
	{"affiliate", "affiliate", "affiliate"}: `affiliate, affiliate_network`,
	{"ai", "ai", "ai"}:                      `ai-assistant, mcp`,
}

func TestRules_mediums(t *testing.T) {
	t.Parallel()
	rules := read(t, "")
	for want, mediums := range mediumTable {
		for medium := range strings.SplitSeq(mediums, ",") {
			for i, source := range []string{"google", "facebook", "acme"} {
				query := url.Values{"utm_source": {source}, "utm_medium": {medium}}.Encode()
				got, err := rules.Parse("https://myapp.com/?" + query)
				require.NoError(t, err)
				require.Equal(t, want[i], got.Channel, query)
			}
		}
	}
}

// Parameters that advertisers and mailers add are a campaign by themselves, and the values
// that Meta fills in are Meta.
func TestRules_parametersOfAdvertisers(t *testing.T) {
	t.Parallel()
	rules := read(t, "").WithOwnHosts("myapp.com")
	for query, want := range map[string]string{
		"gad_source=1":                          "paid_search Google",
		"gad_source=1&gad_campaignid=2&gclid=3": "paid_search Google",
		"gad_source=1&fbclid=2":                 "paid_search Google",
		"mc_cid=1":                              "email Mailchimp",
		"_hsenc=1&_hsmi=2":                      "email HubSpot",
		"_kx=1":                                 "email Klaviyo",
		"mkt_tok=1":                             "email Marketo",
		"vero_id=1":                             "email Vero",
		"tblci=1":                               "paid_search Taboola",
		"dicbo=1":                               "paid_search Outbrain",
		"mc_cid=1&gclid=2":                      "paid_search Google",
		"mc_cid=1&utm_source=june&utm_medium=email":       "email June",
		"utm_source=an&utm_medium=paid":                   "paid_social Meta Audience Network",
		"utm_source=an":                                   "paid_social Meta Audience Network",
		"utm_source=audience_network&utm_medium=cpc":      "paid_social Meta Audience Network",
		"utm_source=ig&utm_medium=paid":                   "paid_social Instagram",
		"utm_source=fb&utm_medium=paid&fbclid=1":          "paid_social Facebook",
		"utm_source=msg&utm_medium=paid":                  "paid_social Messenger",
		"utm_source=th&utm_medium=paid":                   "paid_social Threads",
		"utm_source=Instagram_Stories&utm_medium=paid":    "paid_social Instagram",
		"utm_source=Facebook_Mobile_Feed&utm_medium=paid": "paid_social Facebook",
		"utm_source=Facebook_Desktop_Feed":                "organic_social Facebook",
		"utm_source=acme&utm_medium=paid&fbclid=1":        "paid_social Acme",
		"utm_source={{site_source_name}}&fbclid=1":        "organic_social Facebook",
	} {
		got, err := rules.Parse("https://myapp.com/?" + query)
		require.NoError(t, err)
		require.Equal(t, domain.CategoryCampaign, got.Category, query)
		require.Equal(t, want, string(got.Channel)+" "+got.DisplayName, query)
	}
}

func TestRules_apps(t *testing.T) {
	t.Parallel()
	requireChannels(t, read(t, ""), "android-app://", map[domain.SourceChannel]string{
		domain.SourceEmail: `
			com.google.android.gm com.google.android.gm/ com.microsoft.office.outlook ch.protonmail.android ru.mail.mailapp`,
		domain.SourceOrganicSearch: `
			com.google.android.googlequicksearchbox/https/www.google.com com.duckduckgo.mobile.android
			com.nhn.android.search`,
		domain.SourceOrganicSocial: `
			com.facebook.katana com.instagram.android com.linkedin.android com.Slack org.telegram.messenger
			com.reddit.frontpage`,
		domain.SourceVideo: "com.google.android.youtube tv.twitch.android.app",
		domain.SourceAI:    "com.openai.chatgpt ai.perplexity.app.android",
	})
}
