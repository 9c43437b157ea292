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
	// FailureNotLetThrough: those who run the channel have not let the message through.
	FailureNotLetThrough FailureReason = "not_let_through"
	// FailureTakesNone: the number takes no messages, as a landline's.
	FailureTakesNone FailureReason = "takes_none"
	// FailureAway: the phone is off or out of reach.
	FailureAway FailureReason = "away"
	// FailureFull: the mailbox takes no more.
	FailureFull FailureReason = "full"
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
	FailureNoRecipient, FailureNoServer, FailureNotOnChannel, FailureNotLetThrough, FailureTakesNone, FailureAway,
	FailureFull, FailureOptedOut, FailureBlocked, FailureSpam, FailureComplained, FailureBounced,
}
