package config

import (
	"errors"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/doorcode-auth/doorcode/adapters/message"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/domain"
)

// noPlaceholderDomain stands where the service has no domain of its own.
const noPlaceholderDomain = "phone.invalid"

// derive fills the keys whose defaults are other keys, in the order of their dependence.
func (c *Config) derive() error {
	var errs []error
	derive := func(key, value, origin string) { errs = append(errs, c.keys.Derive(key, value, origin)) }
	if c.Environment != Production && c.Database.URL.folder() == "" { // nothing is kept, so a key need not be either
		derive("secret_key", system.Random{}.Suffix(keyCharacters), "made for this process")
	}
	most, origin := usualConnections, "default"
	if room := MaxClientConnections(c); room < most {
		most, origin = room, "from the limit of open files"
	}
	derive("http.max_connections", strconv.Itoa(most), origin)
	derive("http.max_per_client", strconv.Itoa(max(leastPerClient, c.HTTP.MaxConnections/8)), "from http.max_connections")
	derive("jwt.issuer", c.HTTP.PublicURL, "from http.public_url")
	derive("jwt.audience", c.JWT.Issuer, "from jwt.issuer")
	derive("phone.countries", c.countries(), "")
	derive("email.from_name", c.Product.Name, "from product.name")
	derive("message.domain", PublicHost(c), "from http.public_url")
	host, ok := mailDomain(PublicHost(c))
	if !ok {
		host = noPlaceholderDomain
	}
	derive("phone.placeholder_domain", host, "from http.public_url")
	return errors.Join(errs...)
}

// Bounds of the connections of clients.
const (
	usualConnections = 4096
	otherFiles       = 128 // open beside them and the database's: calls to providers, files, the log
	leastPerClient   = 16
)

// MaxClientConnections is how many connections of clients the limit of open files
// leaves room for.
func MaxClientConnections(c *Config) int {
	const most = 1 << 30 // where there is no limit
	files := int(min(openFiles(), most))
	return max(1, files-otherFiles-c.Database.MaxConnections)
}

