package telegram_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
)

const (
	token = "123456:The-token_of-a-bot"
	chat  = "-1001234567890"
)

// fakeTelegram is the Bot API on this machine, as far as sending messages goes: it
// takes forms, refuses HTML that is none, and answers as the real one does.
type fakeTelegram struct {
	*httptest.Server

	mu     sync.Mutex
	told   []message
	answer http.HandlerFunc // instead of taking a message; nil takes it
	open   chan struct{}    // closed at the end, for answers that hang
}

// message is one that Telegram has taken.
type message struct {
	Path, Chat, ParseMode, Preview string
	Raw, Text                      string // as it came, and as a person reads it
}

func newFake(t testing.TB) *fakeTelegram {
	t.Helper()
	f := &fakeTelegram{open: make(chan struct{})}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	t.Cleanup(func() { close(f.open) })
	return f
}

func (f *fakeTelegram) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	answer := f.answer
	f.mu.Unlock()
	_ = r.ParseMultipartForm(1 << 20) // what is no form has no values
	if answer != nil {
		answer(w, r)
		return
	}
	m := message{
		Path: r.URL.Path, Chat: r.FormValue("chat_id"), ParseMode: r.FormValue("parse_mode"), Preview: r.FormValue("link_preview_options"),
		Raw: r.FormValue("text"),
	}
	text, err := plainText(m.Raw)
	if err != nil {
		refuse(w, http.StatusBadRequest, "Bad Request: can't parse entities: "+err.Error())
		return
	}
	m.Text = text
	f.mu.Lock()
	f.told = append(f.told, m)
	f.mu.Unlock()
	_, _ = fmt.Fprint(w, `{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":-1001234567890,"type":"group"}}}`)
}

// refuse answers as the Bot API refuses.
func refuse(w http.ResponseWriter, status int, description string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"ok": false, "error_code": status, "description": description})
}

// answers makes the fake answer so from now on.
func (f *fakeTelegram) answers(answer http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

func (f *fakeTelegram) messages() []message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]message(nil), f.told...)
}

func (f *fakeTelegram) texts() (texts []string) {
	for _, m := range f.messages() {
		texts = append(texts, m.Text)
	}
	return texts
}

// hangs answers nothing until the test ends, or the caller is gone.
func (f *fakeTelegram) hangs(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-f.open:
	case <-r.Context().Done():
	}
}

var (
	tag    = regexp.MustCompile(`<(/?)(b|i|u|s|code|pre)>`)
	entity = regexp.MustCompile(`&(lt|gt|amp|quot|#[0-9]+);`)
)

// plainText is what a person reads of Telegram's HTML: the tags that it has, closed
// in order, and the entities that it knows; everything else is refused.
func plainText(raw string) (string, error) {
	var open []string
	for _, found := range tag.FindAllStringSubmatch(raw, -1) {
		switch {
		case found[1] == "":
			open = append(open, found[2])
		case len(open) == 0 || open[len(open)-1] != found[2]:
			return "", fmt.Errorf("unexpected end tag %s", found[0])
		default:
			open = open[:len(open)-1]
		}
	}
	text := tag.ReplaceAllString(raw, "")
	if strings.ContainsAny(entity.ReplaceAllString(text, ""), "<>&") || len(open) > 0 {
		return "", fmt.Errorf("unsupported start tag or entity in %q", text)
	}
	return html.UnescapeString(text), nil
}
