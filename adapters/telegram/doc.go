// Package telegram tells admins what has happened, by a bot in a chat of Telegram
// (https://core.telegram.org/bots/api). It owns the words of a notice and the call of
// the Bot API: HTML in which every text is escaped, no preview of a link, five seconds
// for an answer.
//
// It brings no codes to anybody, reads no messages, and does not try again: who calls
// it decides that. The token of the bot is in the address of every call, so that no
// error of the library leaves here as it is.
package telegram
