package acceptance_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
)

// column is the first column of what a query returns, as text.
func column(t *testing.T, conn *sql.DB, query string, args ...any) (texts []string) {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), query, args...)
	require.NoError(t, err, query)
	for _, row := range scanAll(t, rows) {
		texts = append(texts, string(row[0]))
	}
	return texts
}

// scanAll reads every row, each value as the bytes that it is stored as or, for
// one that is no text, as it is written.
func scanAll(t *testing.T, rows *sql.Rows) (all [][]sql.RawBytes) {
	t.Helper()
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values, targets := make([][]byte, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		require.NoError(t, rows.Scan(targets...))
		row := make([]sql.RawBytes, len(values))
		for i, value := range values {
			row[i] = value
		}
		all = append(all, row)
	}
	require.NoError(t, rows.Err())
	return all
}
