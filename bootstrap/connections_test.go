package bootstrap_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func TestConfigure_connections(t *testing.T) {
	t.Parallel()
	for set, want := range map[string]int{"8000": 1000, "100": 16, "": 512} {
		cfg, err := bootstrap.Configure(bootstrap.Sources{Flags: map[string]string{"http.max_connections": set}})
		require.NoError(t, err)
		require.Equal(t, want, cfg.HTTP.MaxPerClient, "of %s", set)
	}
}
