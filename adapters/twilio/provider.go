package twilio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

const name = "twilio"

// Config is the section twilio of the configuration.
type Config struct {
	// AccountSID is the account that pays: AC and 32 hexadecimal digits.
	AccountSID string `yaml:"account_sid" doc:"Account, as the Twilio console shows it: AC and 32 hexadecimal digits."`
	// AuthToken is the secret of the account; it signs Twilio's reports too.
	AuthToken string `yaml:"auth_token" secret:"true" doc:"Secret of the account. It also proves that a delivery report is Twilio's."`
	// SMSFrom is the sender of SMS. Defaults to no SMS.
	SMSFrom string `yaml:"sms_from" doc:"Who an SMS is from: a phone number, a short code, a name of up to 11 characters, or a messaging service (MG...)."`
	// WhatsAppFrom is the sender of WhatsApp messages. Defaults to no WhatsApp.
	WhatsAppFrom string `yaml:"whatsapp_from" doc:"Phone number that a WhatsApp message is from."`
	// WhatsAppContentSID is the approved template, with the code as its variable 1.
	// Defaults to none: the message goes as text, which WhatsApp takes only as an answer.
	WhatsAppContentSID string `yaml:"whatsapp_content_sid" doc:"Approved WhatsApp template (HX...) with the code as its variable 1. Without one, text is sent, which WhatsApp takes only within 24 hours of a message from the person."`
	// Edge is where requests enter Twilio's network. Defaults to Twilio's choice.
	Edge string `yaml:"edge" doc:"Where requests enter Twilio's network, such as dublin."`
	// Region is where Twilio processes them. Defaults to Twilio's, the United States.
	Region string `yaml:"region" doc:"Where Twilio processes messages, such as ie1. The account's secret is another one in each region."`
	// BaseURL is where every request goes instead of Twilio. Defaults to Twilio.
	BaseURL string `yaml:"base_url" doc:"Where every request goes instead of Twilio, for tests."`
	// RequestTimeout is how long one request may take.
	RequestTimeout time.Duration `yaml:"request_timeout" min:"100ms" max:"2m" doc:"How long one request may take; send.total bounds all of them together."`
	// MaxRetries is how often a message that was surely not taken is tried again.
	MaxRetries int `yaml:"max_retries" min:"0" max:"10" doc:"How often a message is tried again that Twilio has surely not taken."`
	// RetryDelay is the wait before the first retry; it doubles with each.
	RetryDelay time.Duration `yaml:"retry_delay" min:"0" max:"1m" doc:"Wait before the first retry. It doubles with each as far as send.wait has room for it, less up to a half by chance."`
	// TestMode prints messages instead of sending them.
	TestMode bool `yaml:"test_mode" production:"refused" doc:"Print messages, with the recipient masked, instead of sending them. console.file gets them as a whole."`
	// DebugLogging logs every request without what is in it.
	DebugLogging bool `yaml:"debug_logging" doc:"Log every request and what became of it, without codes and full numbers."`
}

// Provider plugs Twilio in.
var Provider = port.NewProvider(name, Config{RequestTimeout: 30 * time.Second, MaxRetries: 3, RetryDelay: time.Second},
	func(_ context.Context, cfg Config) ([]port.ChannelSender, error) { return open(os.Stdout, cfg) },
).For(domain.ChannelSMS, domain.ChannelWhatsApp)

