// Package message composes the messages with codes: e-mail, SMS and WhatsApp. The texts
// are embedded templates, one file per language, purpose and part:
//
//	templates/layout.html                layout of every HTML e-mail
//	templates/de/expiry.txt              the validity of a code, as text
//	templates/de/sign_in.email.subject   sign_in.email.txt   sign_in.email.html
//	templates/de/sign_in.phone.txt       sign_in.whatsapp.txt
//
// A directory (Config.Dir) overrides files by name, or adds languages. All templates are
// parsed, executed and checked by New, which keeps the texts with a placeholder for the
// code, so that composing a message cannot fail later.
//
// It sends nothing and knows no provider.
package message
