package bootstrap

import (
	"errors"
	"log/slog"
	"regexp"

	"github.com/doorcode-auth/doorcode/adapters/telegram"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// TelegramConfig is where admins are told what has happened.
type TelegramConfig struct {
	BotToken Secret `yaml:"bot_token" doc:"The token of a bot, from @BotFather. With telegram.chat_id, admins are told of registrations, logins, failures and trouble there; never a code."`
	ChatID   string `yaml:"chat_id" doc:"The chat that the bot writes to: its number, or @name of a channel."`
	BaseURL  string `yaml:"base_url" default:"https://api.telegram.org" doc:"Where the Bot API is."`
}

var (
	botToken = regexp.MustCompile(`^[A-Za-z0-9:_-]+$`)
	chatID   = regexp.MustCompile(`^(-?[0-9]+|@[A-Za-z0-9_]+)$`)
)

// checkTelegram finds what is wrong with the section telegram.
func (c *Config) checkTelegram(to *checker) {
	token, chat := c.Telegram.BotToken, c.Telegram.ChatID
	to.unless(token.IsZero() || botToken.MatchString(token.Reveal()), "telegram.bot_token", badValue, "give the token as @BotFather shows it, such as 123456:ABC-def")
	to.unless(chat == "" || chatID.MatchString(chat), "telegram.chat_id", badValue, "give the number of the chat, such as -1001234567890, or @name of a channel")
	to.unless(chat == "" || !token.IsZero(), "telegram.bot_token", "missing", "set it to the token of your bot, or take telegram.chat_id out")
	to.unless(token.IsZero() || chat != "", "telegram.chat_id", "missing", "set it to the chat that the bot shall write to, or take telegram.bot_token out")
	to.unless(validPublicURL(c.Telegram.BaseURL), "telegram.base_url", badValue, "give an address such as https://api.telegram.org, without query")
}

// newAdminNotifier is Telegram, or nil when nobody is to be told.
func newAdminNotifier(c *Config) (port.AdminNotifier, error) {
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
		var fault *domain.Error
		if errors.As(err, &fault) && fault.Kind == domain.Denied { // until an operator does something
			logger.Error("admins not told", "err", err)
			return
		}
		logger.Warn("admins not told", "err", err)
	})
}

// tellTrouble tells admins of a message that was not taken, or of which nobody knows.
// A refusal of the message may be a mistake of the configuration that lets none through,
// such as a sender that is not the account's. A recipient that cannot be reached is no
// trouble.
func tellTrouble(notices *notices.Queue, d domain.Delivery) {
	switch d.Result {
	case "", domain.SendAccepted, domain.SendTest, domain.SendInvalidRecipient, domain.SendNotOnChannel:
		return
	}
	notices.CountTrouble(domain.Event{
		Name: domain.EventProviderTrouble, At: d.UpdatedAt, Channel: d.Channel, Provider: d.Provider, Result: d.Result,
	})
}
