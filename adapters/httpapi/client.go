package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the networks whose word on where a request came from is believed.
type proxies []netip.Prefix

// newProxies brings networks into the form that addresses are compared in.
func newProxies(networks []netip.Prefix) proxies {
	p := make(proxies, 0, len(networks))
	for _, n := range networks {
		if a := n.Addr(); a.Is4In6() && n.Bits() >= 96 {
			n = netip.PrefixFrom(a.Unmap(), n.Bits()-96)
		}
		p = append(p, n)
	}
	return p
}

func (p proxies) trust(a netip.Addr) bool {
	for _, n := range p {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

// client is the address of whoever asks: the peer or, when that is a trusted
// proxy, the first from the right of X-Forwarded-For that is none. What stands
// left of an entry that is no address is nobody's word. A peer without an
// address, on a Unix socket, is the zero Addr.
func (p proxies) client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	client := plainAddr(peer.Addr())
	if len(p) == 0 || !p.trust(client) {
		return client
	}
	lines := r.Header["X-Forwarded-For"]
	for i := len(lines) - 1; i >= 0; i-- {
		for list, more := lines[i], true; more; {
			var entry string
			entry, list, more = cutLast(list)
			next := forwarded(entry)
			if next.IsValid() {
				client = next
			}
			if !p.trust(next) {
				return client
			}
		}
	}
	return client
}

// cutLast takes the last entry from a list.
func cutLast(list string) (last, rest string, more bool) {
	comma := strings.LastIndexByte(list, ',')
	return list[comma+1:], list[:max(comma, 0)], comma >= 0
}

// forwarded reads an entry: an address, which some proxies give a port.
func forwarded(entry string) netip.Addr {
	entry = strings.Trim(entry, " \t")
	if a, err := netip.ParseAddr(entry); err == nil {
		return plainAddr(a)
	}
	if a, err := netip.ParseAddrPort(entry); err == nil {
		return plainAddr(a.Addr())
	}
	return netip.Addr{}
}

// plainAddr is the one form of an address: an IPv4 address is never one mapped
// into IPv6, and the zone is this machine's own affair.
func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
