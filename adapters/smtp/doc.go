// Package smtp is a provider of e-mail that submits messages to the operator's mail
// server (RFC 5321, 6409), one connection per message. Certificates are verified, and
// there is no fallback from TLS to plain text. Every session ends with QUIT, a refused one too.
//
// It does not retry, because the next provider is tried instead, and it does not receive
// delivery reports.
//
// The outcome of a failure depends on the dot that ends the content:
//
//	before the dot    no connection, a broken one, silence    unreachable
//	after the dot     a broken connection, garbage            unknown
//	                  silence                                 timeout
//	any step          4yz                                     rate_limited; unreachable for 421;
//	                                                          rejected for 4.1.z and 4.2.z
//	before MAIL       5yz                                     unreachable
//	at AUTH, and 530  5yz                                     authentication_failed
//	at RCPT           5yz 5.1.z, unless about the sender      invalid_recipient
//	other steps       5yz                                     rejected
//
// Errors do not contain the text of a reply, because it may quote the code, the password
// or the recipient.
package smtp
