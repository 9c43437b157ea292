// Package domain says what is true in doorcode: identifiers, codes, people,
// sources, sessions, messages. It is pure: it has no interface, no context and
// no clock, and reads neither a network nor a disk; what changes with time takes
// the time as a parameter. What can be done with all this is in application;
// where it is kept is in adapters.
//
// The nouns, in the order in which a sign-in meets them:
//
// An [Identifier] is one e-mail address or phone number in its canonical form;
// its [Kind] says which. A [Channel] brings messages to identifiers of one kind.
//
// An [OTPSecret] is what is kept of a one-time [Code]: not the code, but the
// parts it is derived from with a [KeyRing]. It lives under an [OTPKey], its
// caller knows it as a challenge by its [ChallengeID], and it has a [Purpose].
// A guess at its code gets a [Verdict]; a right one is a [Proof].
//
// A [Delivery] is one message on its way to somebody; a [SendResult] is what the
// provider made of it, and a [DeliveryStatus] how far it has come.
//
// A [User] is somebody who has given a proof, with a [Profile] that they may
// change. A [Session] is one sign-in of one user; an [Actor] is the user and
// session that an access token names. A [RegistrationSource] is where a new user
// came from; [SourceRules] say what kind of place that is, and by which way people
// come from it. A [UserSource] is one that a user has come by; an [Account] is all
// that is kept of a user.
//
// A [Cohort] is what a challenge counts under, and a [Funnel] how far challenges have
// come; an [Analysis] says what is to be counted of them or of users.
//
// An [Error] is a fault: a kind, a stable code and a sentence that says what to
// do.
package domain
