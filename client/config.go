package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says whose tokens are accepted, and for whom they must be made. Only Issuer
// must be set.
type Config struct {
	// Issuer is the iss of the tokens, to the letter: doorcode's jwt.issuer, which is
	// its http.public_url unless somebody set it. It must be set.
	Issuer string
	// Audience is the aud that a token must have, alone or among others: doorcode's
	// jwt.audience. Defaults to Issuer, as doorcode's does.
	Audience string
	// KeysURL is where the keys are. Set it where this service reaches doorcode by
	// another address than the public one. Whoever can change what comes from there can
	// make tokens: it should be https, unless the network between is all yours.
	// Defaults to Issuer and /.well-known/jwks.json.
	KeysURL string
	// Leeway is for how long a token is accepted after its exp, at most 5 minutes.
	// Defaults to 0. What lies in the future by up to 5 seconds is always accepted.
	Leeway time.Duration
	// Claims are the names of claims that doorcode can call otherwise. Defaults to
	// doorcode's own defaults.
	Claims ClaimNames
	// HTTPClient fetches the keys. Redirects are never followed. Defaults to one of
	// http.DefaultTransport; a fetch takes 5 seconds at most in any case.
	HTTPClient *http.Client
	// Logger is told at warn level when the keys cannot be fetched, and at debug level
	// why a request was refused; never a token. Defaults to slog.Default.
	Logger *slog.Logger
	// Now is the clock, for tests. Defaults to time.Now.
	Now func() time.Time
}

// ClaimNames are the names of claims that doorcode's configuration can change.
type ClaimNames struct {
	UserID    string // jwt.user_id_claim; defaults to user_id
	TokenType string // jwt.token_type_claim; defaults to token_type
	ID        string // jwt.jti_claim; defaults to jti
}

const (
	keysPath  = "/.well-known/jwks.json"
	maxLeeway = 5 * time.Minute
)

// withDefaults fills in what is not set.
func (cfg Config) withDefaults() Config {
	for _, d := range []struct {
		value  *string
		normal string
	}{
		{&cfg.Audience, cfg.Issuer},
		{&cfg.KeysURL, strings.TrimSuffix(cfg.Issuer, "/") + keysPath},
		{&cfg.Claims.UserID, "user_id"},
		{&cfg.Claims.TokenType, "token_type"},
		{&cfg.Claims.ID, "jti"},
	} {
		if *d.value == "" {
			*d.value = d.normal
		}
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = &http.Client{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg
}

// check finds all that is wrong with a configuration that has its defaults.
func (cfg Config) check() error {
	var mistakes []error
	if cfg.Issuer == "" {
		mistakes = append(mistakes, errors.New("no Issuer: set it to doorcode's jwt.issuer, such as https://login.example.com"))
	} else if u, err := url.Parse(cfg.KeysURL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		mistakes = append(mistakes, fmt.Errorf("no http or https URL without a password in KeysURL: set it to where doorcode is, with %s", keysPath))
	}
	if cfg.Leeway < 0 || cfg.Leeway > maxLeeway {
		mistakes = append(mistakes, fmt.Errorf("a Leeway of %s is out of range: set it to 0 up to %s", cfg.Leeway, maxLeeway))
	}
	return errors.Join(mistakes...)
}
