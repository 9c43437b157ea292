package sqlite

import (
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/internal/sqlstore"
)

// Accounts is the store of accounts.
func (db *DB) Accounts() *sqlstore.Accounts {
	return sqlstore.NewAccounts(db, sqlstore.AccountsDialect{Matches: "GLOB", Pattern: glob})
}

// glob is a pattern for whatever has the text in it. It names every spelling of a
// letter itself: SQLite knows upper and lower case of ASCII only. In brackets no
// character means anything else than itself.
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
