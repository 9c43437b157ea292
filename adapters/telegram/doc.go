// Package telegram notifies admins with a bot in a Telegram chat
// (https://core.telegram.org/bots/api). It owns the texts of notifications and the calls
// of the Bot API: escaped HTML, no link previews, a timeout of five seconds.
//
// It sends no codes, receives no messages, and does not retry: the caller does. The URL
// of every call contains the bot token, so that no error of the library is returned
// without redaction.
package telegram
