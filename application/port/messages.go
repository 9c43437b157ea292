package port

// Messages composes the texts of messages.
type Messages interface {
	// ComposeCode must write the code and its lifetime in the body.
	// It must not write the code in the subject, unless it is configured to.
	// On an e-mail channel it must write HTML too, with everything in it escaped.
	// On an e-mail channel it must have a sender.
	ComposeCode(m CodeMessage) (MessageText, error)
}
