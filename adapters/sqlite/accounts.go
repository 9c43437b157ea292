package sqlite

import (
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// Accounts returns the store of accounts.
func (db *DB) Accounts() *sqlstore.Accounts {
	return sqlstore.NewAccounts(db, sqlstore.AccountsDialect{Matches: "GLOB", Pattern: glob})
}

// glob is a pattern that matches any text containing the given one, ignoring case. It
// lists every spelling of a letter, since SQLite folds ASCII only. No character is special
// inside brackets.
func glob(text string) string {
	var b strings.Builder
	b.WriteString("*")
	for _, r := range text {
		if spellings := sqlstore.Spellings(r); len(spellings) > 1 || strings.ContainsRune("*?[", r) {
			b.WriteString("[" + string(spellings) + "]")
		} else {
			b.WriteRune(r)
		}
	}
	return b.String() + "*"
}
