package domain

// FailureReason is why a message was not delivered, as far as the user can do something
// about it. Each provider maps its error codes to reasons; "" is any other failure.
type FailureReason string

// The reasons.
const (
	// FailureNoRecipient: there is no such number or address.
	FailureNoRecipient FailureReason = "no_recipient"
	// FailureNoServer: the domain of the address has no mail server.
	FailureNoServer FailureReason = "no_server"
	// FailureNotOnChannel: the channel does not reach the number.
	FailureNotOnChannel FailureReason = "not_on_channel"
	// FailureChannelRefused: the operator of the channel has blocked the message.
	FailureChannelRefused FailureReason = "not_let_through"
	// FailureLandline: the number receives no messages, such as a landline.
	FailureLandline FailureReason = "takes_none"
	// FailureUnreachable: the phone is off or out of reach.
	FailureUnreachable FailureReason = "away"
	// FailureMailboxFull: the mailbox is full.
	FailureMailboxFull FailureReason = "full"
	// FailureOptedOut: the recipient has opted out.
	FailureOptedOut FailureReason = "opted_out"
	// FailureBlocked: the recipient blocks the sender.
	FailureBlocked FailureReason = "blocked"
	// FailureSpam: a carrier or mail server filtered the message as spam.
	FailureSpam FailureReason = "spam"
	// FailureComplained: the recipient has reported an earlier message as spam.
	FailureComplained FailureReason = "complained"
	// FailureBounced: an earlier message to the address has bounced.
	FailureBounced FailureReason = "bounced"
)

// FailureReasons lists every reason.
var FailureReasons = []FailureReason{
	FailureNoRecipient, FailureNoServer, FailureNotOnChannel, FailureChannelRefused, FailureLandline, FailureUnreachable,
	FailureMailboxFull, FailureOptedOut, FailureBlocked, FailureSpam, FailureComplained, FailureBounced,
}
