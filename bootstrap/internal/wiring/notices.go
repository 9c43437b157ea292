package wiring

import (
	"context"
	"log/slog"

	"github.com/doorcode-auth/doorcode/adapters/telegram"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/domain"
)

// NewAdminNotifier returns Telegram, or nil without its configuration.
func NewAdminNotifier(c *config.Config) (port.AdminNotifier, error) {
	if c.Telegram.BotToken.IsZero() {
		return nil, nil
	}
	return telegram.New(telegram.Config{
		BotToken: c.Telegram.BotToken.Reveal(), ChatID: c.Telegram.ChatID, BaseURL: c.Telegram.BaseURL,
		Service: c.Product.Name + ", " + c.HTTP.PublicURL,
	})
}

func newNotices(notifier port.AdminNotifier, users port.Users, clock port.Clock, logger *slog.Logger) *notices.Queue {
	return notices.NewQueue(notifier, users, clock, func(err error) {
		level := slog.LevelWarn
		if domain.AsError(err).Kind == domain.Denied { // until an operator does something
			level = slog.LevelError
		}
		logger.Log(context.Background(), level, "admins not told", "err", err)
	})
}

// notifyTrouble notifies admins of a message that was refused or whose outcome is unknown.
// A refusal of the message may be a mistake of the configuration that lets none through,
// such as a sender that is not the account's. A recipient that cannot be reached is no
// trouble.
func notifyTrouble(notices *notices.Queue, d domain.Delivery) {
	switch d.Result {
	case "", domain.SendAccepted, domain.SendTest, domain.SendInvalidRecipient, domain.SendNotOnChannel:
		return
	}
	notices.CountTrouble(domain.Event{
		Name: domain.EventProviderTrouble, At: d.UpdatedAt, Channel: d.Channel, Provider: d.Provider, Result: d.Result,
	})
}
