package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/telegram"
	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/fake/telegramserver"
)

const (
	token = "123456:The-token_of-a-bot"
	chat  = "-1001234567890"
)

func open(t testing.TB) (*telegram.AdminNotifier, *telegramserver.Server) {
	t.Helper()
	f := telegramserver.New(t)
	n, err := telegram.New(
		telegram.Config{
			BotToken: token,
			ChatID:   chat,
			BaseURL:  f.URL + "/",
			Service:  "Acme <& Co>, https://login.example.com",
		},
	)
	require.NoError(t, err)
	return n, f
}

func TestAdminNotifier_contract(t *testing.T) {
	t.Parallel()
	contract.AdminNotifier(t, func(t testing.TB) contract.NotifierUnderTest {
		n, f := open(t)
		return contract.NotifierUnderTest{
			Notifier: n, Secret: token, Received: f.Texts,
			Hang:   f.Hang,
			Vanish: f.Vanish,
			RateLimit: func(seconds int) {
				f.Answer(func(w http.ResponseWriter, _ *http.Request) {
					telegramserver.Refuse(w, http.StatusTooManyRequests, fmt.Sprintf("Too Many Requests: retry after %d", seconds),
						map[string]any{"retry_after": seconds})
				})
			},
			Refuse: func() {
				f.Answer(func(w http.ResponseWriter, r *http.Request) {
					telegramserver.Refuse(w, http.StatusBadRequest, "Bad Request: "+r.URL.Path+" has no such chat", nil)
				})
			},
		}
	})
}

func event() domain.Event {
	return domain.Event{
		Name:      domain.EventNewRegistration,
		At:        time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC),
		Recipient: "ad***@example.com",
		Channel:   domain.ChannelEmail,
		From:      netip.MustParseAddr("192.0.2.7"),
		Source:    "news.example.com",
		UserUUID:  "019cec37-b600-7000-8000-0000000000aa",
	}
}

func TestNotify_message(t *testing.T) {
	t.Parallel()
	n, f := open(t)
	require.NoError(t, n.Notify(t.Context(), []domain.Event{event()}))
	require.Len(t, f.Messages(), 1)
	m := f.Messages()[0]
	require.Equal(t, "/bot"+token+"/sendMessage", m.Path)
	require.Equal(t, chat, m.ChatID)
	require.Equal(t, "HTML", m.ParseMode)
	require.JSONEq(t, `{"is_disabled":true}`, m.LinkPreview)
	require.Equal(t, `Acme <& Co>, https://login.example.com

New registration
Who: ad***@example.com
User: 019cec37-b600-7000-8000-0000000000aa
Channel: email
Came from: news.example.com
Client: 192.0.2.7
At: 2026-03-14 12:00:00 UTC`, m.Text)
	require.Contains(t, m.Raw, "<b>Acme &lt;&amp; Co&gt;, https://login.example.com</b>")
	require.Contains(t, m.Raw, "<code>ad***@example.com</code>")
}

// Every event has words of its own, and none is silent about what is in it.
func TestNotify_words(t *testing.T) {
	t.Parallel()
	n, f := open(t)
	for _, row := range []struct {
		event domain.Event
		want  []string
	}{
		{domain.Event{Name: domain.EventFirstLogin}, []string{"First login"}},
		{domain.Event{Name: domain.EventLoginRequested}, []string{"Login requested"}},
		{
			domain.Event{Name: domain.EventLoginRequested, Requester: domain.RequesterNew},
			[]string{"Login requested by a new user"},
		},
		{
			domain.Event{Name: domain.EventLoginRequested, Requester: domain.RequesterExisting},
			[]string{"Login requested by an existing user"},
		},
		{domain.Event{Name: domain.EventRepeatedFailures, Count: 17}, []string{"Repeated failures: 17 wrong codes"}},
		{domain.Event{Name: domain.EventAccountActivated}, []string{"Account activated"}},
		{domain.Event{Name: domain.EventAccountDeactivated}, []string{"Account deactivated"}},
		{
			domain.Event{Name: domain.EventSessionReused, SessionID: "sid"},
			[]string{"used twice", "Session: sid", "sign in again"},
		},
		{domain.Event{Name: domain.EventNoticesDropped, Count: 9}, []string{"9 notices were dropped"}},
		{
			domain.Event{Name: domain.EventProviderTrouble, Provider: "acme", Result: domain.SendUnreachable},
			[]string{"provider acme", "cannot be reached"},
		},
		{
			domain.Event{Name: domain.EventProviderTrouble, Provider: "acme", Result: domain.SendAuthenticationFailed, Count: 5},
			[]string{"acme, 5 more times", "credentials"},
		},
		{
			domain.Event{Name: domain.EventProviderTrouble, Provider: "acme", Result: domain.SendRateLimited},
			[]string{"too fast"},
		},
		{
			domain.Event{
				Name: domain.EventProviderTrouble, Provider: "acme", Channel: domain.ChannelSMS,
				Result: domain.SendUnsupported,
			},
			[]string{"provider acme", "Channel: sms", "cannot send this", "who messages are from"},
		},
		{
			domain.Event{Name: domain.EventProviderTrouble, Provider: "acme", Result: domain.SendRejected},
			[]string{"refuses the message", "The log"},
		},
		{domain.Event{Name: domain.EventProviderTrouble, Provider: "acme", Result: domain.SendTimeout}, []string{"in time"}},
		{
			domain.Event{Name: domain.EventProviderTrouble, Provider: "acme", Result: domain.SendUnknown},
			[]string{"tell nothing"},
		},
		{domain.Event{Name: "a<new>one"}, []string{"a<new>one"}},
	} {
		require.NoError(t, n.Notify(t.Context(), []domain.Event{row.event}))
		texts := f.Texts()
		for _, want := range row.want {
			require.Contains(t, texts[len(texts)-1], want)
		}
	}
	for _, name := range domain.EventNames {
		require.NoError(t, n.Notify(t.Context(), []domain.Event{{Name: name}}))
		texts := f.Texts()
		require.NotContains(t, texts[len(texts)-1], string(name), "%s has no words", name)
	}
}

