// Package pager sends codes to the pagers of Acme by Acme's HTTP API, and reads what Acme
// reports of them. It owns one request, what Acme's answers and reports mean, and their
// signature.
//
// It does not write the message (Compose does), choose the recipient, or retry: doorcode
// tries the next provider of the channel by itself.
package pager
