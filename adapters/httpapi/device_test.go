package httpapi

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
)

// What real programs call themselves, and what people are told.
var devices = []struct{ userAgent, want string }{
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Mobile/15E148 Safari/604.1", "Safari on iPhone"},
	{"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1", "Safari on iPad"},
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome on iPhone"},
	{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome on Android"},
	{"Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36", "Samsung Browser on SM-S921B"},
	{"Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", "Firefox on Android"},
	{"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"},
	{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", "Chrome on ChromeOS"},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge on Windows"},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36", "Chrome on Windows"},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0", "Opera on Windows"},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "Safari on macOS"},
	{"curl/8.9.1", "curl"},
	{"okhttp/4.12.0", "okhttp"},
	{"Dart/3.5 (dart:io)", "Dart"},
	{"MyApp/3 CFNetwork/1498.700.2 Darwin/23.6.0", "MyApp"},
	{"Go-http-client/1.1", "Go-http-client"},
	{"python-requests/2.32.3", "python-requests"},
	{"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot"},
	{"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36", "Bingbot"},
	{"", ""},
	{"-", ""},
	{"Mozilla/5.0", ""},
	{"/1.0", ""},
	{"(((((", ""},
	{"<script>alert(1)</script>", ""},
	{strings.Repeat("x", domain.MaxUserAgent), ""},
	{strings.Repeat("(;/ )", domain.MaxUserAgent/5), ""},
}

func TestDeviceOf(t *testing.T) {
	t.Parallel()
	for _, row := range devices {
		require.Equal(t, row.want, deviceOf(row.userAgent), row.userAgent)
	}
}

// Whatever somebody calls themselves, others can look at it.
func FuzzDeviceOf(f *testing.F) {
	for _, row := range devices {
		f.Add(row.userAgent)
	}
	f.Fuzz(func(t *testing.T, userAgent string) {
		device := deviceOf(domain.CleanUserAgent(userAgent))
		require.LessOrEqual(t, len(device), 2*40+len(" on "))
		require.NotContains(t, device, "<")
		for _, r := range device {
			require.True(t, r >= ' ' && r <= '~', "%q", device)
		}
	})
}
