package domain

// FailureReason is why a message has not arrived, as far as the person it was for can
// do something about it. What providers call it is their own; "" is a reason that
// nobody has told, or that nobody can do anything about.
type FailureReason string

// The reasons that people are told.
const (
	// FailureNoRecipient: there is no such number or address.
	FailureNoRecipient FailureReason = "no_recipient"
	// FailureNoServer: nobody takes messages for this address.
	FailureNoServer FailureReason = "no_server"
	// FailureNotOnChannel: the number is good, but the channel does not reach it.
	FailureNotOnChannel FailureReason = "not_on_channel"
	// FailureChannelRefused: those who run the channel have not let the message through.
	FailureChannelRefused FailureReason = "not_let_through"
	// FailureLandline: the number takes no messages, as a landline's.
	FailureLandline FailureReason = "takes_none"
	// FailureUnreachable: the phone is off or out of reach.
	FailureUnreachable FailureReason = "away"
	// FailureMailboxFull: the mailbox takes no more.
	FailureMailboxFull FailureReason = "full"
	// FailureOptedOut: the person has asked us to stop.
	FailureOptedOut FailureReason = "opted_out"
	// FailureBlocked: the person, or their phone, blocks our messages.
	FailureBlocked FailureReason = "blocked"
	// FailureSpam: somebody on the way took the message for spam.
	FailureSpam FailureReason = "spam"
	// FailureComplained: the person has called an earlier message spam.
	FailureComplained FailureReason = "complained"
	// FailureBounced: an earlier message to this address has come back.
	FailureBounced FailureReason = "bounced"
)

// FailureReasons lists every reason, for what must know all.
var FailureReasons = []FailureReason{
	FailureNoRecipient, FailureNoServer, FailureNotOnChannel, FailureChannelRefused, FailureLandline, FailureUnreachable,
	FailureMailboxFull, FailureOptedOut, FailureBlocked, FailureSpam, FailureComplained, FailureBounced,
}
