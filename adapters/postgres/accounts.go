package postgres

import (
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// Accounts is the store of accounts.
func (db *DB) Accounts() *sqlstore.Accounts {
	return sqlstore.NewAccounts(transactions{db}, sqlstore.AccountsDialect{Lock: "FOR UPDATE", Matches: "~", Pattern: expression})
}

// expression is a regular expression for whatever has the text in it. It names every
// spelling of a letter itself: what the server takes for upper and lower case depends
// on the language of its system.
func expression(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch spellings := sqlstore.Spellings(r); {
		case len(spellings) > 1:
			b.WriteString("[" + string(spellings) + "]")
		case r < '0' || r > '9' && r < 0x80: // of ASCII, what is no letter and no digit
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
