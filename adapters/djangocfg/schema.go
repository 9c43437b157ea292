package djangocfg

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// Tables of the accounts app, as Django names those of the app label
// django_cfg_accounts.
const (
	usersTable   = "django_cfg_accounts_customuser"
	sourcesTable = "django_cfg_accounts_registrationsource"
	linksTable   = "django_cfg_accounts_userregistrationsource"
)

// needed are the columns of every version.
var needed = map[string][]string{
	usersTable: {
		"date_joined", "email", "first_name", "id", "is_active", "is_staff", "is_superuser", "last_login", "last_name",
		"username",
	},
	sourcesTable: {"id", "url"},
	linksTable:   {"first_registration", "id", "registration_date", "source_id", "user_id"},
}

// columns are the existing columns by table. A missing table has none.
type columns map[string][]string

func readColumns(ctx context.Context, tx *sql.Tx) (columns, error) {
	rows, err := tx.QueryContext(ctx, listColumns, pq.Array([]string{usersTable, sourcesTable, linksTable}))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	has := columns{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		has[table] = append(has[table], column)
	}
	return has, rows.Err()
}

// check reports missing tables and columns.
func (c columns) check() error {
	for _, table := range []string{usersTable, sourcesTable, linksTable} {
		if len(c[table]) == 0 {
			return fmt.Errorf("there is no table %s (name the database of the Django-CFG project; "+
				"if the tables are in another schema, add ?search_path=schema to the URL; "+
				"if the role may not use that schema, GRANT USAGE ON SCHEMA)", table)
		}
		var missing []string
		for _, column := range needed[table] {
			if !slices.Contains(c[table], column) {
				missing = append(missing, column)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("the table %s has no column %s (these are not the tables of Django-CFG's accounts app: "+
				"make views of these names that have the columns, in a schema of their own, "+
				"and add ?search_path=schema to the URL)",
				table, strings.Join(missing, ", "))
		}
	}
	return nil
}

// ofUser is a column of a user, or an expression for versions without the column.
func (c columns) ofUser(column, otherwise string) string {
	if slices.Contains(c[usersTable], column) {
		return "u." + column
	}
	return otherwise
}

const listColumns = `
SELECT t.name, a.attname
  FROM unnest($1::text[]) AS t (name)
  JOIN pg_attribute AS a ON a.attrelid = to_regclass(t.name)
 WHERE a.attnum > 0 AND NOT a.attisdropped
 ORDER BY t.name, a.attname`
