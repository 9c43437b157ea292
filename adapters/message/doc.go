// Package message writes what people read: the e-mail and the short message that
// bring a code. The texts are templates, embedded, one file for each purpose, kind
// of channel and part:
//
//	templates/en/sign_in.email.subject   sign_in.email.txt   sign_in.email.html
//	templates/en/sign_in.phone.txt
//
// They are read and tried when the adapter is made, so that composing has nothing
// left to fail with. It knows no provider and sends nothing: how a text travels is
// a channel's business.
package message
