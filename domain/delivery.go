package domain

import "time"

// DeliveryStatus is how far one message is known to have come.
type DeliveryStatus string

// The statuses of a delivery.
const (
	DeliveryQueued    DeliveryStatus = "queued"
	DeliveryUnknown   DeliveryStatus = "unknown"
	DeliverySent      DeliveryStatus = "sent"
	DeliveryTest      DeliveryStatus = "test"
	DeliveryFailed    DeliveryStatus = "failed"
	DeliveryDelivered DeliveryStatus = "delivered"
	DeliveryRead      DeliveryStatus = "read"
)

// Progress orders the statuses: a report changes a delivery only to a status
// with more progress, so that late and repeated reports change nothing.
//
//	queued ─▶ unknown ─▶ sent ─▶ failed ─▶ delivered ─▶ read
//
// Delivered beats failed, for a message that has arrived has arrived.
func (s DeliveryStatus) Progress() int {
	switch s {
	case DeliveryUnknown:
		return 1
	case DeliverySent, DeliveryTest:
		return 2
	case DeliveryFailed:
		return 3
	case DeliveryDelivered:
		return 4
	case DeliveryRead:
		return 5
	default:
		return 0
	}
}

// Delivery is one message on its way to one recipient through one provider. It
// holds no code and no text.
type Delivery struct {
	ChallengeID ChallengeID
	ID          string // a UUID, unique within the challenge
	Channel     ChannelName
	Provider    string
	Recipient   string // masked
	Status      DeliveryStatus
	MessageID   string     // the provider's own name for the message, "" if none
	Result      SendResult // what the provider answered, "" while queued
	ErrorCode   string     // the provider's own, as it was reported; "" if none
	Price       string     // with its currency, as it was reported; "" if not told
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// DeliveryReport is what a provider tells of a message later. It counts only if it
// tells of more progress than is known.
type DeliveryReport struct {
	ChallengeID ChallengeID
	DeliveryID  string
	Status      DeliveryStatus
	MessageID   string // "" if it does not tell
	ErrorCode   string // the provider's own, "" if none
	Price       string // with its currency, such as "-0.0075 USD"; "" if it does not tell
	At          time.Time
}

// StatusAt is the status at a time: a message still queued when its sender's
// time was over (its process has died) is unknown, and is never sent again.
func (d Delivery) StatusAt(now time.Time, sendTotal time.Duration) DeliveryStatus {
	if d.Status == DeliveryQueued && now.Sub(d.CreatedAt) > sendTotal {
		return DeliveryUnknown
	}
	return d.Status
}

// SendResult is what a provider made of one message.
type SendResult string

// The results of sending.
const (
	// SendAccepted: the provider has taken the message.
	SendAccepted SendResult = "accepted"
	// SendTest: nothing was sent, on purpose.
	SendTest SendResult = "test"
	// SendInvalidRecipient: this recipient can definitely not be reached.
	SendInvalidRecipient SendResult = "invalid_recipient"
	// SendNotOnChannel: the recipient is a good one, but this channel does not reach it.
	SendNotOnChannel SendResult = "not_on_channel"
	// SendRejected: definitely refused for the message's or the recipient's sake.
	SendRejected SendResult = "rejected"
	// SendUnsupported: the provider cannot do this at all.
	SendUnsupported SendResult = "unsupported"
	// SendRateLimited: definitely refused, for we send too fast.
	SendRateLimited SendResult = "rate_limited"
	// SendAuthenticationFailed: definitely refused, for our credentials are wrong.
	SendAuthenticationFailed SendResult = "authentication_failed"
	// SendUnreachable: no connection, so nothing was handed over.
	SendUnreachable SendResult = "unreachable"
	// SendTimeout: no answer in time; the message may have been sent.
	SendTimeout SendResult = "timeout"
	// SendUnknown: an answer that tells nothing; the message may have been sent.
	SendUnknown SendResult = "unknown"
)

// SendResults lists every result.
var SendResults = []SendResult{
	SendAccepted, SendTest, SendInvalidRecipient, SendNotOnChannel, SendRejected, SendUnsupported, SendRateLimited,
	SendAuthenticationFailed, SendUnreachable, SendTimeout, SendUnknown,
}

// Accepted reports whether the message is on its way.
func (r SendResult) Accepted() bool { return r == SendAccepted || r == SendTest }

// Refused reports whether the message was definitely not sent, so that another
// provider may be tried. Neither accepted nor refused means unknown.
func (r SendResult) Refused() bool {
	switch r {
	case SendInvalidRecipient, SendNotOnChannel, SendRejected, SendUnsupported, SendRateLimited,
		SendAuthenticationFailed, SendUnreachable:
		return true
	default:
		return false
	}
}

// ServiceFault reports whether the message was refused for a reason of ours, so
// that it must not cost the person one of their sends.
func (r SendResult) ServiceFault() bool {
	return r == SendRateLimited || r == SendAuthenticationFailed || r == SendUnreachable
}

// Status is the status of a delivery after this result.
func (r SendResult) Status() DeliveryStatus {
	switch {
	case r == SendAccepted:
		return DeliverySent
	case r == SendTest:
		return DeliveryTest
	case r.Refused():
		return DeliveryFailed
	default:
		return DeliveryUnknown
	}
}
