package twilio

import (
	"net/http"

	"github.com/doorcode-auth/doorcode/domain"
)

// meaning is the result of a refusal, and its problem and cure for an operator.
type meaning struct {
	result  domain.SendResult
	problem string
	cure    string
}

// Cures that serve several codes.
const (
	checkCredentials = "check twilio.account_sid and twilio.auth_token, and that twilio.region is the token's"
	checkAccount     = "look at the account in the Twilio console"
	checkSMSFrom     = "check twilio.sms_from against the senders of the account in the Twilio console"
	checkWhatsApp    = "check twilio.whatsapp_from against the WhatsApp senders in the Twilio console"
	checkTemplate    = "check twilio.whatsapp_content_sid: an approved template with the code as its only variable, 1"
	checkService     = "check the messaging service of twilio.sms_from in the Twilio console"
	askForAnother    = "the person needs another number, or another channel"
	askToUnblock     = "the person has to lift it, or needs another channel"
	sendSlower       = "send less at once, or ask Twilio for more throughput"
	checkText        = "shorten the message, or take out what a carrier may mistake for spam"
	waitAndSee       = "nothing to do but to look at status.twilio.com if it stays"
	report           = "this is for the makers of doorcode"
)

// meanings is what Twilio's codes mean, of the Messages resource and of the channels
// behind it (twilio.com/docs/api/errors). Some come in an answer, some in a message
// that has failed at once.
var meanings = map[int]meaning{
	// The account.
	10001: {domain.SendAuthenticationFailed, "the account is not active", checkAccount},
	20003: {domain.SendAuthenticationFailed, "the account or its secret is wrong", checkCredentials},
	20005: {domain.SendAuthenticationFailed, "the account is not active", checkAccount},
	20006: {domain.SendAuthenticationFailed, "the account may not do this", checkAccount},
	20008: {domain.SendAuthenticationFailed, "the credentials are Twilio's for tests", "set those of the live account"},
	20404: {
		domain.SendAuthenticationFailed, "there is no such account here",
		"check twilio.account_sid, twilio.region and twilio.base_url",
	},
	20429: {domain.SendRateLimited, "too many requests at once", sendSlower},
	20500: {domain.SendUnknown, "Twilio has trouble of its own", waitAndSee},
	20503: {domain.SendUnreachable, "Twilio is not available", waitAndSee},
	21222: {domain.SendAuthenticationFailed, "the account has characters that cannot be", checkCredentials},
	21224: {domain.SendAuthenticationFailed, "the secret has characters that cannot be", checkCredentials},
	21608: {
		domain.SendUnsupported, "a trial account sends only to numbers that are verified",
		"verify the number in the Twilio console, or upgrade the account",
	},
	30002: {domain.SendAuthenticationFailed, "the account is suspended", checkAccount},

	// The recipient.
	21211: {domain.SendInvalidRecipient, "there can be no such number", askForAnother},
	21214: {domain.SendInvalidRecipient, "the number cannot be reached", askForAnother},
	21217: {domain.SendInvalidRecipient, "there can be no such number", askForAnother},
	21265: {domain.SendInvalidRecipient, "the number is a short code", askForAnother},
	21610: {
		domain.SendInvalidRecipient, "the person has answered STOP to this sender",
		"they can answer START, or need another channel",
	},
	21614: {domain.SendInvalidRecipient, "the number is not a mobile one", askForAnother},
	21635: {domain.SendInvalidRecipient, "the number is a landline", askForAnother},
	30003: {domain.SendRejected, "the phone is off or out of reach", askForAnother},
	30004: {domain.SendRejected, "the number blocks messages", askToUnblock},
	30005: {domain.SendInvalidRecipient, "the carrier does not know the number", askForAnother},
	30006: {domain.SendInvalidRecipient, "the number is a landline, or its carrier takes no messages", askForAnother},
	63003: {domain.SendInvalidRecipient, "the number is not on WhatsApp", askForAnother},
	63024: {domain.SendInvalidRecipient, "the number cannot get this WhatsApp message", askForAnother},
	63032: {domain.SendRejected, "WhatsApp keeps the person from such messages for now", askForAnother},
	63049: {domain.SendRejected, "WhatsApp has chosen not to deliver it", askForAnother},

	// The sender.
	21212: {domain.SendUnsupported, "the sender is not a valid one", checkSMSFrom},
	21266: {domain.SendRejected, "sender and recipient are the same number", askForAnother},
	21408: {domain.SendUnsupported, "the account may not send to this country", "allow it under Messaging, Geo permissions in the Twilio console, or take it out of phone.countries"},
	21601: {domain.SendUnsupported, "the sender cannot send messages", checkSMSFrom},
	21603: {domain.SendUnsupported, "there is no sender", checkSMSFrom},
	21606: {domain.SendUnsupported, "the sender cannot send to this number, or belongs to another account", checkSMSFrom},
	21612: {
		domain.SendUnsupported, "there is no way from this sender to this number",
		"use a sender that reaches the country, or take it out of phone.countries",
	},
	21659: {
		domain.SendUnsupported,
		"the sender is not one of Twilio's, or of another country than the number", checkSMSFrom,
	},
	21660: {domain.SendUnsupported, "the sender belongs to another account", checkSMSFrom},
	21701: {domain.SendUnsupported, "there is no such messaging service", checkService},
	21703: {domain.SendUnsupported, "the messaging service has no senders", checkService},
	30034: {
		domain.SendUnsupported, "the sender is not registered for messages of applications (A2P 10DLC)",
		"register it in the Twilio console",
	},
	63001: {domain.SendAuthenticationFailed, "WhatsApp does not accept the credentials of the sender", checkWhatsApp},
	63007: {domain.SendUnsupported, "there is no such WhatsApp sender in the account", checkWhatsApp},
	63020: {domain.SendUnsupported, "the invitation of Meta's business manager is not accepted", checkWhatsApp},
	63051: {domain.SendUnsupported, "WhatsApp has locked the sender", checkWhatsApp},

	// The message.
	21602: {domain.SendRejected, "the message has no text", report},
	21604: {domain.SendRejected, "the message has no recipient", report},
	21609: {domain.SendRejected, "the address for reports is not one that Twilio can reach", "check http.public_url"},
	21617: {domain.SendRejected, "the message is too long", checkText},
	21619: {domain.SendRejected, "the message has no text", report},
	21655: {domain.SendUnsupported, "there is no such template", checkTemplate},
	21656: {domain.SendUnsupported, "the template does not take what it was given", checkTemplate},
	30007: {domain.SendRejected, "a carrier has filtered the message out", checkText},
	30008: {domain.SendRejected, "a carrier has not delivered it, and does not say why", waitAndSee},
	30036: {domain.SendRejected, "the code had expired before the message's turn came", sendSlower},
	30450: {
		domain.SendRejected, "Twilio takes it for SMS pumping",
		"lower the limits of sends, or exempt the number in the Twilio console",
	},
	63005: {domain.SendRejected, "WhatsApp does not accept the content", checkTemplate},
	63013: {domain.SendRejected, "WhatsApp finds its rules broken", checkTemplate},
	63016: {
		domain.SendUnsupported, "WhatsApp takes a text only within 24 hours of a message from the person",
		"set twilio.whatsapp_content_sid to an approved template",
	},
	63021: {domain.SendRejected, "WhatsApp does not accept the content", checkTemplate},
	63027: {domain.SendUnsupported, "the template is not there in this language", checkTemplate},
	63028: {domain.SendUnsupported, "the template has another number of variables", checkTemplate},
	63041: {domain.SendUnsupported, "WhatsApp has paused the template", checkTemplate},
	63042: {domain.SendUnsupported, "WhatsApp has disabled the template", checkTemplate},

	// The pace.
	21611: {domain.SendRateLimited, "the sender has too many messages waiting", sendSlower},
	30001: {domain.SendRateLimited, "too many messages are waiting", sendSlower},
	30022: {domain.SendRateLimited, "the carriers' limit for the sender is reached", sendSlower},
	60728: {domain.SendRateLimited, "the account's limit of an hour is reached", sendSlower},
	63017: {domain.SendRateLimited, "the account sends too fast", sendSlower},
	63018: {domain.SendRateLimited, "WhatsApp's limit for the sender is reached", sendSlower},
	63038: {domain.SendRateLimited, "the account's limit of a day is reached", sendSlower},
}

// meaningOf is what a refusal means by its code; where that is none, or none that is
// known, by its status; and where that is that of a success, that it was no success.
func meaningOf(status, code int) meaning {
	if m, ok := meanings[code]; ok && status/100 != 5 {
		return m
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return meaning{domain.SendAuthenticationFailed, "the request is not allowed", checkCredentials}
	case http.StatusNotFound:
		return meanings[20404]
	case http.StatusTooManyRequests:
		return meanings[20429]
	case http.StatusServiceUnavailable:
		return meanings[20503]
	default:
		return meaning{domain.SendRejected, "the message is refused", "look the error up at twilio.com/docs/api/errors"}
	}
}
