package postgres

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a benchmark is told must be what the server wants.
func TestHotStatements_haveTheirParameters(t *testing.T) {
	t.Parallel()
	db := connect(t, migrated(t))
	for _, statement := range HotStatements() {
		var types []string
		for _, parameter := range statement.Parameters {
			_, kind, ok := strings.Cut(parameter, " ")
			require.True(t, ok, "%s: %q has no type", statement.Name, parameter)
			types = append(types, kind)
		}
		_, err := db.ExecContext(t.Context(), "PREPARE "+statement.Name+" ("+strings.Join(types, ", ")+") AS "+statement.Text)
		require.NoError(t, err, statement.Name)
		_, err = db.ExecContext(t.Context(), "EXPLAIN EXECUTE "+statement.Name+" ("+strings.Repeat("NULL, ", len(types)-1)+"NULL)")
		require.NoError(t, err, statement.Name)
	}
}
