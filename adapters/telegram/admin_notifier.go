package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

var _ port.AdminNotifier = (*AdminNotifier)(nil)

const (
	callTimeout = 5 * time.Second
	maxResponse = 64 << 10 // bytes
)

// Config is a bot and its chat.
type Config struct {
	BotToken string
	ChatID   string // the number of a chat, or @name of a channel
	BaseURL  string // Defaults to https://api.telegram.org
	Service  string // sender of the notifications, such as a name and a host
}

// AdminNotifier sends notifications to one chat. It is safe for concurrent use.
type AdminNotifier struct {
	bot     *bot.Bot
	config  Config
	secrets *strings.Replacer
}

// New returns a notifier. It does not call Telegram, so that the service starts during an
// outage.
func New(cfg Config) (*AdminNotifier, error) {
	transport := http.DefaultTransport
	if standard, ok := transport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	client := &http.Client{
		Timeout: callTimeout, Transport: boundedTransport{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	options := []bot.Option{
		bot.WithSkipGetMe(), bot.WithHTTPClient(callTimeout, client),
		bot.WithErrorsHandler(func(error) {}), // failed Close of bodies, which it logs by default
	}
	if cfg.BaseURL != "" {
		options = append(options, bot.WithServerURL(strings.TrimRight(cfg.BaseURL, "/")))
	}
	b, err := bot.New(cfg.BotToken, options...)
	if err != nil {
		return nil, fmt.Errorf("make a bot of Telegram: %w", err)
	}
	secrets := strings.NewReplacer(cfg.BotToken, "***", url.PathEscape(cfg.BotToken), "***")
	return &AdminNotifier{bot: b, config: cfg, secrets: secrets}, nil
}

// Notify implements port.AdminNotifier: as many events per message as fit.
func (n *AdminNotifier) Notify(ctx context.Context, events []domain.Event) error {
	off := true
	for _, text := range messagesOf(n.config.Service, events) {
		_, err := n.bot.SendMessage(ctx, &bot.SendMessageParams{
			ChatID: n.config.ChatID, Text: text, ParseMode: models.ParseModeHTML,
			LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: &off},
		})
		if err != nil {
			return n.fault(err)
		}
	}
	return nil
}

// fault translates an error of the library, whose text may contain the URL with the bot
// token, or the response.
func (n *AdminNotifier) fault(err error) error {
	var slow *bot.TooManyRequestsError
	var moved *bot.MigrateError
	var call *url.Error
	switch {
	case errors.As(err, &slow):
		wait := time.Duration(slow.RetryAfter) * time.Second
		return domain.ErrRateLimited.After(wait).Because(errors.New("telegram asks to wait"))
	case errors.As(err, &moved):
		return domain.ErrPermissionDenied.Because(fmt.Errorf(
			"the chat has become another: set telegram.chat_id to %d", moved.MigrateToChatID))
	case errors.Is(err, bot.ErrorUnauthorized), errors.Is(err, bot.ErrorNotFound):
		return domain.ErrPermissionDenied.Because(errors.New(
			"telegram does not know the bot: set telegram.bot_token to the token that @BotFather gives"))
	case errors.Is(err, bot.ErrorForbidden), errors.Is(err, bot.ErrorBadRequest):
		return domain.ErrPermissionDenied.Because(fmt.Errorf(
			"telegram refuses the chat: add the bot to it and set telegram.chat_id to its number (%s)", n.redacted(err)))
	case errors.As(err, &call):
		return domain.ErrUnavailable.Because(fmt.Errorf("call telegram: %s", n.redacted(call.Err)))
	default:
		return domain.ErrUnavailable.Because(errors.New(
			"telegram gave an answer that is none of its own, or has trouble itself"))
	}
}

// redacted is the first line of an error without secrets.
func (n *AdminNotifier) redacted(err error) string {
	const most = 200
	line, _, _ := strings.Cut(n.secrets.Replace(err.Error()), "\n")
	return strings.ToValidUTF8(line[:min(len(line), most)], "")
}

// boundedTransport limits the size of response bodies.
type boundedTransport struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxResponse), response.Body}
	return response, nil
}
