package config

import (
	"io"
	"net/netip"
	"slices"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
	"github.com/doorcode-auth/doorcode/domain"
)

// Environment chooses the defaults of a configuration, and how strict it is.
type Environment string

// The environments.
const (
	Development Environment = "development"
	Production  Environment = "production"
	Testing     Environment = "testing"
)

// Secret is a value that is never printed.
type Secret = settings.Secret

// Rate is how often something may happen; the zero Rate means without limit.
type Rate = settings.Rate

// Config is everything that an operator decides. Configure makes one; each field
// is a key, and docs/configuration.md is written from the tags.
type Config struct {
	Environment       Environment     `yaml:"environment" default:"development" oneof:"development,production,testing" doc:"Chooses the defaults that differ by environment. Production refuses what is not safe."`
	SecretKey         Secret          `yaml:"secret_key" min:"32" derived:"made once and kept in doorcode.key beside the SQLite file, else in the working directory; production refuses to start without" doc:"Codes and tokens are derived from it. At least 32 random bytes, the same for all instances."`
	SecretKeyPrevious Secret          `yaml:"secret_key_previous" min:"32" doc:"The key before this one: codes made with it stay good while the key is replaced."`
	HTTP              HTTPConfig      `yaml:"http"`
	Log               LogConfig       `yaml:"log"`
	Database          DatabaseConfig  `yaml:"database"`
	OTP               OTPConfig       `yaml:"otp"`
	RateLimit         RateLimitConfig `yaml:"ratelimit"`
	Send              SendConfig      `yaml:"send"`
	Upkeep            UpkeepConfig    `yaml:"upkeep"`
	JWT               JWTConfig       `yaml:"jwt"`
	Session           SessionConfig   `yaml:"session"`
	Service           ServiceConfig   `yaml:"service"`
	Product           ProductConfig   `yaml:"product"`
	Message           MessageConfig   `yaml:"message"`
	Email             EmailConfig     `yaml:"email"`
	SMS               ChannelConfig   `yaml:"sms"`
	WhatsApp          ChannelConfig   `yaml:"whatsapp"`
	Voice             ChannelConfig   `yaml:"voice"`
	Phone             PhoneConfig     `yaml:"phone"`
	Telegram          TelegramConfig  `yaml:"telegram"`
	Sources           SourcesConfig   `yaml:"sources"`

	// Stdout and Stderr take what is printed for people and what is logged.
	// Default to those of the process.
	Stdout, Stderr io.Writer `yaml:"-"`

	// Version is the version of the program. Defaults to that of its build.
	Version string `yaml:"-"`

	// Warnings are what is wrong but does no harm.
	Warnings []Mistake `yaml:"-"`

	channels  map[domain.ChannelName]*[]string // their providers
	providers []port.Provider
	sections  map[string]any // the filled Config of each provider, by its name
	keys      *settings.Set
}

// HTTPConfig is how the service is reached.
type HTTPConfig struct {
	Addr           string        `yaml:"addr" default:":8000" doc:"Where to listen, host:port. PORT sets the port alone: a host in the file stays."`
	PublicURL      string        `yaml:"public_url" default:"http://localhost:8000" doc:"The address that people and other services use. Must be set in production."`
	TrustedProxies []Network     `yaml:"trusted_proxies" doc:"Networks (CIDR) whose X-Forwarded-For is believed."`
	CORSOrigins    []string      `yaml:"cors_origins" doc:"Origins, exactly as browsers send them, whose pages may call the API."`
	Cookies        bool          `yaml:"cookies" default:"false" doc:"Give browsers the refresh token in a cookie (HttpOnly, Secure, SameSite=Strict) that they send to the token paths alone, never in a body. Pages of http.cors_origins may use it if they are of the same site; other origins may change nothing."`
	ReadTimeout    time.Duration `yaml:"read_timeout" default:"10s" min:"1s" doc:"How long a client may take to send a request."`
	WriteTimeout   time.Duration `yaml:"write_timeout" default:"60s" min:"1s" doc:"How long an answer may take."`
	IdleTimeout    time.Duration `yaml:"idle_timeout" default:"2m" min:"1s" doc:"How long an idle connection is kept."`
	MaxConnections int           `yaml:"max_connections" min:"1" max:"1000000" derived:"4096, or fewer where the system allows the process fewer open files" doc:"The most connections of clients to one instance at once. A new one takes the place of one that is idle or has sent no whole header, or waits until another ends. Each may take about 100 KiB."`
	MaxPerClient   int           `yaml:"max_per_client" min:"1" max:"1000000" derived:"an eighth of http.max_connections, at least 16" doc:"The most connections of one client address (IPv6: one /64), whose next one is closed at once. Trusted proxies and this machine are exempt."`
	Drain          time.Duration `yaml:"drain" default:"10s" min:"0s" max:"10m" doc:"How long requests are still answered after the order to stop, while /readyz says no. Over at once without a request for /readyz in the last minute; /healthz does not count."`
}

