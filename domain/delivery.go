package domain

import "time"

// DeliveryStatus is the state of one message.
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

// Progress orders the statuses: a report changes a delivery only to a status with more
// progress, so that late and repeated reports change nothing.
//
//	queued ─▶ unknown ─▶ sent ─▶ failed ─▶ delivered ─▶ read
//
// Delivered overrides failed: a failure may be reported too early, an arrival may not.
func (s DeliveryStatus) Progress() int { return progress[s] }

var progress = map[DeliveryStatus]int{
	DeliveryUnknown: 1, DeliverySent: 2, DeliveryTest: 2, DeliveryFailed: 3, DeliveryDelivered: 4, DeliveryRead: 5,
}

// Delivery is the attempt to send one message to one recipient through one provider. It
// holds neither code nor text.
type Delivery struct {
	ChallengeID ChallengeID
	ID          string // a UUID, unique within the challenge
	Channel     ChannelName
	Provider    string
	Recipient   string // masked
	Status      DeliveryStatus
	MessageID   string     // the provider's id of the message, "" if none
	Result      SendResult // "" while queued
	ErrorCode   string     // the provider's, as reported; "" if none
	Price       string     // with its currency, as reported; "" if unknown
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// DeliveryReport is a provider's later report of a message. It has an effect only if its
// status has more progress than the stored one.
type DeliveryReport struct {
	ChallengeID ChallengeID
	DeliveryID  string
	Status      DeliveryStatus
	MessageID   string // "" if unknown
	ErrorCode   string // the provider's, "" if none
	Price       string // with its currency, such as "-0.0075 USD"; "" if unknown
	At          time.Time
}

// StatusAt is the status at a time: a message that is still queued after sendTotal is
// unknown, because its process has died, and is never sent again.
func (d Delivery) StatusAt(now time.Time, sendTotal time.Duration) DeliveryStatus {
	if d.Status == DeliveryQueued && now.Sub(d.CreatedAt) > sendTotal {
		return DeliveryUnknown
	}
	return d.Status
}

// SendResult is the outcome of sending one message.
type SendResult string

// The results of sending.
const (
	// SendAccepted: the provider has accepted the message.
	SendAccepted SendResult = "accepted"
	// SendTest: the sender is a test sender, which sends nothing.
	SendTest SendResult = "test"
	// SendInvalidRecipient: definitely refused, the recipient cannot be reached.
	SendInvalidRecipient SendResult = "invalid_recipient"
	// SendNotOnChannel: definitely refused, this channel does not reach the recipient.
	SendNotOnChannel SendResult = "not_on_channel"
	// SendRejected: definitely refused, through the message or the recipient.
	SendRejected SendResult = "rejected"
	// SendUnsupported: definitely refused, the provider cannot send such messages.
	SendUnsupported SendResult = "unsupported"
	// SendRateLimited: definitely refused, the service sends too fast.
	SendRateLimited SendResult = "rate_limited"
	// SendAuthenticationFailed: definitely refused, the credentials are wrong.
	SendAuthenticationFailed SendResult = "authentication_failed"
	// SendUnreachable: no connection, and so definitely not sent.
	SendUnreachable SendResult = "unreachable"
	// SendTimeout: no answer in time; the message may have been sent.
	SendTimeout SendResult = "timeout"
	// SendUnknown: an ambiguous answer; the message may have been sent.
	SendUnknown SendResult = "unknown"
)

// SendResults lists every result.
var SendResults = []SendResult{
	SendAccepted, SendTest, SendInvalidRecipient, SendNotOnChannel, SendRejected, SendUnsupported, SendRateLimited,
	SendAuthenticationFailed, SendUnreachable, SendTimeout, SendUnknown,
}

// Accepted reports whether the message was accepted.
func (r SendResult) Accepted() bool { return r == SendAccepted || r == SendTest }

// Refused reports whether the message was definitely not sent, so that another provider
// may be tried. Neither accepted nor refused means unknown.
func (r SendResult) Refused() bool {
	switch r {
	case SendInvalidRecipient, SendNotOnChannel, SendRejected, SendUnsupported, SendRateLimited,
		SendAuthenticationFailed, SendUnreachable:
		return true
	default:
		return false
	}
}

// ServiceFault reports whether the message was refused through a fault of the service,
// so that its send is refunded to the recipient.
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
