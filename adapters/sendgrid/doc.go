// Package sendgrid is a channel that brings e-mails through SendGrid's Web API
// (v3 mail/send), and reads what SendGrid's event webhook tells of them.
//
// It does not retry, for the next provider is tried instead. Only 202 means that a
// message was taken; nothing is known after a connection that broke with the request
// on its way, and after an answer that tells nothing:
//
//	no connection, 503         unreachable              400 about "to"     invalid_recipient
//	401, 403                   authentication_failed    other 4xx          rejected
//	429                        rate_limited             everything else    unknown, or timeout
//
// With a template id the texts are SendGrid's own, written of these dynamic data:
//
//	code         the digits
//	product      the name that the e-mail is from
//	subject      the subject that it would have had
//	expiry       minutes that the code is good for, a number
//	expires_at   the time at which it ends, in UTC (RFC 3339)
//	purpose      what the code is for, such as sign_in
//	locale       the language that the client asked for, "" if none
//
// What SendGrid answers beside a status and the name of a field is not shown: it may
// quote what it was given.
package sendgrid
