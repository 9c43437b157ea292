package telegram

import (
	"cmp"
	"fmt"
	"html"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/doorcode-auth/doorcode/domain"
)

const (
	maxMessage = 3500 // characters; Telegram accepts 4096 without markup
	maxValue   = 200  // characters
)

// messagesOf formats events as messages in the Bot API's HTML, each with the service as
// title.
func messagesOf(service string, events []domain.Event) []string {
	head := "<b>" + escaped(service) + "</b>"
	var messages []string
	text := head
	for _, e := range events {
		entry := "\n\n" + entryOf(e)
		if text != head && utf8.RuneCountInString(text+entry) > maxMessage {
			messages = append(messages, text)
			text = head
		}
		text += entry
	}
	if text != head {
		messages = append(messages, text)
	}
	return messages
}

// entryOf formats one event: a title, and its fields below.
func entryOf(e domain.Event) string {
	lines := []string{"<b>" + titleOf(e) + "</b>"}
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, name+": <code>"+escaped(value)+"</code>")
		}
	}
	add("Who", e.Recipient)
	add("User", e.UserUUID)
	add("Session", e.SessionID)
	add("Channel", string(e.Channel))
	add("Came from", e.Source)
	if e.From.IsValid() {
		add("Client", e.From.String())
	}
	if !e.At.IsZero() {
		add("At", e.At.UTC().Format(time.DateTime+" UTC"))
	}
	if advice := adviceOf(e); advice != "" {
		lines = append(lines, advice)
	}
	return strings.Join(lines, "\n")
}

var titles = map[domain.EventName]string{
	domain.EventNewRegistration:    "New registration",
	domain.EventFirstLogin:         "First login",
	domain.EventLoginRequested:     "Login requested",
	domain.EventAccountActivated:   "Account activated",
	domain.EventAccountDeactivated: "Account deactivated",
	domain.EventSessionReused:      "A refresh token was used twice",
}

var requesters = map[domain.Requester]string{
	domain.RequesterNew:      " by a new user",
	domain.RequesterExisting: " by an existing user",
}

// titleOf is the title of an event. External values in it are escaped.
func titleOf(e domain.Event) string {
	switch e.Name {
	case domain.EventLoginRequested:
		return titles[e.Name] + requesters[e.Requester]
	case domain.EventRepeatedFailures:
		return fmt.Sprintf("Repeated failures: %d wrong codes within a minute", e.Count)
	case domain.EventNoticesDropped:
		return fmt.Sprintf("%d notices were dropped", e.Count)
	case domain.EventProviderTrouble:
		title := "Trouble with the provider " + escaped(e.Provider)
		if e.Count > 0 {
			title += fmt.Sprintf(", %d more times", e.Count)
		}
		return title
	default:
		return cmp.Or(titles[e.Name], escaped(string(e.Name)))
	}
}

// adviceOf is the recommended action for an event, "" for none.
func adviceOf(e domain.Event) string {
	switch e.Name {
	case domain.EventSessionReused:
		return "It may have been stolen: the session has ended, and its user must sign in again."
	case domain.EventNoticesDropped:
		return "There was more to tell than could be told: see the log for all of it."
	case domain.EventProviderTrouble:
		return cmp.Or(providerAdvice[e.Result],
			"It gives answers that tell nothing: messages may have been sent or not.")
	default:
		return ""
	}
}

// providerAdvice explains a failing provider, by the result of a send.
var providerAdvice = map[domain.SendResult]string{
	domain.SendAuthenticationFailed: "It refuses our credentials: correct them, nothing goes out before.",
	domain.SendUnsupported: "It cannot send this: check who messages are from, and what the account may do; " +
		"nothing like it goes out before. The log has its reason.",
	domain.SendRejected: "It refuses the message, so that the person gets no code: " +
		"if this stays, check who messages are from. The log has its reason.",
	domain.SendRateLimited: "It refuses because we send too fast: raise its limits, or see who asks for so many codes.",
	domain.SendUnreachable: "It cannot be reached: see its status page and the way there.",
	domain.SendTimeout:     "It does not answer in time: messages may have been sent or not.",
}

// escaped is a text as a value in HTML: one line, truncated, escaped.
func escaped(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if runes := []rune(text); len(runes) > maxValue {
		text = string(runes[:maxValue]) + "…"
	}
	return html.EscapeString(text)
}
