package delivery

import (
	"strings"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// advice is what the user can do about a failed message: by phone; by WhatsApp, where a
// resend goes the same way but SMS may arrive; by e-mail. "" without specific advice.
type advice struct{ phone, whatsApp, email string }

// resultAdvice is for messages that a provider has refused at once.
var resultAdvice = map[domain.SendResult]advice{
	domain.SendInvalidRecipient: {
		"This number cannot be reached. Check it, or try e-mail.",
		"This number cannot be reached by WhatsApp. Check it, or try SMS or e-mail.",
		"This address cannot be reached. Check it for a slip, or try another one.",
	},
	domain.SendNotOnChannel: reasonAdvice[domain.FailureNotOnChannel],
	domain.SendRejected: {
		"The carrier refused this number; try e-mail.",
		"WhatsApp did not deliver the message. Try SMS, or e-mail.",
		"The mail server refused the message. Try another address, or a phone number.",
	},
	domain.SendUnsupported: {
		"This number cannot be reached this way. Try another channel, or e-mail.",
		"This number cannot be reached by WhatsApp. Try SMS, or e-mail.",
		"This address cannot be reached this way. Try another channel.",
	},
	"": { // the fault of the service, or an unknown one
		"The message could not be sent. Try again in a minute, or try e-mail.",
		"The message could not be sent. Try SMS, or e-mail.",
		"The message could not be sent. Try again in a minute, or try another channel.",
	},
}

// undelivered is for messages that were reported as failed for a reason that is not known: it
// may be the recipient's, the carrier's or ours, so it blames none of them.
var undelivered = advice{
	"The message did not arrive. Ask for another one, or try e-mail.",
	"WhatsApp did not deliver the message. Try SMS, or e-mail.",
	"The message did not arrive. Ask for another one, or try a phone number.",
}

// reasonAdvice is for messages that were reported as failed.
var reasonAdvice = map[domain.FailureReason]advice{
	domain.FailureNoRecipient: {
		phone: "The carrier does not know this number. Check it, or try e-mail.",
		email: "There is no such address. Check it for a slip, or try another one.",
	},
	domain.FailureNoServer: {
		email: "The address's mail server cannot be found. Check it for a slip, or try another one.",
	},
	domain.FailureNotOnChannel: {
		phone:    "This number cannot be reached this way. Try another channel, or e-mail.",
		whatsApp: "This number is not on WhatsApp. Try SMS, or e-mail.",
		email:    "This address cannot be reached this way. Try another channel.",
	},
	domain.FailureChannelRefused: {whatsApp: "WhatsApp did not let the message through. Try SMS, or e-mail."},
	domain.FailureLandline: {
		phone: "This number is a landline, or takes no messages. Try another number, or e-mail.",
	},
	domain.FailureUnreachable: {
		phone:    "The phone is off or out of reach. Switch it on and ask for another message, or try e-mail.",
		whatsApp: "The phone is off or out of reach. Switch it on and ask for another message, or try SMS or e-mail.",
	},
	domain.FailureMailboxFull: {
		email: "The mailbox takes no mail: it may be full. Try another address, or a phone number.",
	},
	domain.FailureOptedOut: {
		phone:    "This number has asked us to stop. Answer START to our last message, or try e-mail.",
		whatsApp: "This number has asked us to stop. Try SMS, or e-mail.",
		email:    "This address has asked us to stop. Try another one, or a phone number.",
	},
	domain.FailureBlocked: {
		phone:    "This number blocks our messages. Allow them, or try e-mail.",
		whatsApp: "This number blocks our messages. Allow them, or try SMS or e-mail.",
	},
	domain.FailureSpam: {
		phone: "The carrier took the message for spam; try e-mail.",
		email: "The mail server took the message for spam. Try another address, or a phone number.",
	},
	domain.FailureComplained: {
		email: "This address has called our mail spam before. Try another one, or a phone number.",
	},
	domain.FailureBounced: {
		email: "Mail to this address has come back before. Check it for a slip, or try another one.",
	},
}

// of selects the advice for the channel of a delivery.
func (a advice) of(d domain.Delivery) string {
	switch {
	case strings.Contains(d.Recipient, "@"):
		return a.email
	case d.Channel == domain.ChannelWhatsApp:
		return a.whatsApp
	default:
		return a.phone
	}
}

// hint is what the user can do about a failed message, in one or two sentences. It
// depends on what carriers and providers report of an address, and so does not show
// whether a user has it. This is the one place that asserts port.FailureReasons.
func (r Readers) hint(d domain.Delivery) string {
	if provider, ok := r[d.Provider].(port.FailureReasons); ok {
		if text := reasonAdvice[provider.FailureReason(d.ErrorCode)].of(d); text != "" {
			return text
		}
	}
	if !d.Result.Refused() { // it was accepted, and reported as failed
		return undelivered.of(d)
	}
	a, ok := resultAdvice[d.Result]
	if !ok {
		a = resultAdvice[""]
	}
	return a.of(d)
}
