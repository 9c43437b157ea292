package port

import (
	"context"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
)

// CodeSender brings codes to people over one channel of one provider.
type CodeSender interface {
	// Send hands one message to the provider and says what the provider made of
	// it.
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

// CodeMessage is one code for one person.
type CodeMessage struct {
	DeliveryID  string // ours, to be told to the provider where it can carry it
	ChallengeID domain.ChallengeID
	Channel     domain.ChannelName
	To          domain.Identifier
	Code        domain.Code
	Purpose     domain.Purpose
	Locale      string // as the client asked: one tag, or an Accept-Language; "" if it did not
	ExpiresAt   time.Time
	ExpiresIn   time.Duration // at the time of sending
	// RetryBudget is how long, at the time of sending, somebody waits to hear what becomes of
	// the message. A refusal that they hear of lets them try the next provider, or try
	// again; one that comes later helps nobody. 0 where nobody waits.
	RetryBudget time.Duration
	// CallbackURL is where the provider may report what becomes of the message, with
	// what names it there; "" where nobody could reach us.
	CallbackURL string
	// Compose writes the message for its channel. It is a function so that what it
	// writes, the code in it, is made only for the provider and printed by nobody.
	Compose func() (MessageText, error)
}

// MessageText is a message as a person reads it. It has the code in it: hand it
// to the provider and to nothing else.
type MessageText struct {
	From    Mailbox // zero where the channel has none
	Subject string  // "" where the channel has none
	Body    string  // plain text
	HTML    string  // "" where the channel has none
}

// Mailbox is who an e-mail is from.
type Mailbox struct {
	Name    string // "" for none
	Address string // bare
}

// SendOutcome is what a provider made of a message.
type SendOutcome struct {
	Result     domain.SendResult
	MessageID  string        // the provider's name for the message, "" if none
	RetryAfter time.Duration // with rate_limited, when the provider tells
	// Err is the cause, for the log: without the code, the recipient and every secret. Its
	// method Cure() string, if any, says what to do.
	Err error
}

// ChannelSender is one channel of one provider.
type ChannelSender struct {
	Channel  domain.Channel // with the name domain.ChannelAny it serves every channel
	Provider string
	Sender   CodeSender
}
