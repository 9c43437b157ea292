package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// CodeSender sends codes on one channel of one provider.
type CodeSender interface {
	// Send sends one message through the provider and returns its outcome.
	//
	// It must send to exactly one recipient, the one of the message.
	// It must return when ctx is done, with timeout or unknown if the message may have been sent.
	// It must not send again when it is unknown whether the message was sent.
	// It must not wait to send again for longer than the retry budget of the message.
	// It must refuse, and hand nothing over, when Compose fails.
	// A refusal must carry its cause.
	// It must hand the text over as it is, whatever letters are in it. Where a template
	// of the provider's writes the text, the code is what is handed over.
	// It must report rate_limited and the wait when the provider asks for a wait.
	// It must blame the recipient only when the provider does.
	// It must follow no redirect, and read no answer without a limit.
	// It must never show the code, the recipient or a secret of the configuration in an error.
	// It must neither print nor log the code.
	// It must be safe for concurrent use.
	Send(ctx context.Context, m CodeMessage) SendOutcome
}

// CodeMessage is a message with one code for one recipient.
type CodeMessage struct {
	DeliveryID  string // our id, passed on if the provider supports a custom id
	ChallengeID domain.ChallengeID
	Channel     domain.ChannelName
	To          domain.Identifier
	Code        domain.Code
	Purpose     domain.Purpose
	Locale      string // of the request: one tag, or an Accept-Language header; "" if missing
	ExpiresAt   time.Time
	ExpiresIn   time.Duration // at the time of sending
	// RetryBudget is how long, at the time of sending, the request still waits for the
	// outcome. An early refusal lets the dispatcher try the next provider, or the client try
	// again; a retry after it is too late for both. 0 if no request waits.
	RetryBudget time.Duration
	// CallbackURL receives the provider's delivery reports, and identifies the message; "" if
	// the service has no public URL.
	CallbackURL string
	// Compose writes the message for its channel. It is a function, so that the text with the
	// code exists only while it is sent and cannot be printed by accident.
	Compose func() (MessageText, error)
}

// MessageText is the text of a message. It contains the code: pass it to the provider
// alone.
type MessageText struct {
	From    Mailbox // zero where the channel has none
	Subject string  // "" where the channel has none
	Body    string  // plain text
	HTML    string  // "" where the channel has none
}

// Mailbox is the sender of an e-mail.
type Mailbox struct {
	Name    string // "" for none
	Address string // bare
}

// SendOutcome is the outcome of sending a message.
type SendOutcome struct {
	Result     domain.SendResult
	MessageID  string        // the provider's id of the message, "" if none
	RetryAfter time.Duration // with rate_limited, if known
	// Err is the cause, for the log: without the code, the recipient and every secret. Its
	// method Cure() string, if any, says what to do.
	Err error
}

// ChannelSender is one channel of one provider.
type ChannelSender struct {
	Channel  domain.Channel // domain.ChannelAny serves every channel
	Provider string
	Sender   CodeSender
}