// LogConfig is what is logged, and how.
type LogConfig struct {
	Level  string `yaml:"level" default:"info" oneof:"debug,info,warn,error" doc:"The least level that is logged."`
	Format string `yaml:"format" default:"text" oneof:"text,json" doc:"Lines for people, or JSON for programs."`
}

// DatabaseConfig is where everything is kept.
type DatabaseConfig struct {
	URL            DatabaseURL `yaml:"url" default:"sqlite://doorcode.db" doc:"sqlite:// and a path (taken as it is), sqlite://:memory:, or postgres://user:password@host/name?sslmode=... The password is never shown."`
	MaxConnections int         `yaml:"max_connections" default:"16" min:"1" max:"10000" doc:"The most connections of one instance to PostgreSQL."`
	Pooler         string      `yaml:"pooler" default:"auto" oneof:"auto,none,transaction" doc:"A connection pooler before PostgreSQL. auto: detected per connection, and named prepared statements are used without a pooler only; PgBouncer works with its defaults, in transaction mode too. none: the server is reached directly, and a pooler is refused. transaction: there is one, without looking."`
}

// OTPConfig is the shape and the life of a code.
type OTPConfig struct {
	Length      int           `yaml:"length" default:"6" min:"6" max:"10" doc:"Digits of a code."`
	Expiration  time.Duration `yaml:"expiration" default:"5m" min:"1s" max:"10m" doc:"How long a code is good. Asking again does not extend it."`
	MaxAttempts int           `yaml:"max_attempts" default:"3" min:"1" max:"10" doc:"Guesses that a code allows: the last one may be right."`
}

// RateLimitConfig is what slows strangers down.
type RateLimitConfig struct {
	IdentifierRequests int           `yaml:"identifier_requests" default:"3" min:"0" max:"1000" doc:"Messages to one recipient in any window, exact over instances and restarts. 0 = off, refused in production."`
	IdentifierWindow   time.Duration `yaml:"identifier_window" default:"1h" min:"1s" max:"720h" doc:"The window."`
	IPRequest          Rate          `yaml:"ip_request" default:"20/min" doc:"Requests for a code from one client address (IPv6: one /64), on each instance. 0 = off."`
	IPVerify           Rate          `yaml:"ip_verify" default:"60/min" doc:"Guesses from one client address, on each instance. 0 = off."`
}

// SendConfig bounds the sending of messages.
type SendConfig struct {
	Wait  time.Duration `yaml:"wait" default:"5s" min:"10ms" doc:"How long a request waits for the outcome of its message. Without any, a message that is refused would be answered like one that is sent."`
	Total time.Duration `yaml:"total" default:"20s" min:"1s" max:"10m" doc:"How long one message may take, over all its providers."`
}

// UpkeepConfig is when the service tidies up.
type UpkeepConfig struct {
	Interval time.Duration `yaml:"interval" default:"1m" min:"1s" max:"24h" doc:"The time between two runs that count the funnel and remove what has expired: so old aggregated figures may be."`
}

