// Package message writes what people read: the e-mail, the short message and the
// WhatsApp message that bring a code. The texts are templates, embedded, one file for
// each language, purpose and part:
//
//	templates/layout.html                the page of every e-mail
//	templates/de/expiry.txt              how long a code is good, in words
//	templates/de/sign_in.email.subject   sign_in.email.txt   sign_in.email.html
//	templates/de/sign_in.phone.txt       sign_in.whatsapp.txt
//
// A folder of one's own (Config.Dir) lays files of the same names over them, or adds
// languages. Everything is read, written and looked at once, when the adapter is made;
// what it keeps are texts with a blank in the place of the code, so that composing has
// nothing left to fail with.
//
// It knows no provider and sends nothing: how a text travels is a channel's business.
package message