// Texts of any size and sort make messages that Telegram takes.
func TestNotify_oddTexts(t *testing.T) {
	t.Parallel()
	n, f := open(t)
	var events []domain.Event
	for _, text := range []string{
		strings.Repeat("<", 5000), strings.Repeat("ü", 5000), strings.Repeat("👍🏽", 2000), "\xff\xfe\x00", "a\nb\r\nc",
		"\u202eevil", strings.Repeat("&amp;", 900),
	} {
		e := event()
		e.Source, e.Provider, e.Recipient = text, text, text
		events = append(events, e, e, e)
	}
	require.NoError(t, n.Notify(t.Context(), events))
	require.Greater(t, len(f.Messages()), 1)
	for _, m := range f.Messages() {
		require.LessOrEqual(t, utf8.RuneCountInString(m.Text), 4096)
		require.True(t, utf8.ValidString(m.Raw))
	}
	require.Equal(t, len(events), strings.Count(strings.Join(f.Texts(), ""), "New registration"))
}

// endless answers until the reader stops.
func endless(w http.ResponseWriter, _ *http.Request) {
	for err := error(nil); err == nil; {
		_, err = fmt.Fprint(w, strings.Repeat("x", 1<<10))
		err = errors.Join(err, http.NewResponseController(w).Flush())
	}
}

func TestNotify_answers(t *testing.T) {
	t.Parallel()
	page := "<html><body>502 Bad Gateway " + token + "</body></html>"
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		kind   domain.FaultKind
		want   string
	}{
		"no such bot": {
			func(w http.ResponseWriter, _ *http.Request) { telegramserver.Refuse(w, 401, "Unauthorized", nil) }, domain.Denied,
			"telegram.bot_token",
		},
		"no such address": {
			func(w http.ResponseWriter, _ *http.Request) { telegramserver.Refuse(w, 404, "Not Found", nil) }, domain.Denied,
			"telegram.bot_token",
		},
		"thrown out": {
			func(w http.ResponseWriter, _ *http.Request) {
				telegramserver.Refuse(w, 403, "Forbidden: bot was kicked from the group chat", nil)
			},
			domain.Denied, "telegram.chat_id",
		},
		"no such chat": {func(w http.ResponseWriter, _ *http.Request) {
			telegramserver.Refuse(w, 400, "Bad Request: chat not found", nil)
		}, domain.Denied, "chat not found"},
		"moved": {func(w http.ResponseWriter, _ *http.Request) {
			telegramserver.Refuse(w, 400, "moved", map[string]any{"migrate_to_chat_id": -100777})
		}, domain.Denied, "telegram.chat_id to -100777"},
		"trouble": {func(w http.ResponseWriter, _ *http.Request) {
			telegramserver.Refuse(w, 500, "Internal Server Error "+token, nil)
		}, domain.Unavailable, "trouble"},
		"a page": {
			func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502); fmt.Fprint(w, page) }, domain.Unavailable,
			"none of its own",
		},
		"an odd 200": {
			func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":true,"result":"`+token+`"}`) },
			domain.Unavailable, "none of its own",
		},
		"nothing":     {func(http.ResponseWriter, *http.Request) {}, domain.Unavailable, "none of its own"},
		"without end": {endless, domain.Unavailable, "none of its own"},
		"a redirect": {
			func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) },
			domain.Unavailable, "none of its own",
		},
		"hangs up": {
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, domain.Unavailable, "call telegram",
		},
		"odd wait": {
			func(w http.ResponseWriter, _ *http.Request) { telegramserver.Refuse(w, 429, "Too Many Requests", nil) },
			domain.Throttled, "wait",
		},
		"half of 200s": {
			func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"ok":true,"resu`) }, domain.Unavailable,
			"none of its own",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, f := open(t)
			f.Answer(row.answer)
			begun := time.Now()
			err := n.Notify(t.Context(), []domain.Event{event()})
			require.Less(t, time.Since(begun), 4*time.Second, "what cannot be an answer is not read on")
			var fault *domain.Error
			require.True(t, errors.As(err, &fault), "got %v", err)
			require.Equal(t, row.kind, fault.Kind, err)
			require.ErrorContains(t, err, row.want)
			require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, fault.Err), token)
			require.NotContains(t, err.Error(), "<html>")
			f.Answer(nil)
			require.NoError(t, n.Notify(t.Context(), []domain.Event{event()}), "once all is well")
		})
	}
}

// A call takes five seconds at most, whatever the context.
func TestNotify_hangs(t *testing.T) {
	t.Parallel()
	n, f := open(t)
	f.Hang()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	begun := time.Now()
	err := n.Notify(ctx, []domain.Event{event()})
	require.Error(t, err)
	require.Less(t, time.Since(begun), 8*time.Second)
	require.Equal(t, domain.Unavailable, domain.AsError(err).Kind)
}

func TestNew_withoutToken(t *testing.T) {
	t.Parallel()
	_, err := telegram.New(telegram.Config{ChatID: chat})
	require.Error(t, err)
}