// JWTConfig is what tokens say and how long they are good.
type JWTConfig struct {
	AccessTokenLifetime    time.Duration `yaml:"access_token_lifetime" default:"1h" min:"1s" max:"8760h" twin:"access_token_lifetime_hours=1h" doc:"How long an access token is good."`
	RefreshTokenLifetime   time.Duration `yaml:"refresh_token_lifetime" default:"168h" min:"1s" max:"8760h" twin:"refresh_token_lifetime_days=24h" doc:"How long a refresh token is good."`
	Algorithm              string        `yaml:"algorithm" default:"HS256" oneof:"HS256,HS384,HS512,RS256,RS384,RS512,ES256,ES384,ES512" doc:"What signs access tokens. With RS or ES others can read them by /.well-known/jwks.json. RS signs slowly: about 1 ms of CPU a token, more than twenty times what ES256 takes. Refresh tokens are always signed by HS256 with a derived key."`
	SigningKey             Secret        `yaml:"signing_key" derived:"derived from secret_key" doc:"The key of HS256, HS384, HS512, used as it is: at least 32, 48, 64 bytes."`
	PrivateKeyFile         string        `yaml:"private_key_file" derived:"in development made once and kept beside doorcode.key; production refuses to start without" doc:"The key of the other algorithms: the path of a PEM file (PKCS 8, PKCS 1 or SEC 1), such as doorcode keys generate makes. RSA of at least 2048 bits; EC on the curve of the algorithm."`
	PublicKeyFiles         []string      `yaml:"public_key_files" doc:"Public keys (PEM) whose access tokens are good too and that are published: the one before, the one to come. RS512:path for an RSA key that is used with another algorithm than this one."`
	UserIDField            string        `yaml:"user_id_field" default:"id" oneof:"id,uuid" doc:"What the user id claim has: the id, a number, or the uuid, a string. The claim sub has the uuid always."`
	UserIDClaim            string        `yaml:"user_id_claim" default:"user_id" doc:"The name of the claim with the user id."`
	TokenTypeClaim         string        `yaml:"token_type_claim" default:"token_type" doc:"The name of the claim that tells access tokens from refresh tokens."`
	JTIClaim               string        `yaml:"jti_claim" default:"jti" doc:"The name of the claim with the id of the token."`
	AuthHeaderName         string        `yaml:"auth_header_name" default:"Authorization" doc:"The header that has the access token. HTTP_X_Y is read as X-Y."`
	AuthHeaderTypes        []string      `yaml:"auth_header_types" default:"Bearer" doc:"The words that may stand before the token there. The first one is told to clients."`
	RotateRefreshTokens    bool          `yaml:"rotate_refresh_tokens" default:"true" doc:"Each refresh gives a new refresh token in place of the one that was shown. Otherwise the first one stays good until its end."`
	BlacklistAfterRotation bool          `yaml:"blacklist_after_rotation" default:"true" doc:"A refresh token that was replaced is no longer valid: its use after refresh_grace ends the session. Otherwise it stays valid until it expires, and its theft is not detected."`
	RefreshGrace           time.Duration `yaml:"refresh_grace" default:"10s" min:"0s" max:"5m" doc:"For how long the refresh token that was just replaced gets the same successor again: for an answer that was lost, or a second tab. 0 = not at all."`
	UpdateLastLogin        bool          `yaml:"update_last_login" default:"true" doc:"Note the time of each sign-in as the last login of the user."`
	Leeway                 time.Duration `yaml:"leeway" default:"30s" min:"0s" max:"5m" doc:"How long after its end a token is still taken."`
	Issuer                 string        `yaml:"issuer" empty:"value" derived:"http.public_url" doc:"The claim iss. Empty in a YAML file switches it off."`
	Audience               string        `yaml:"audience" empty:"value" derived:"jwt.issuer" doc:"The claim aud. Empty in a YAML file switches it off."`
}

// SessionConfig bounds what comes of a sign-in.
type SessionConfig struct {
	AbsoluteLifetime time.Duration `yaml:"absolute_lifetime" default:"2160h" min:"1m" max:"87600h" doc:"How long after a sign-in people have to sign in again, however often they refresh. A session without a refresh ends with its refresh token (jwt.refresh_token_lifetime)."`
}

// ServiceConfig is which other services may ask about tokens.
type ServiceConfig struct {
	Credentials Secret `yaml:"credentials" doc:"Services that may introspect and revoke tokens (RFC 7662, RFC 7009): name:secret, with commas between. Both are of letters, digits and . _ ~ -, the secret of 32 to 256. Without it /api/auth/introspect and /api/auth/revoke do not exist."`
}

// ProductConfig is what people know the service as.
type ProductConfig struct {
	Name string `yaml:"name" default:"doorcode" doc:"The name in messages: one line of at most 40 characters."`
}

