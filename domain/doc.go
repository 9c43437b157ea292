// Package domain has the rules of doorcode: identifiers, codes, users, sources, sessions
// and messages. It is pure: it has no interface, no context and no clock, and does no
// I/O; what depends on the time takes the time as a parameter. The use cases are in
// application, and the adapters of databases and providers in adapters.
//
// # Glossary
//
// The words of doorcode, with the term of the field where it differs.
//
//	Identifier      An e-mail address (RFC 5321) or phone number (E.164) in canonical form; its
//	                Kind says which. Also: handle, login name.
//	Channel         A way to send a code to identifiers of one kind: email, sms, whatsapp, voice.
//	Provider        A service that sends messages on channels; its senders are port.CodeSender.
//	Route           The senders that a message tries in turn. Also: failover chain.
//	Code            A one-time password (OTP). It is derived, not stored.
//	OTPSecret       The stored input of the derivation of a code: seed, epoch, expiry, guesses.
//	Seed            The random salt of the derivation. Epoch: the key id.
//	KeyRing         The current and the previous key of the derivation.
//	Challenge       An OTP request that can be verified: an OTPSecret as clients know it, by its
//	                ChallengeID. Also: transaction, verification.
//	Purpose         The use of a code, such as sign-in. Subject: the user that changes an identifier.
//	Lane            A partition of the requests for a recipient, by the trust in the client.
//	Recipient       The identifier that a code is sent to.
//	Send            One counted message to a recipient. Refund: the send does not count.
//	Window          The sliding window of the rate limit of sends (a sliding log).
//	Verdict         The result of one guess. Only Right signs in.
//	Proof           A right guess, which one sign-in consumes. Also: authentication event.
//	Placeholder     The e-mail address that answers show for a user without one.
//	Delivery        One attempt to send a message, with its DeliveryStatus and SendResult.
//	DeliveryReport  A status callback of a provider (delivery receipt, DLR).
//	FailureReason   A provider's error code, mapped to what the user can do.
//	User, Profile   An account, and the part of it that its owner may change.
//	Session         A refresh-token family (RFC 9700, 4.14.2). Generation: the serial number of its
//	                refresh token. RefreshVerdict: the result of presenting one.
//	Actor           The subject and session of an access token.
//	AMR             Authentication methods (RFC 8176).
//	Source          The acquisition source of a user: RegistrationSource, classified by
//	                SourceRules from its URL. Also: attribution, first touch.
//	Category        The kind of a source; its channel is the marketing channel.
//	Campaign        The UTM parameters of a URL.
//	Cohort          The group of a challenge in the funnel: source, category, channel, country.
//	Funnel          The conversion funnel: requested, sent, delivered, verified, registered.
//	Analysis        A query of counts; Group: one row; Cursor: keyset pagination.
//	Event, notice   A notification of the admins, queued by application/notices.
//	Lease           A lock with an expiry, held by one instance: leader election for periodic work.
//	Foreign user    A user of the product that an import reads. Claims: the addresses it keeps.
//	Promise         A sentence with "must" in the doc of a port, and a subtest of its contract.
//	Fault           An Error: kind, stable code, message, cure, hidden cause.
package domain
