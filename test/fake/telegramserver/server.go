// Package telegramserver is the Bot API of Telegram on this machine, as far as sending
// messages goes: it takes the form of sendMessage, refuses HTML that is none, and
// answers as the real one does (https://core.telegram.org/bots/api). It has no chats
// and no users: every caller counts as an authorized bot.
package telegramserver

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Server takes messages, until it is told to do something else. It is safe for
// concurrent use.
type Server struct {
	URL string

	http *httptest.Server
	open chan struct{} // closed at the end, for answers that hang

	mu       sync.Mutex
	messages []Message
	calls    int
	answer   http.HandlerFunc // instead of taking a message; nil takes it
}

// Message is one that was taken.
type Message struct {
	Path, ChatID, ParseMode, LinkPreview string
	Raw, Text                            string // as it came, and as a person reads it
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{open: make(chan struct{})}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	t.Cleanup(s.http.Close)
	t.Cleanup(func() { close(s.open) })
	return s
}

// Vanish makes the server unreachable.
func (s *Server) Vanish() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Answer makes the server answer so from now on; nil makes it take messages again.
func (s *Server) Answer(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// Hang makes the server not answer, until the test ends or the client hangs up.
func (s *Server) Hang() {
	s.Answer(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-s.open:
		case <-r.Context().Done():
		}
	})
}

// Messages are those that were taken so far.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Texts are what a person has read so far, one a message.
func (s *Server) Texts() []string {
	var texts []string
	for _, m := range s.Messages() {
		texts = append(texts, m.Text)
	}
	return texts
}

// Calls is how often the server was called, whatever it answered.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseMultipartForm(1 << 20) // what is no form has no values
	s.mu.Lock()
	s.calls++
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	raw := r.FormValue("text")
	text, err := plainText(raw)
	if err != nil {
		Refuse(w, http.StatusBadRequest, "Bad Request: can't parse entities: "+err.Error(), nil)
		return
	}
	s.mu.Lock()
	s.messages = append(s.messages, Message{
		Path: r.URL.Path, ChatID: r.FormValue("chat_id"), ParseMode: r.FormValue("parse_mode"),
		LinkPreview: r.FormValue("link_preview_options"), Raw: raw, Text: text,
	})
	s.mu.Unlock()
	_, _ = fmt.Fprint(w, `{"ok":true,"result":{"message_id":1,"date":1,"chat":{"id":-1001234567890,"type":"group"}}}`)
}

// Refuse answers as the Bot API refuses. parameters may tell more; nil tells nothing.
func Refuse(w http.ResponseWriter, status int, description string, parameters map[string]any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"ok": false, "error_code": status, "description": description, "parameters": parameters,
	})
}

var (
	tag    = regexp.MustCompile(`<(/?)(b|i|u|s|code|pre)>`)
	entity = regexp.MustCompile(`&(lt|gt|amp|quot|#[0-9]+);`)
)

// plainText is what a person reads of Telegram's HTML: the tags that it has, closed in
// order, and the entities that it knows. Everything else is an error.
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
