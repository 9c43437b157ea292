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
)

// announce prints where the service listens, what it uses and what to try: as text for
// an operator, or with log.format json as one line of the log.
func (a *App) announce(addr net.Addr) {
	url := "http://" + reachable(addr.String())
	database := a.config.Database.URL.Redacted()
	if a.config.Log.Format == "json" {
		a.logger.Info("listening", "addr", addr.String(), "database", database, "channels", a.served(),
			"environment", a.config.Environment, "version", a.config.Version)
		return
	}
	Print(cmp.Or[io.Writer](a.config.Stdout, os.Stdout), fmt.Sprintf(`doorcode %s listens on %s
  environment  %s
  database     %s
  codes go by  %s
  tokens name  %s (http.public_url)
  docs         %s/docs
  try          curl %s/api/auth/otp/request/ -H 'Content-Type: application/json' -d '{"identifier": "ada@example.com"}'
`, a.config.Version, url, a.config.Environment, database, strings.Join(a.served(), ", "), a.config.HTTP.PublicURL,
		url, url))
}

// served are the channels with their providers: "email (console)".
func (a *App) served() []string {
	var names []string
	byName := map[string][]string{}
	for _, s := range a.channels {
		name := string(s.Channel.Name)
		if byName[name] == nil {
			names = append(names, name)
		}
		if !slices.Contains(byName[name], s.Provider) {
			byName[name] = append(byName[name], s.Provider)
		}
	}
	for i, name := range names {
		names[i] = name + " (" + strings.Join(byName[name], ", ") + ")"
	}
	return names
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
