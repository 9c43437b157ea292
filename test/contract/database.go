package contract

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Database proves the contract of port.Database.
func Database(t *testing.T, open OpenStores) {
	t.Helper()
	prove(t, open, databasePromises())
}

func databasePromises() []promise[OpenStores] {
	return []promise[OpenStores]{
		{"Probe must fail within two seconds when the database does not answer.", probeFailsInTime},
		{"It must return the database's own time and the version of its schema.", probeTells},
	}
}

func probeFailsInTime(t testing.TB, open OpenStores) {
	stores := open(t)(t)
	_, err := stores.Database.Probe(t.Context())
	require.NoError(t, err)
	stores.Silence(t)
	for range 2 {
		begun := time.Now()
		_, err = stores.Database.Probe(t.Context())
		require.Error(t, err)
		require.Less(t, time.Since(begun), 2*time.Second)
	}
}

func probeTells(t testing.TB, open OpenStores) {
	stores := open(t)(t)
	before := time.Now()
	status, err := stores.Database.Probe(t.Context())
	require.NoError(t, err)
	const sameMachine = time.Second
	require.WithinRange(t, status.Now, before.Add(-sameMachine), time.Now().Add(sameMachine))
	require.Equal(t, time.UTC, status.Now.Location())
	require.Positive(t, status.SchemaVersion)
	require.Equal(t, status.WantVersion, status.SchemaVersion, "of a database that this binary has migrated")
}