// What Twilio's names for things look like.
var (
	accountSID = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	serviceSID = regexp.MustCompile(`^MG[0-9a-fA-F]{32}$`)
	contentSID = regexp.MustCompile(`^HX[0-9a-fA-F]{32}$`)
	messageSID = regexp.MustCompile(`^(SM|MM)[0-9a-fA-F]{32}$`)
	secret     = regexp.MustCompile(`^[0-9a-zA-Z]+$`) // the client library sends no other
	shortCode  = regexp.MustCompile(`^[0-9]{5,6}$`)
	senderName = regexp.MustCompile(`^[0-9A-Za-z +\-_&]{0,10}[A-Za-z][0-9A-Za-z +\-_&]{0,10}$`)
	place      = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

const maxSenderName = 11

// open makes the senders of what is set up, and says at once all that is wrong with
// it. Where nothing is, there are none.
func open(people io.Writer, cfg Config) ([]port.ChannelSender, error) {
	if cfg.AccountSID == "" && cfg.AuthToken == "" && cfg.SMSFrom == "" && cfg.WhatsAppFrom == "" &&
		cfg.WhatsAppContentSID == "" {
		return nil, nil
	}
	base, err := cfg.check()
	if err != nil {
		return nil, err
	}
	var log *slog.Logger
	if cfg.DebugLogging {
		log = slog.Default()
	}
	line := newLine(cfg, base, log)
	rehearsal := newRehearsal(people)
	var senders []port.ChannelSender
	add := func(channel domain.ChannelName, sender *Sender) {
		s := port.ChannelSender{
			Channel: domain.Channel{Name: channel, Kind: domain.KindPhone}, Provider: name,
			Sender: sender,
		}
		if cfg.TestMode {
			s.Sender = rehearsal
		}
		senders = append(senders, s)
	}
	if cfg.SMSFrom != "" {
		add(domain.ChannelSMS, newSMS(line, cfg))
	}
	if cfg.WhatsAppFrom != "" {
		add(domain.ChannelWhatsApp, newWhatsApp(line, cfg))
	}
	return senders, nil
}

// check brings the addresses into the form that Twilio takes, and lists all that is
// wrong, each with its key and its cure.
func (c *Config) check() (base *url.URL, err error) {
	var wrong []error
	expect := func(fine bool, key, cure string) {
		if !fine {
			wrong = append(wrong, fmt.Errorf("twilio.%s: %s", key, cure))
		}
	}
	expect(accountSID.MatchString(c.AccountSID), "account_sid",
		"set it to the Account SID of the Twilio console: AC and 32 hexadecimal digits")
	expect(secret.MatchString(c.AuthToken), "auth_token",
		"set it to the Auth Token of the Twilio console: letters and digits alone")
	expect(c.SMSFrom != "" || c.WhatsAppFrom != "", "sms_from",
		"set who messages are from, here or in twilio.whatsapp_from, or take out the rest of twilio")
	expect(c.checkSMSFrom(), "sms_from",
		"give a phone number such as +15551234567, a short code, a name of up to 11 letters, digits and spaces, or a messaging service: MG and 32 hexadecimal digits")
	expect(c.checkWhatsAppFrom(), "whatsapp_from", "give the phone number of the WhatsApp sender, such as +15551234567")
	expect(c.WhatsAppContentSID == "" || c.WhatsAppFrom != "", "whatsapp_from",
		"set it beside twilio.whatsapp_content_sid, or take that out")
	expect(c.WhatsAppContentSID == "" || contentSID.MatchString(c.WhatsAppContentSID), "whatsapp_content_sid",
		"give the Content SID of an approved template: HX and 32 hexadecimal digits")
	expect(c.Edge == "" || place.MatchString(c.Edge), "edge", "give the name of an edge, such as dublin")
	expect(c.Region == "" || place.MatchString(c.Region), "region", "give the name of a region, such as ie1")
	base, fine := parseBase(c.BaseURL)
	expect(fine, "base_url",
		"give an address such as http://127.0.0.1:8080, with neither query nor password, or take it out")
	expect(c.RequestTimeout > 0, "request_timeout", "give a duration such as 30s")
	expect(c.MaxRetries >= 0 && c.RetryDelay >= 0, "max_retries",
		"give numbers that are not below 0, also as twilio.retry_delay")
	return base, errors.Join(wrong...)
}

// PhoneNumbers are the configured senders, whether they are phone numbers or not.
func (c *Config) PhoneNumbers() []string {
	return []string{c.SMSFrom, strings.TrimPrefix(strings.TrimSpace(c.WhatsAppFrom), whatsAppPrefix)}
}

func (c *Config) checkSMSFrom() bool {
	switch from := strings.TrimSpace(c.SMSFrom); {
	case c.SMSFrom == "", serviceSID.MatchString(from), shortCode.MatchString(from):
		c.SMSFrom = from
		return true
	case strings.HasPrefix(from, "+"):
		number, err := domain.ParsePhone(from)
		c.SMSFrom = number.Value()
		return err == nil
	default:
		c.SMSFrom = from
		return len(from) <= maxSenderName && senderName.MatchString(from)
	}
}

func (c *Config) checkWhatsAppFrom() bool {
	if c.WhatsAppFrom == "" {
		return true
	}
	number, err := domain.ParsePhone(strings.TrimPrefix(strings.TrimSpace(c.WhatsAppFrom), whatsAppPrefix))
	c.WhatsAppFrom = number.Value()
	return err == nil
}

// parseBase reads a base URL; none is nil.
func parseBase(text string) (*url.URL, bool) {
	if text == "" {
		return nil, true
	}
	base, err := url.Parse(text)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Hostname() == "" || base.User != nil ||
		base.RawQuery != "" || base.Fragment != "" {
		return nil, false
	}
	base.Path = strings.TrimRight(base.Path, "/")
	return base, true
}
