package postgres

import (
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// Accounts returns the store of accounts.
func (db *DB) Accounts() *sqlstore.Accounts {
	return sqlstore.NewAccounts(transactions{db}, sqlstore.AccountsDialect{
		Lock: "FOR UPDATE", Matches: "~", Pattern: expression,
	})
}

// expression is a regular expression that matches any text containing the given one,
// ignoring case. It lists every spelling of a letter, since the server's case folding
// depends on the locale of its system.
func expression(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch spellings := sqlstore.Spellings(r); {
		case len(spellings) > 1:
			b.WriteString("[" + string(spellings) + "]")
		case r < '0' || r > '9' && r < 0x80: // ASCII punctuation
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
