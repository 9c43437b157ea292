package bootstrap

import (
	"net/netip"
	"net/url"
	"strings"
)

// checkCookies finds where browsers would not take the cookie of cookie mode, or
// would send it where others can read it.
func (c *Config) checkCookies(to *checker) {
	if !c.HTTP.Cookies {
		return
	}
	public, err := url.Parse(c.HTTP.PublicURL)
	if err != nil || public.Scheme != "http" {
		return // a public URL that is none is a mistake of its own
	}
	const cure = "give http.public_url an address such as https://auth.example.com, or switch http.cookies off"
	to.unless(thisMachine(public.Hostname()), "http.cookies", "needs TLS, and http.public_url is without", cure)
	to.unless(c.Environment != Production, "http.cookies", "needs TLS in production, and http.public_url is without", cure)
}

// thisMachine reports whether a host is the machine that asks.
func thisMachine(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}
