package main

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/adapters/postgres"
	"github.com/doorcode-auth/doorcode/test/kit/pgtest"
)

// TestComparison lets pgbench and the stores do what needs all statements. Each
// checks that the work was really done.
func TestComparison(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	_, _, err := postgres.Migrate(t.Context(), url)
	require.NoError(t, err)
	pool, err := sql.Open("postgres", url)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, pool.Close()) })
	c, err := newComparison(t.Context(), &database{url: url, db: pool})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.close()) })

	for _, op := range []operation{verify, returning, refresh, whoAmI} {
		t.Run(string(op), func(t *testing.T) {
			rate, err := c.limit(t.Context(), op, 2, 0.1)
			require.NoError(t, err)
			require.Positive(t, rate)
			rate, err = c.stores(t.Context(), op, 2, 0.1)
			require.NoError(t, err)
			require.Positive(t, rate)
		})
	}
}
