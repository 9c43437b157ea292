package bootstrap

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/adapters/memory"
	"github.com/doorcode-auth/doorcode/adapters/message"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/application/upkeep"
	"github.com/doorcode-auth/doorcode/domain"
)

func addressRates(c *Config) map[port.AddressAction]memory.Rate {
	return map[port.AddressAction]memory.Rate{
		port.AddressRequest: memory.Rate(c.RateLimit.IPRequest),
		port.AddressVerify:  memory.Rate(c.RateLimit.IPVerify),
	}
}

func messageConfig(c *Config) message.Config {
	return message.Config{
		Product: c.Product.Name, Host: c.publicHost(), CodeInSubject: c.Email.CodeInSubject,
		From: c.Email.From, FromName: c.Email.FromName, Dir: c.Message.Dir,
	}
}

func newKeyRing(c *Config, random port.Random) (domain.KeyRing, error) {
	key, err := c.secretKey(random)
	if err != nil {
		return domain.KeyRing{}, err
	}
	return domain.NewKeyRing([]byte(key.Reveal()), []byte(c.SecretKeyPrevious.Reveal()))
}

func authConfig(c *Config, rules domain.SourceRules) auth.Config {
	return auth.Config{
		Digits: c.OTP.Length, Lifetime: c.OTP.Expiration, MaxAttempts: c.OTP.MaxAttempts,
		Limit:           port.SendLimit{Sends: c.RateLimit.IdentifierRequests, Window: c.RateLimit.IdentifierWindow},
		PlaceholderHost: c.Phone.PlaceholderDomain, OwnHost: c.publicHost(), Sources: rules, KeepLastLogin: !c.JWT.UpdateLastLogin,
		Sessions: sessionPolicy(c),
	}
}

func sessionPolicy(c *Config) domain.SessionPolicy {
	return domain.SessionPolicy{
		AccessLifetime: c.JWT.AccessTokenLifetime, RefreshLifetime: c.JWT.RefreshTokenLifetime,
		AbsoluteLifetime: c.Session.AbsoluteLifetime, Grace: c.JWT.RefreshGrace,
		Rotates: c.JWT.RotateRefreshTokens, AcceptsOlder: !c.JWT.BlacklistAfterRotation,
	}
}

func services(c *Config) (auth.Services, error) {
	secrets, err := c.Service.secrets()
	return auth.NewServices(secrets), err
}

func upkeepConfig(c *Config, clock port.Clock, random port.Random) upkeep.Config {
	return upkeep.Config{Holder: random.UUID(clock.Now()), Interval: c.Upkeep.Interval}
}

func purgeConfig(c *Config, common upkeep.Config) upkeep.PurgeConfig {
	return upkeep.PurgeConfig{Config: common, Window: c.RateLimit.IdentifierWindow, Sessions: sessionPolicy(c)}
}

func httpConfig(c *Config, random port.Random, readers delivery.Readers) httpapi.Config {
	proxies := make([]netip.Prefix, len(c.HTTP.TrustedProxies))
	for i, network := range c.HTTP.TrustedProxies {
		proxies[i] = network.Prefix
	}
	return httpapi.Config{
		PublicURL: c.HTTP.PublicURL, PlaceholderHost: c.Phone.PlaceholderDomain,
		AuthHeader: headerName(c.JWT.AuthHeaderName), AuthSchemes: c.JWT.AuthHeaderTypes,
		Cookies: c.HTTP.Cookies, Services: !c.Service.Credentials.IsZero(), Issuer: c.JWT.Issuer, Audience: c.JWT.Audience,
		TrustedProxies: proxies, CORSOrigins: c.HTTP.CORSOrigins, Version: c.Version,
		ReadTimeout: c.HTTP.ReadTimeout, WriteTimeout: c.HTTP.WriteTimeout, IdleTimeout: c.HTTP.IdleTimeout,
		MaxConnections: min(c.HTTP.MaxConnections, c.roomForConnections()), MaxPerClient: c.HTTP.MaxPerClient,
		Random: random, Webhooks: webhooks(readers), GETWebhooks: getWebhooks(readers),
	}
}

func deliveryConfig(c *Config, logger *slog.Logger, notices *notices.Queue) delivery.Config {
	return delivery.Config{
		Wait: c.Send.Wait, Total: c.Send.Total, CallbackBase: c.callbackBase(),
		Report: func(d domain.Delivery, err error) {
			level := slog.LevelWarn
			if d.Result == domain.SendAuthenticationFailed {
				level = slog.LevelError // nothing goes out until an operator does something
			}
			logger.Log(context.Background(), level, "message not accepted", "challenge_id", d.ChallengeID, "channel", d.Channel,
				"provider", d.Provider, "recipient", d.Recipient, "result", d.Result, "err", err)
			tellTrouble(notices, d)
		},
	}
}

func outcomeReport(logger *slog.Logger) func(error) {
	return func(err error) {
		logger.Error("outcomes of messages not written", "err", fmt.Errorf("record deliveries: %w", err))
	}
}
