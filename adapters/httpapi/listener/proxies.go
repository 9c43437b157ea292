package listener

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Proxies are the networks whose X-Forwarded-For is trusted.
type Proxies []netip.Prefix

// NewProxies brings networks into the form that addresses are compared in.
func NewProxies(networks []netip.Prefix) Proxies {
	p := make(Proxies, 0, len(networks))
	for _, n := range networks {
		if a := n.Addr(); a.Is4In6() && n.Bits() >= 96 {
			n = netip.PrefixFrom(a.Unmap(), n.Bits()-96)
		}
		p = append(p, n)
	}
	return p
}

func (p Proxies) trust(a netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(a) })
}

// Client is the address of a request's client: the peer or, when that is a trusted
// proxy, the first untrusted entry of X-Forwarded-For from the right. Entries left of
// an invalid one are ignored. A peer without an address, on a Unix socket, is the zero
// Addr.
func (p Proxies) Client(r *http.Request) netip.Addr {
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
			next := parseForwarded(entry)
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

// Ignored is the address of a peer that is no trusted proxy and sends X-Forwarded-For or Forwarded: a proxy that the
// configuration does not name, or a client that made the header up. It is the zero Addr for other requests.
func (p Proxies) Ignored(r *http.Request) netip.Addr {
	if len(r.Header["X-Forwarded-For"]) == 0 && len(r.Header["Forwarded"]) == 0 {
		return netip.Addr{}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || p.trust(plainAddr(peer.Addr())) {
		return netip.Addr{}
	}
	return plainAddr(peer.Addr())
}

// Network is what counts as one client: an IPv4 address or an IPv6 /64. It is the zero
// Prefix for the zero Addr.
func Network(client netip.Addr) netip.Prefix {
	const ipv6Client = 64
	if !client.IsValid() {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(client, min(client.BitLen(), ipv6Client)).Masked()
}

// cutLast takes the last entry from a list.
func cutLast(list string) (last, rest string, more bool) {
	comma := strings.LastIndexByte(list, ',')
	return list[comma+1:], list[:max(comma, 0)], comma >= 0
}

// parseForwarded parses an entry: an address, to which some proxies add a port, and
// brackets to one of IPv6.
func parseForwarded(entry string) netip.Addr {
	entry = strings.Trim(entry, " \t")
	bare, open := strings.CutPrefix(entry, "[")
	if bare, closed := strings.CutSuffix(bare, "]"); open && closed && strings.Contains(bare, ":") {
		entry = bare
	}
	if a, err := netip.ParseAddr(entry); err == nil {
		return plainAddr(a)
	}
	if a, err := netip.ParseAddrPort(entry); err == nil {
		return plainAddr(a.Addr())
	}
	return netip.Addr{}
}

// plainAddr is an address in the form that is compared: without the mapping of IPv4
// into IPv6 and without a zone.
func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
