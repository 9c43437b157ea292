package wiring

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/delivery"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/application/upkeep"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/domain"
)

func newKeyRing(c *config.Config, random port.Random) (domain.KeyRing, error) {
	key, err := config.SecretKey(c, random)
	if err != nil {
		return domain.KeyRing{}, err
	}
	return domain.NewKeyRing([]byte(key.Reveal()), []byte(c.SecretKeyPrevious.Reveal()))
}

func authConfig(c *config.Config, rules domain.SourceRules) auth.Config {
	return auth.Config{
		Digits: c.OTP.Length, Lifetime: c.OTP.Expiration, MaxAttempts: c.OTP.MaxAttempts,
		Limit:           port.SendLimit{Sends: c.RateLimit.IdentifierRequests, Window: c.RateLimit.IdentifierWindow},
		PlaceholderHost: c.Phone.PlaceholderDomain, Sources: rules, KeepLastLogin: !c.JWT.UpdateLastLogin,
		Sessions: sessionPolicy(c), TestDomains: c.Environment != config.Production,
	}
}

func sessionPolicy(c *config.Config) domain.SessionPolicy {
	return domain.SessionPolicy{
		AccessLifetime: c.JWT.AccessTokenLifetime, RefreshLifetime: c.JWT.RefreshTokenLifetime,
		AbsoluteLifetime: c.Session.AbsoluteLifetime, Grace: c.JWT.RefreshGrace,
		Rotates: c.JWT.RotateRefreshTokens, AcceptsOlder: !c.JWT.BlacklistAfterRotation,
	}
}

func services(c *config.Config) (auth.Services, error) {
	secrets, err := config.ServiceSecrets(c)
	return auth.NewServices(secrets), err
}

func upkeepConfig(c *config.Config, clock port.Clock, random port.Random) upkeep.Config {
	return upkeep.Config{Holder: random.UUID(clock.Now()), Interval: c.Upkeep.Interval}
}

func purgeConfig(c *config.Config, common upkeep.Config) upkeep.PurgeConfig {
	return upkeep.PurgeConfig{Config: common, Window: c.RateLimit.IdentifierWindow, Sessions: sessionPolicy(c)}
}

func httpConfig(c *config.Config, random port.Random, readers delivery.Readers) httpapi.Config {
	proxies := make([]netip.Prefix, len(c.HTTP.TrustedProxies))
	for i, network := range c.HTTP.TrustedProxies {
		proxies[i] = network.Prefix
	}
	webhooks := slices.Sorted(maps.Keys(readers))
	return httpapi.Config{
		PublicURL: c.HTTP.PublicURL, PlaceholderHost: c.Phone.PlaceholderDomain,
		AuthHeader: config.HeaderName(c.JWT.AuthHeaderName), AuthSchemes: c.JWT.AuthHeaderTypes,
		Cookies: c.HTTP.Cookies, Services: !c.Service.Credentials.IsZero(), Issuer: c.JWT.Issuer, Audience: c.JWT.Audience,
		TrustedProxies: proxies, CORSOrigins: c.HTTP.CORSOrigins, Version: c.Version,
		ReadTimeout: c.HTTP.ReadTimeout, WriteTimeout: c.HTTP.WriteTimeout, IdleTimeout: c.HTTP.IdleTimeout,
		MaxConnections: min(c.HTTP.MaxConnections, config.MaxClientConnections(c)), MaxPerClient: c.HTTP.MaxPerClient,
		Random: random, Webhooks: webhooks, GETWebhooks: slices.DeleteFunc(slices.Clone(webhooks), func(name string) bool {
			_, byGET := readers[name].(port.GETReports)
			return !byGET
		}),
	}
}

func deliveryConfig(c *config.Config, logger *slog.Logger, queue *notices.Queue) delivery.Config {
	return delivery.Config{
		Wait: c.Send.Wait, Total: c.Send.Total, CallbackBase: callbackBase(c),
		Report: func(d domain.Delivery, err error) {
			level := slog.LevelWarn
			if d.Result == domain.SendAuthenticationFailed {
				level = slog.LevelError // nothing goes out until an operator does something
			}
			logger.Log(context.Background(), level, "message not accepted", "challenge_id", d.ChallengeID, "channel", d.Channel,
				"provider", d.Provider, "recipient", d.Recipient, "result", d.Result, "err", err)
			notifyTrouble(queue, d)
		},
	}
}

func outcomeReport(logger *slog.Logger) func(error) {
	return func(err error) {
		logger.Error("outcomes of messages not written", "err", fmt.Errorf("record deliveries: %w", err))
	}
}

// callbackBase is where providers may report to, "" where none of them could: at this
// machine, or a host of this network.
func callbackBase(c *config.Config) string {
	if host := config.PublicHost(c); config.IsLoopback(host) || !strings.Contains(host, ".") {
		return ""
	}
	return strings.TrimRight(c.HTTP.PublicURL, "/")
}

// reportReaders are the providers that can read what they report. Whether a sender can
// is asked here and nowhere else.
func reportReaders(channels []port.ChannelSender) delivery.Readers {
	readers := delivery.Readers{}
	for _, s := range channels {
		if reader, ok := s.Sender.(port.DeliveryReports); ok {
			readers[s.Provider] = reader
		}
	}
	return readers
}

func showConfig(c *config.Config) delivery.ShowConfig {
	return delivery.ShowConfig{Total: c.Send.Total, Lifetime: c.OTP.Expiration}
}
