package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
)

// line is a message for programs. Every member is always present.
type line struct {
	Time        time.Time `json:"time"` // of sending, in UTC
	Channel     string    `json:"channel"`
	To          string    `json:"to"` // canonical
	Subject     string    `json:"subject"`
	Body        string    `json:"body"`
	HTML        string    `json:"html"`
	Code        string    `json:"code"`
	ChallengeID string    `json:"challenge_id"`
}

// lineOf encodes a message as one line of JSON, with a line end.
func lineOf(m port.CodeMessage, text port.MessageText) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(line{
		Time: m.ExpiresAt.Add(-m.ExpiresIn).UTC(), Channel: string(m.Channel), To: m.To.Value(),
		Subject: text.Subject, Body: text.Body, HTML: text.HTML,
		Code: m.Code.Reveal(), ChallengeID: string(m.ChallengeID),
	})
	return b.Bytes(), err
}

const blockWidth = 64

// blockOf formats a message as a block that stands out between log lines.
func blockOf(m port.CodeMessage, text port.MessageText) []byte {
	var b strings.Builder
	title := fmt.Sprintf("--- %s to %s ", m.Channel, m.To.Value())
	b.WriteString(title + strings.Repeat("-", max(3, blockWidth-len(title))) + "\n")
	if text.Subject != "" {
		b.WriteString("Subject: " + text.Subject + "\n\n")
	}
	b.WriteString(strings.TrimSpace(text.Body) + "\n")
	b.WriteString(strings.Repeat("-", blockWidth) + "\n")
	return []byte(b.String())
}
