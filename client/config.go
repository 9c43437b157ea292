package client

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config selects the tokens that are accepted. Only Issuer must be set.
type Config struct {
	// Issuer is the exact iss of the tokens: doorcode's jwt.issuer, which defaults to
	// its http.public_url. It must be set.
	Issuer string
	// Audience must be the aud of a token, or one of them: doorcode's jwt.audience.
	// Defaults to Issuer, as doorcode's does.
	Audience string
	// KeysURL is the URL of the key set. Set it if this service reaches doorcode at
	// another address than the public one. An attacker who controls the response can
	// forge tokens: use https, unless the network in between is trusted. Defaults to
	// Issuer and /.well-known/jwks.json.
	KeysURL string
	// Leeway is how long a token is accepted after its exp, at most 5 minutes. Defaults
	// to 0. Times up to 5 seconds in the future are always accepted.
	Leeway time.Duration
	// Claims are the names of configurable claims. Defaults to doorcode's defaults.
	Claims ClaimNames
	// HTTPClient fetches the keys, in 5 seconds at most; redirects are never followed.
	// Defaults to a client with http.DefaultTransport.
	HTTPClient *http.Client
	// Logger gets outages of the key set at warn level and the reasons of refusals at
	// debug level, never a token. Defaults to slog.Default.
	Logger *slog.Logger
	// Now is the clock, for tests. Defaults to time.Now.
	Now func() time.Time
}

// ClaimNames are the names of claims that doorcode can be configured to use.
type ClaimNames struct {
	UserID    string // jwt.user_id_claim; defaults to user_id
	TokenType string // jwt.token_type_claim; defaults to token_type
	ID        string // jwt.jti_claim; defaults to jti
}

const (
	keysPath  = "/.well-known/jwks.json"
	maxLeeway = 5 * time.Minute
)

// withDefaults sets the defaults of empty fields.
func (cfg Config) withDefaults() Config {
	cfg.Audience = cmp.Or(cfg.Audience, cfg.Issuer)
	cfg.KeysURL = cmp.Or(cfg.KeysURL, strings.TrimSuffix(cfg.Issuer, "/")+keysPath)
	cfg.Claims.UserID = cmp.Or(cfg.Claims.UserID, "user_id")
	cfg.Claims.TokenType = cmp.Or(cfg.Claims.TokenType, "token_type")
	cfg.Claims.ID = cmp.Or(cfg.Claims.ID, "jti")
	cfg.HTTPClient = cmp.Or(cfg.HTTPClient, &http.Client{})
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg
}

// check reports all errors in a configuration with defaults.
func (cfg Config) check() error {
	var mistakes []error
	if cfg.Issuer == "" {
		mistakes = append(mistakes, errors.New("no Issuer: "+
			"set it to doorcode's jwt.issuer, such as https://login.example.com"))
	} else if !isKeysURL(cfg.KeysURL) {
		mistakes = append(mistakes, fmt.Errorf("no http or https URL without a password in KeysURL: "+
			"set it to where doorcode is, with %s", keysPath))
	}
	if cfg.Leeway < 0 || cfg.Leeway > maxLeeway {
		mistakes = append(mistakes, fmt.Errorf("a Leeway of %s is out of range: set it to 0 up to %s", cfg.Leeway, maxLeeway))
	}
	return errors.Join(mistakes...)
}

func isKeysURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
