package delivery

import (
	"strings"

	"github.com/doorcode-auth/doorcode/domain"
)

// What people can do about a message that has failed: for a phone, and for e-mail.
type advice struct{ phone, email string }

// advised is what to do about each kind of failure.
var advised = map[domain.SendResult]advice{
	domain.SendInvalidRecipient: {
		"This number cannot be reached. Check it, or try e-mail.",
		"This address cannot be reached. Check it for a slip, or try another one.",
	},
	domain.SendRejected: {
		"The carrier refused this number; try e-mail.",
		"The mail server refused the message. Try another address, or a phone number.",
	},
	domain.SendUnsupported: {
		"This number cannot be reached this way. Try another channel, or e-mail.",
		"This address cannot be reached this way. Try another channel.",
	},
	"": { // for our sake, or for a reason that nobody has told
		"The message could not be sent. Try again in a minute, or try e-mail.",
		"The message could not be sent. Try again in a minute, or try another channel.",
	},
}

// explained is what the errors say that providers report later: Twilio's numbers,
// the status codes of mail (RFC 3463, by their first two parts) and the words of
// event webhooks. Those that are not here are advised as rejected.
var explained = map[string]string{
	"21610": "This number has asked us to stop. Answer START to our last message, or try e-mail.",
	"30003": "The phone is off or out of reach. Switch it on and ask for another message, or try e-mail.",
	"30004": "This number blocks our messages. Allow them, or try e-mail.",
	"30005": "The carrier does not know this number. Check it, or try e-mail.",
	"30006": "This number is a landline, or takes no messages. Try another number, or e-mail.",
	"30007": "The carrier took the message for spam; try e-mail.",
	"63003": "This number is not on WhatsApp. Try SMS, or e-mail.",
	"63016": "WhatsApp did not let the message through. Try SMS, or e-mail.",
	"63024": "This number cannot get our WhatsApp messages. Try SMS, or e-mail.",
	"63049": "WhatsApp did not let the message through. Try SMS, or e-mail.",

	"5.1":                    "There is no such address. Check it for a slip, or try another one.",
	"5.2":                    "The mailbox takes no mail: it may be full. Try another address, or a phone number.",
	"5.4":                    "The address's mail server cannot be found. Check it for a slip, or try another one.",
	"5.7":                    "The mail server took the message for spam. Try another address, or a phone number.",
	"invalid":                "There is no such address. Check it for a slip, or try another one.",
	"bounced_address":        "Mail to this address has come back before. Check it for a slip, or try another one.",
	"unsubscribed_address":   "This address has asked us to stop. Try another one, or a phone number.",
	"spam_reporting_address": "This address has called our mail spam before. Try another one, or a phone number.",
}

// hint is one sentence or two that tell a person what to do about a message that has
// failed. It follows from what carriers and providers say of an address, and so tells
// nothing of whether anybody is known by it.
func hint(d domain.Delivery) string {
	code := d.ErrorCode
	if parts := strings.Split(code, "."); len(parts) == 3 {
		code = parts[0] + "." + parts[1]
	}
	if text, ok := explained[code]; ok {
		return text
	}
	result := d.Result
	if !result.Refused() { // it was accepted, and has failed on its way
		result = domain.SendRejected
	}
	a, ok := advised[result]
	if !ok {
		a = advised[""]
	}
	if strings.Contains(d.Recipient, "@") {
		return a.email
	}
	return a.phone
}