// MessageConfig is what messages say.
type MessageConfig struct {
	Domain string `yaml:"domain" derived:"the host of http.public_url" doc:"Host of the page on which codes are typed, where it is another site than the API's: an SMS ends with @host #code, and phones offer the code on that site alone. At most 25 characters."`
	Dir    string `yaml:"dir" doc:"Folder with templates of your own: files of the same names are taken instead of the product's, and further languages are added (docs/messages.md). Read once, at the start."`
}

// SourcesConfig configures the attribution of new users.
type SourcesConfig struct {
	Rules    string   `yaml:"rules" doc:"Path of a YAML file with names, hosts, apps, mediums and click ids of your own: laid over the product's (docs/sources.md). Read once, at the start."`
	OwnHosts []string `yaml:"own_hosts" doc:"Hosts that are yours, beside those of http.public_url and http.cors_origins: never a referral. example.com, or .example.com with its subdomains."`
}

// TelegramConfig is where admins are told what has happened.
type TelegramConfig struct {
	BotToken Secret `yaml:"bot_token" doc:"The token of a bot, from @BotFather. With telegram.chat_id, admins are told of registrations, logins, failures and trouble there; never a code."`
	ChatID   string `yaml:"chat_id" doc:"The chat that the bot writes to: its number, or @name of a channel."`
	BaseURL  string `yaml:"base_url" default:"https://api.telegram.org" doc:"Where the Bot API is."`
}

// ChannelConfig is how one channel is served.
type ChannelConfig struct {
	Providers []string `yaml:"providers" derived:"those that are set up" doc:"Providers in the order in which they are tried: the next one when one refuses definitely."`
}

// EmailConfig is how e-mail is served, and its sender.
type EmailConfig struct {
	Providers     []string `yaml:"providers" derived:"those that are set up" doc:"Providers in the order in which they are tried: the next one when one refuses definitely."`
	From          string   `yaml:"from" default:"doorcode@localhost" doc:"The address of the sender."`
	FromName      string   `yaml:"from_name" derived:"product.name" doc:"The name of the sender: one line of at most 40 characters."`
	CodeInSubject bool     `yaml:"code_in_subject" default:"false" doc:"Write the code in the subject too, where a locked screen shows it."`
}

// PhoneConfig is how phones are reached.
type PhoneConfig struct {
	Channels          []domain.ChannelName `yaml:"channels" default:"sms" doc:"Channels in the order in which they are tried when a request names none, or names phone."`
	Countries         []string             `yaml:"countries" derived:"the countries of the numbers that messages are from, such as twilio.sms_from; * where there is none" doc:"Countries whose numbers may sign in, as ISO codes such as US,DE, or * for all. Other numbers are refused as invalid_phone; premium-rate and shared-cost numbers always are."`
	PlaceholderDomain string               `yaml:"placeholder_domain" derived:"the host of http.public_url; phone.invalid if that has no dot or is an IP address" doc:"The domain of the e-mail address that is shown for a user who has only a phone number."`
}

// environments are all environments, in the order of the documentation.
var environments = []Environment{Development, Production, Testing}

// presetTable has the defaults that differ by environment, by path and in the order of
// environments; "" is none.
var presetTable = map[string][]string{
	"log.format":                   {"", "json", ""},
	"jwt.access_token_lifetime":    {"1h", "24h", "1h"},
	"jwt.refresh_token_lifetime":   {"168h", "720h", "24h"},
	"jwt.leeway":                   {"30s", "0s", "0s"},
	"jwt.rotate_refresh_tokens":    {"true", "true", "false"},
	"jwt.blacklist_after_rotation": {"true", "true", "false"},
	"jwt.refresh_grace":            {"10s", "10s", "0s"},
}

// presets are the defaults of an environment, by path.
func presets(e Environment) map[string]string {
	values := map[string]string{}
	for path, all := range presetTable {
		if value := all[slices.Index(environments, e)]; value != "" {
			values[path] = value
		}
	}
	return values
}

// Network is a network in CIDR notation, or one address.
type Network struct{ netip.Prefix }

// UnmarshalText reads 10.0.0.0/8, 2001:db8::/32 or 10.0.0.1.
func (n *Network) UnmarshalText(text []byte) error {
	prefix, err := netip.ParsePrefix(string(text))
	if err != nil {
		addr, err := netip.ParseAddr(string(text))
		if err != nil || addr.Zone() != "" {
			return settings.Cure("give networks such as 10.0.0.0/8 or 2001:db8::/32")
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	n.Prefix = prefix.Masked()
	return nil
}
