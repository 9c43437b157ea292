package kit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Main runs the tests of a package that starts the program, and returns what to
// exit with: func TestMain(m *testing.M) { os.Exit(kit.Main(m)) }.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "doorcode-kit-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder for the program:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	program.path = filepath.Join(dir, "doorcode")
	return m.Run()
}

// program is the one that is built, at most once.
var program struct {
	path string
	once sync.Once
	err  error
}

// Binary builds cmd/doorcode as it ships, once for all tests of a package, and
// returns the path of the program.
func Binary(t testing.TB) string {
	t.Helper()
	require.NotEmpty(t, program.path, "the package has no TestMain that calls kit.Main")
	program.once.Do(func() { program.err = Build(Root(t), "./cmd/doorcode", program.path) })
	require.NoError(t, program.err)
	return program.path
}

// Build builds the program of a package of a module that lies in a folder. It
// takes the flags of the tests, so that what they have compiled is not compiled
// again.
func Build(module, pkg, output string) error {
	cmd := exec.Command("go", "build", "-tags=nomsgpack", "-o", output, pkg)
	cmd.Dir = module
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return nil
}

// Result is how a program ended.
type Result struct {
	Code     int
	Out, Err string
}

// Run runs a program to its end, in a folder, with nothing in its environment but
// what is given.
func Run(t testing.TB, program, dir string, environment []string, args ...string) Result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir, cmd.Env = dir, append([]string{}, environment...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return Result{Code: cmd.ProcessState.ExitCode(), Out: out.String(), Err: errs.String()}
}
