package listener

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestClient(t *testing.T) {
	t.Parallel()
	trusted := NewProxies([]netip.Prefix{
		netip.MustParsePrefix("10.1.2.3/8"), // not masked
		netip.MustParsePrefix("::ffff:192.168.0.0/112"),
		netip.MustParsePrefix("fd00::/8"),
	})
	for _, test := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.9:1234", nil, "203.0.113.9"},
		{"a stranger's word", "203.0.113.9:1234", []string{"198.51.100.1"}, "203.0.113.9"},
		{"a proxy that says nothing", "10.0.0.1:1234", nil, "10.0.0.1"},
		{"a proxy's word", "10.0.0.1:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a client that says more", "10.0.0.1:1234", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"a client that claims to be a proxy", "10.0.0.1:1234", []string{"1.1.1.1, 10.9.9.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:1234", []string{"1.1.1.1,198.51.100.1 ,\t192.168.0.7"}, "198.51.100.1"},
		{"two lines", "10.0.0.1:1234", []string{"1.1.1.1", "198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"a line of proxies alone", "10.0.0.1:1234", []string{"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"proxies alone", "10.0.0.1:1234", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"junk on the right", "10.0.0.1:1234", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		{"junk behind a proxy", "10.0.0.1:1234", []string{"198.51.100.1, _hidden, 10.0.0.2"}, "10.0.0.2"},
		{"an empty entry", "10.0.0.1:1234", []string{"198.51.100.1,"}, "10.0.0.1"},
		{"an empty line", "10.0.0.1:1234", []string{""}, "10.0.0.1"},
		{"only commas", "10.0.0.1:1234", []string{strings.Repeat(",", 5000)}, "10.0.0.1"},
		{"an address with a port", "10.0.0.1:1234", []string{"198.51.100.1:443"}, "198.51.100.1"},
		{"an address with brackets and port", "10.0.0.1:1234", []string{"[2001:db8::1]:443"}, "2001:db8::1"},
		{"an address with brackets alone", "10.0.0.1:1234", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"half of the brackets", "10.0.0.1:1234", []string{"[2001:db8::1"}, "10.0.0.1"},
		{"brackets around IPv4", "10.0.0.1:1234", []string{"[198.51.100.1]"}, "10.0.0.1"},
		{"a name", "10.0.0.1:1234", []string{"client.example"}, "10.0.0.1"},
		{"IPv6", "[2001:db8::1]:1234", nil, "2001:db8::1"},
		{"IPv6 with a zone", "[fe80::1%eth0]:1234", nil, "fe80::1"},
		{"a mapped peer", "[::ffff:203.0.113.9]:1234", nil, "203.0.113.9"},
		{"a mapped proxy", "[::ffff:10.0.0.1]:1234", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"a proxy from a mapped network", "192.168.0.1:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		{"an IPv6 proxy", "[fd12::1]:1234", []string{"2001:db8:0:0::1"}, "2001:db8::1"},
		{"a Unix socket", "@", []string{"198.51.100.1"}, "invalid IP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: test.peer, Header: http.Header{"X-Forwarded-For": test.forwarded}}
			require.Equal(t, test.want, trusted.Client(r).String())
			peer, _ := netip.ParseAddrPort(test.peer)
			isIgnored := test.forwarded != nil && peer.IsValid() && !trusted.trust(plainAddr(peer.Addr()))
			require.Equal(t, isIgnored, trusted.Ignored(r).IsValid())
		})
	}
	t.Run("no proxy is trusted unless it is named", func(t *testing.T) {
		t.Parallel()
		for _, peer := range []string{"127.0.0.1:1", "10.0.0.1:1", "[::1]:1"} {
			r := &http.Request{RemoteAddr: peer, Header: http.Header{
				"X-Forwarded-For": {"198.51.100.1"}, "X-Real-Ip": {"198.51.100.1"},
				"Forwarded": {"for=198.51.100.1"}, "Cf-Connecting-Ip": {"198.51.100.1"},
			}}
			require.Equal(t, netip.MustParseAddrPort(peer).Addr(), NewProxies(nil).Client(r))
		}
	})
}
