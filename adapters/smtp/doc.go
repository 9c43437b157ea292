// Package smtp is a channel that hands e-mails to a mail server of the operator's
// (RFC 5321, 6409). One message is one connection; STARTTLS and TLS are verified,
// and what was to be encrypted never goes out plain.
//
// It does not retry, for the next provider is tried instead, and it hears nothing of
// what becomes of a message once the server has taken it.
//
// What is definite follows from one moment, the dot that ends the content:
//
//	before the dot    no connection, a broken one, silence    unreachable
//	after the dot     a broken connection, garbage            unknown
//	                  silence                                 timeout
//	anywhere          4yz                                     rate_limited, or unreachable (421), or rejected (4.1.z, 4.2.z)
//	before MAIL       5yz                                     unreachable
//	at AUTH, and 530  5yz                                     authentication_failed
//	at RCPT           5yz 5.1.z, but of the sender            invalid_recipient
//	elsewhere         5yz                                     rejected
//
// What the server says beside its codes is not shown: it may quote what it was given.
package smtp
