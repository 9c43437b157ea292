package smtp

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const name = "smtp"

// Config is the section smtp of the configuration. A host enables the channel email.
type Config struct {
	Host     string `yaml:"host" doc:"Name or IP address of the mail server. E-mail goes through it when it is set."`
	Port     int    `yaml:"port" min:"1" max:"65535" doc:"Its port; 465 is usual with tls: tls."`
	Username string `yaml:"username" doc:"Account at the mail server; none to send without one."`
	Password string `yaml:"password" secret:"true" doc:"Password of the account."`
	TLS      string `yaml:"tls" oneof:"starttls,tls,none" doc:"starttls (encrypted before anything is sent), tls (encrypted from the first byte) or none. With none the codes are sent in plain text: for a server on the same machine only."`
}

// The values of Config.TLS.
const (
	tlsStart    = "starttls"
	tlsImplicit = "tls"
	tlsNone     = "none"
)

// Provider sends e-mail by SMTP.
var Provider = port.NewProvider(name, Config{Port: 587, TLS: tlsStart},
	func(_ context.Context, cfg Config) ([]port.ChannelSender, error) { return open(cfg, nil) },
).For(domain.ChannelEmail)

// open returns a sender that trusts the roots; nil for those of the system.
func open(cfg Config, roots *x509.CertPool) ([]port.ChannelSender, error) {
	if cfg.Host == "" {
		return nil, nil
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	email := domain.Channel{Name: domain.ChannelEmail, Kind: domain.KindEmail}
	return []port.ChannelSender{{Channel: email, Provider: name, Sender: newSender(cfg, roots)}}, nil
}

func (c Config) check() error {
	switch {
	case !isHost(c.Host):
		return fmt.Errorf("smtp.host is no host: name one such as smtp.example.com, without a scheme and a port")
	case c.Port < 1 || c.Port > 65535:
		return fmt.Errorf("smtp.port is %d: set it to a port from 1 to 65535", c.Port)
	case c.TLS != tlsStart && c.TLS != tlsImplicit && c.TLS != tlsNone:
		return fmt.Errorf("smtp.tls is %.20q: set it to starttls, tls or none", c.TLS)
	case (c.Username == "") != (c.Password == ""):
		return fmt.Errorf("smtp.username and smtp.password go together: set both or none")
	case c.TLS == tlsNone && c.Username != "" && !isLoopback(c.Host):
		return fmt.Errorf("smtp.tls is none, which would send smtp.password in plain text: " +
			"set it to starttls or tls")
	}
	return nil
}

func isHost(text string) bool {
	if _, err := netip.ParseAddr(text); err == nil {
		return true
	}
	return len(text) <= 253 && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}

// isLoopback reports whether a host is this machine, so that no network is involved.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}
