package port

// Messages writes what people read.
type Messages interface {
	// ComposeCode must write the code, and how long it is good for, in the body.
	// It must not write the code in the subject, unless it is configured to.
	// On an e-mail channel it must write HTML too, with everything in it escaped.
	// On an e-mail channel it must say who it is from.
	ComposeCode(m CodeMessage) (MessageText, error)
}
