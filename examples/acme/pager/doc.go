// Package pager brings codes to the pagers of Acme, by Acme's HTTP API. It owns how one
// message is handed over and what Acme's answers mean.
//
// It does not write the message (Compose does), does not choose who is written to, and
// does not try again: doorcode tries the next provider of the channel by itself.
package pager
