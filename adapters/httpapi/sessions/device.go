package sessions

import (
	"strings"
	"unicode"

	"github.com/mileusna/useragent"
)

// deviceOf returns the text by which a user recognizes a device: "Safari on iPhone".
// It is "" for a User-Agent that names neither a program nor a device, and is safe to
// put into a page.
func deviceOf(userAgent string) string {
	ua := useragent.Parse(userAgent)
	on := tokenName(devices, userAgent)
	if on == "" {
		on = nameOf(ua.Device)
	}
	if len(on) < 2 { // "K" is what Chrome calls every Android
		on = nameOf(ua.OS)
	}
	program := tokenName(programs, userAgent)
	if program == "" && !isNoProgram(ua.Name) {
		program = nameOf(ua.Name)
	}
	switch {
	case on == "":
		return program
	case program == "" || strings.EqualFold(program, on):
		return on
	default:
		return program + " on " + on
	}
}

// tokens are names by a text that a User-Agent contains, the most telling first.
type tokens []struct{ text, name string }

// programs are those that the parser does not know, or takes for another.
var programs = tokens{
	{"MicroMessenger/", "WeChat"},
	{"baiduboxapp/", "Baidu"},
	{"LinkedInApp", "LinkedIn"},
	{"Twitter for ", "X"},
	{"KAKAOTALK", "KakaoTalk"},
	{"NAVER(", "Naver"},
	{" Line/", "LINE"},
	{" GSA/", "Google App"},
	{" DuckDuckGo/", "DuckDuckGo"},
	{" Ddg/", "DuckDuckGo"},
	{" OPX/", "Opera GX"},
	{" YaBrowser/", "Yandex Browser"},
	{" HuaweiBrowser/", "Huawei Browser"},
	{" UCBrowser/", "UC Browser"},
	{" MQQBrowser/", "QQ Browser"},
	{" Epiphany/", "Epiphany"},
	{" PaleMoon/", "Pale Moon"},
	{" SeaMonkey/", "SeaMonkey"},
	{" Trident/", "Internet Explorer"},
}

// devices are those that the parser takes for their operating system, or misses.
var devices = tokens{
	{"(iPod", "iPod"},
	{"PlayStation 5", "PlayStation 5"},
	{"PlayStation 4", "PlayStation 4"},
	{" CrKey/", "Chromecast"},
	{"(SMART-TV", "TV"},
	{"(Web0S", "LG TV"},
	{"(BB10", "BlackBerry"},
	{" FreeBSD ", "FreeBSD"},
}

// tokenName is the name of the first token that a User-Agent contains, "" for none.
func tokenName(all tokens, userAgent string) string {
	for _, token := range all {
		if strings.Contains(userAgent, token.text) {
			return token.name
		}
	}
	return ""
}

// isNoProgram reports whether a name that the parser gives is an engine, a setting or
// a device and no program.
func isNoProgram(name string) bool {
	switch name {
	case "AppleWebKit", "ArkWeb", "BB10", "Build", "CrKey", "Gecko", "KHTML", "Language", "NetType", "Profile",
		"SP-engine", "T7", "TV Safari", "XWEB":
		return true
	}
	return strings.HasSuffix(name, " Build") || strings.Contains(name, "Mac OS X")
}

// nameOf is a text if it can be the name of a program or a device, "" otherwise: the
// parser gives back whole what it cannot read.
func nameOf(text string) string {
	const longest = 40
	if len(text) > longest || strings.ContainsFunc(text, notNameText) || !strings.ContainsFunc(text, unicode.IsLetter) {
		return ""
	}
	return text
}

func notNameText(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" ._-+()", r)
}