// PublicHost is the host of the public URL, "" if it has none.
func PublicHost(c *Config) string {
	u, err := url.Parse(c.HTTP.PublicURL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// mailDomain is the canonical form of a domain that e-mail addresses can have.
func mailDomain(host string) (string, bool) {
	const local = "x@"
	address, err := domain.ParseEmail(local + host)
	if err != nil {
		return "", false
	}
	return strings.TrimPrefix(address.Value(), local), true
}

// checker collects mistakes about keys that have none yet.
type checker struct {
	config *Config
	before Mistakes
	found  Mistakes
}

// unless adds a mistake about key unless good.
func (c *checker) unless(good bool, key, problem, cure string) {
	if good || c.before.About(key) || c.found.About(key) {
		return
	}
	c.found = append(c.found, Mistake{
		Key: key, Origin: c.config.keys.Origin(key), Value: c.config.keys.Quote(key), Problem: problem, Cure: cure,
	})
}

const badValue = "not a good value"

// check finds mistakes that depend on several keys, and what is not safe in production.
// before are the mistakes that are known already.
func (c *Config) check(before Mistakes) Mistakes {
	to := &checker{config: c, before: before}
	to.unless(validAddr(c.HTTP.Addr), "http.addr", badValue,
		"give host:port with a port of at most 65535, such as :8000 or 127.0.0.1:8000")
	to.unless(validPublicURL(c.HTTP.PublicURL), "http.public_url", badValue,
		"give an address such as https://auth.example.com, without query")
	to.unless(!slices.ContainsFunc(c.HTTP.CORSOrigins, notOrigin), "http.cors_origins", badValue,
		"give origins such as https://app.example.com, without path; * is not possible")
	to.unless(c.Send.Wait <= c.Send.Total, "send.wait", "longer than send.total", "give at most send.total")
	to.unless(c.Send.Wait < c.HTTP.WriteTimeout, "send.wait", "not shorter than http.write_timeout",
		"give less, or an answer is cut off")
	to.unless(c.JWT.AccessTokenLifetime%time.Second == 0, "jwt.access_token_lifetime", badValue, "give whole seconds")
	to.unless(c.JWT.RefreshTokenLifetime%time.Second == 0, "jwt.refresh_token_lifetime", badValue, "give whole seconds")
	to.unless(validName(c.Product.Name), "product.name", badValue, "give one line of at most 40 characters")
	to.unless(validName(c.Email.FromName) || c.Email.FromName == c.Product.Name, "email.from_name", badValue,
		"give one line of at most 40 characters")
	to.unless(validSender(c.Email.From), "email.from", badValue, "give one bare address such as login@example.com")
	c.checkServices(to)
	c.checkCookies(to)
	c.checkTokens(to)
	c.checkTelegram(to)
	canonical, ok := mailDomain(c.Phone.PlaceholderDomain)
	to.unless(ok && canonical == c.Phone.PlaceholderDomain, "phone.placeholder_domain", badValue,
		"give a domain name in lower case with a dot, such as phone.example.com")
	to.unless(!slices.ContainsFunc(c.Phone.Channels, notChannel), "phone.channels",
		"names what can be no channel ("+strings.Join(texts(c.Phone.Channels, notChannel), ", ")+")",
		"give names of channels such as sms,whatsapp")
	to.unless(len(c.Phone.Channels) == len(slices.Compact(slices.Sorted(slices.Values(c.Phone.Channels)))),
		"phone.channels", "names a channel twice", "name each once")
	to.unless(!slices.ContainsFunc(c.Phone.Countries, notCountry), "phone.countries",
		"names what is no country with phones ("+strings.Join(texts(c.Phone.Countries, notCountry), ", ")+")",
		"give ISO codes in capital letters such as US,GB,DE, or * for all")
	to.unless(c.Message.Domain == PublicHost(c) || message.BindsTo(c.Message.Domain), "message.domain", badValue,
		"give a host with a dot and at most 25 characters, such as app.example.com, without scheme and port")
	c.checkMessages(to)
	c.checkSources(to)
	if c.Environment == Production {
		c.checkProduction(to)
	}
	return to.found
}

// checkProduction refuses what is convenient in development and not safe.
func (c *Config) checkProduction(to *checker) {
	to.unless(!c.SecretKey.IsZero(), "secret_key", "missing",
		"set DOORCODE_SECRET_KEY (or DOORCODE_SECRET_KEY_FILE) to at least 32 random bytes, such as openssl rand -base64 "+
			"32 gives")
	to.unless(c.keys.Origin("http.public_url") != "", "http.public_url", "missing",
		"set DOORCODE_HTTP_PUBLIC_URL to the address that people use, such as https://auth.example.com")
	to.unless(c.SecretKey.IsZero() || varied(c.SecretKey), "secret_key", "not random",
		"give at least 32 random bytes, such as openssl rand -base64 32 gives")
	to.unless(c.JWT.SigningKey.IsZero() || varied(c.JWT.SigningKey), "jwt.signing_key", "not random",
		"give random bytes, such as doorcode keys generate makes")
	to.unless(!slices.ContainsFunc(c.HTTP.TrustedProxies, isUniversal), "http.trusted_proxies",
		"trusts every client, which may then choose the address that limits count",
		"name the networks of your proxies, such as 10.0.0.0/8")
	for _, key := range c.keys.Unsafe() {
		to.unless(false, key, "refused in production", "take it out")
	}
	to.unless(c.Log.Level != "debug", "log.level", "debug, which production refuses", "give info, warn or error")
	to.unless(c.RateLimit.IdentifierRequests > 0, "ratelimit.identifier_requests", "off, which production refuses",
		"give 1 or more, such as 3")
}

// suspicions are the warnings: values that may be meant, and more often are not. Keys with
// mistakes get none.
func (c *Config) suspicions(before Mistakes) Mistakes {
	to := &checker{config: c, before: before}
	to.unless(c.HTTP.MaxConnections <= MaxClientConnections(c), "http.max_connections",
		"more than the open files that the process may have allow, which are "+strconv.FormatUint(openFiles(), 10),
		"raise that limit (ulimit -n, LimitNOFILE), or give at most "+strconv.Itoa(MaxClientConnections(c)))
	to.unless(!c.SecretKey.IsZero() || c.Database.URL.IsSQLite(), "secret_key",
		"made in this folder, while other instances on the same database have others: they take no codes and tokens of "+
			"this one", "give all instances the same DOORCODE_SECRET_KEY")
	to.unless(generatedKeyPath(c) == "" || c.Database.URL.IsSQLite(), "jwt.private_key_file",
		"made in this folder, while other instances on the same database have others: they refuse tokens of this one",
		"give all instances the same file, such as doorcode keys generate makes")
	if path := c.JWT.PrivateKeyFile; path != "" {
		to.unless(seenByOthers(path) == "", "jwt.private_key_file", seenByOthers(path),
			"chmod 600 "+path+", unless the container runtime mounts it so")
	}
	to.unless(c.knowsCountries(), "phone.countries", "every country, for what messages are from tells none",
		"give the countries that are served, such as US,GB,DE, or * for all")
	to.unless(c.JWT.RefreshGrace == 0 || c.JWT.RefreshGrace >= minRefreshGrace, "jwt.refresh_grace",
		"shorter than the clocks of two instances may be apart, so that an answer that was lost can end a session",
		"give 5s or more, or 0")
	if c.Environment != Production {
		return to.found
	}
	const cure = "give the address that people use, such as https://auth.example.com"
	to.unless(!c.Database.URL.InMemory(), "database.url",
		"in memory, in production: users and limits are gone with the process", "give a file or PostgreSQL")
	to.unless(!IsLoopback(PublicHost(c)), "http.public_url", "names this machine alone, in production", cure)
	to.unless(strings.HasPrefix(c.HTTP.PublicURL, "https:"), "http.public_url", "not https, in production", cure)
	to.unless(!strings.HasPrefix(c.HTTP.PublicURL, "https:") || len(c.HTTP.TrustedProxies) > 0, "http.trusted_proxies",
		"not set, though an https http.public_url means a proxy: all its clients count as one and share its limits",
		"give the networks of the proxy, such as 10.0.0.0/8")
	return to.found
}

const minRefreshGrace = 5 * time.Second

// varied reports whether a key has as many different bytes as a random one has at
// the very least: of 32 random hexadecimal digits not one in a million has fewer.
func varied(key Secret) bool {
	const least = 8
	different := map[byte]bool{}
	for _, b := range []byte(key.Reveal()) {
		different[b] = true
	}
	return len(different) >= least
}

// isUniversal reports whether a network contains all addresses of IPv4 or of IPv6.
func isUniversal(n Network) bool {
	const mapped = 96 // bits before an IPv4 address in IPv6
	return n.Bits() == 0 || n.Addr().Is4In6() && n.Bits() <= mapped
}

func validAddr(addr string) bool {
	_, number, err := net.SplitHostPort(addr)
	_, notPort := strconv.ParseUint(number, 10, 16)
	return err == nil && notPort == nil
}

func validPublicURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil &&
		u.RawQuery == "" && !u.ForceQuery && !strings.Contains(text, "#") && oneLine(text)
}

// notOrigin reports whether a text is not what a browser sends as Origin (RFC
// 6454): a scheme and a host in lower case, and a port that is not the default.
func notOrigin(text string) bool {
	u, err := url.Parse(text)
	return err != nil || u.Scheme == "" || u.Host == "" || text != strings.ToLower(u.Scheme+"://"+u.Host) ||
		strings.Contains(u.Host, "*") || u.Scheme == "http" && u.Port() == "80" || u.Scheme == "https" && u.Port() == "443"
}

// validName reports whether a text can be a name in a message.
func validName(text string) bool {
	return utf8.ValidString(text) && utf8.RuneCountInString(text) <= 40 &&
		!strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

func oneLine(text string) bool { return !strings.ContainsFunc(text, unicode.IsControl) }

func validSender(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && a.Name == ""
}

func notChannel(name domain.ChannelName) bool { return !name.Valid() }

// texts are those of the values that are such, quoted.
func texts[T ~string](values []T, such func(T) bool) []string {
	var quoted []string
	for _, value := range values {
		if such(value) {
			quoted = append(quoted, strconv.Quote(string(value)))
		}
	}
	return quoted
}

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
	to.unless(IsLoopback(public.Hostname()), "http.cookies", "needs TLS, and http.public_url is without", cure)
	to.unless(c.Environment != Production, "http.cookies", "needs TLS in production, and http.public_url is without", cure)
}

// IsLoopback reports whether a host is the machine that asks.
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

var (
	botToken = regexp.MustCompile(`^[A-Za-z0-9:_-]+$`)
	chatID   = regexp.MustCompile(`^(-?[0-9]+|@[A-Za-z0-9_]+)$`)
)

// checkTelegram finds what is wrong with the section telegram.
func (c *Config) checkTelegram(to *checker) {
	token, chat := c.Telegram.BotToken, c.Telegram.ChatID
	to.unless(token.IsZero() || botToken.MatchString(token.Reveal()), "telegram.bot_token", badValue,
		"give the token as @BotFather shows it, such as 123456:ABC-def")
	to.unless(chat == "" || chatID.MatchString(chat), "telegram.chat_id", badValue,
		"give the number of the chat, such as -1001234567890, or @name of a channel")
	to.unless(chat == "" || !token.IsZero(), "telegram.bot_token", "missing",
		"set it to the token of your bot, or take telegram.chat_id out")
	to.unless(token.IsZero() || chat != "", "telegram.chat_id", "missing",
		"set it to the chat that the bot shall write to, or take telegram.bot_token out")
	to.unless(validPublicURL(c.Telegram.BaseURL), "telegram.base_url", badValue,
		"give an address such as https://api.telegram.org, without query")
}
