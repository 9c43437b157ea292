package wiring

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/domain"
)

// announce prints where the service listens, what it uses and what to try: as text for
// an operator, or with log.format json as one line of the log.
func (a *App) announce(addr net.Addr) {
	url := "http://" + reachable(addr.String())
	database := a.config.Database.URL.Redacted()
	if a.config.Log.Format == "json" {
		a.logger.Info("listening", "addr", addr.String(), "database", database, "channels", a.served(),
			"not_sent", a.printed(), "environment", a.config.Environment, "version", a.config.Version)
		return
	}
	var hints strings.Builder
	if printed := a.printed(); len(printed) > 0 {
		fmt.Fprintf(&hints, "  not sent     %s: nothing is sent, messages are printed here\n", strings.Join(printed, ", "))
	}
	if limit := a.config.RateLimit; a.config.Environment == config.Development && limit.IdentifierRequests > 0 {
		fmt.Fprintf(&hints, "  limit        %s to one recipient (ratelimit.identifier_requests, 0 = off)\n",
			config.Rate{Count: limit.IdentifierRequests, Per: limit.IdentifierWindow})
	}
	Print(cmp.Or[io.Writer](a.config.Stdout, os.Stdout), fmt.Sprintf(`doorcode %s listens on %s
  environment  %s
  database     %s
  codes go by  %s
%s  tokens name  %s (http.public_url)
  docs         %s/docs
  try          curl %s/api/auth/otp/request/ -H 'Content-Type: application/json' -d '{"identifier": "ada@example.com"}'
`, a.config.Version, url, a.config.Environment, database, strings.Join(a.served(), ", "), &hints,
		a.config.HTTP.PublicURL, url, url))
}

// printed are the channels whose first sender prints messages instead of sending them.
func (a *App) printed() []string {
	names, seen := []string{}, map[domain.ChannelName]bool{}
	for _, s := range a.channels {
		if _, prints := s.Sender.(MessagePrinter); prints && !seen[s.Channel.Name] {
			names = append(names, string(s.Channel.Name))
		}
		seen[s.Channel.Name] = true
	}
	return names
}

// served are the channels with their providers: "email (console)".
func (a *App) served() (channels []string) {
	var names []domain.ChannelName
	providers := map[domain.ChannelName][]string{}
	for _, s := range a.channels {
		name := s.Channel.Name
		if providers[name] == nil {
			names = append(names, name)
		}
		if !slices.Contains(providers[name], s.Provider) {
			providers[name] = append(providers[name], s.Provider)
		}
	}
	for _, name := range names {
		channels = append(channels, string(name)+" ("+strings.Join(providers[name], ", ")+")")
	}
	return channels
}

// reachable is the address to connect to on this machine for a listening address.
func reachable(addr string) string {
	host, number, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, number)
}
