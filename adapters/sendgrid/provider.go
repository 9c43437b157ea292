package sendgrid

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const name = "sendgrid"

// Config is the section sendgrid of the configuration. It sets e-mail up where it has
// a key.
type Config struct {
	APIKey           string `yaml:"api_key" secret:"true" doc:"Key of SendGrid's API with the permission Mail Send. E-mail goes through SendGrid when it is set."`
	TemplateID       string `yaml:"template_id" doc:"Dynamic template that writes the e-mails, of the data code, product, subject, expiry (in minutes), expires_at, purpose and locale; none for doorcode's own texts."`
	BaseURL          string `yaml:"base_url" doc:"Where the API is: https://api.eu.sendgrid.com for accounts in the EU."`
	WebhookPublicKey string `yaml:"webhook_public_key" doc:"Verification key of the signed event webhook, in base64. Set it to serve POST /webhooks/sendgrid."`
}

// Provider plugs SendGrid in.
var Provider = port.NewProvider(name, Config{BaseURL: "https://api.sendgrid.com"}, open).For(domain.ChannelEmail)

// open makes the sender, one that reads reports where there is a key for them.
func open(_ context.Context, cfg Config) ([]port.ChannelSender, error) {
	if cfg.APIKey == "" {
		return nil, nil
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	plain := newSender(cfg)
	var sender port.CodeSender = plain
	if cfg.WebhookPublicKey != "" {
		key, err := publicKey(cfg.WebhookPublicKey)
		if err != nil {
			return nil, fmt.Errorf("sendgrid.webhook_public_key: %w: "+
				"copy the verification key from the settings of the event webhook", err)
		}
		sender = &ReportingSender{Sender: plain, key: key}
	}
	email := domain.Channel{Name: domain.ChannelEmail, Kind: domain.KindEmail}
	return []port.ChannelSender{{Channel: email, Provider: name, Sender: sender}}, nil
}

func (c Config) check() error {
	if strings.ContainsFunc(c.APIKey, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("sendgrid.api_key has spaces or other letters that no key has: copy it again")
	}
	base, err := url.Parse(c.BaseURL)
	switch {
	case err != nil, base.Host == "", base.User != nil, base.RawQuery != "", base.Fragment != "":
		return errors.New("sendgrid.base_url is no URL: set it to one such as https://api.sendgrid.com")
	case base.Scheme == "https", base.Scheme == "http" && isLoopback(base.Hostname()):
		return nil
	default:
		return errors.New("sendgrid.base_url would send the key in plain text: set it to an https URL")
	}
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// publicKey reads a key of an ECDSA pair. The library reads it too, but does not come
// back from a key of another kind.
func publicKey(text string) (*ecdsa.PublicKey, error) {
	text = strings.TrimSpace(text)
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, errors.New("it is not base64")
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if _, ok := parsed.(*ecdsa.PublicKey); err != nil || !ok {
		return nil, errors.New("it is no public key for ECDSA")
	}
	return eventwebhook.ConvertPublicKeyBase64ToECDSA(text)
}
