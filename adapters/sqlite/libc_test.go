package sqlite

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The driver is generated for one version of its C library and breaks with another, which
// any other dependency may select.
func TestLibc_isTheOneOfTheDriver(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Path}} {{.Version}}",
		"modernc.org/sqlite", "modernc.org/libc").CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "modernc.org/sqlite v1.60.1\nmodernc.org/libc v1.77.1", strings.TrimSpace(string(out)))
}
