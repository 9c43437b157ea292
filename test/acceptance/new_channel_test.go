// A new channel: one folder and one line in this tree, or a main of one's own
// outside of it. Nothing else changes.
package acceptance_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

const acme = "testdata/acme"

func TestNewChannel_isOneFolderAndOneLine(t *testing.T) {
	t.Parallel()
	tree := copyTree(t)
	require.NoError(t, os.CopyFS(filepath.Join(tree, "adapters", "dummy"), os.DirFS(filepath.Join(acme, "dummy"))))
	list := filepath.Join(tree, "bootstrap", "channels.go")
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	changed := replaceOnce(t, string(text), "console.Provider,\n", "console.Provider,\n\t\tdummy.Provider,\n")
	const adapters = `"github.com/doorcode-auth/doorcode/adapters/`
	changed = replaceOnce(t, changed, adapters+"console\"\n", adapters+"console\"\n\t"+adapters+"dummy\"\n")
	require.NoError(t, os.WriteFile(list, []byte(changed), 0o600))

	program := filepath.Join(t.TempDir(), "doorcode")
	require.NoError(t, kit.Build(tree, "./cmd/doorcode", program))
	signInByDummy(t, program)
	rules := exec.CommandContext(t.Context(), "go", "test", "./test/architecture")
	rules.Dir = tree
	out, err := rules.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestNewChannel_outsideOfTheTree(t *testing.T) {
	t.Parallel()
	module := t.TempDir()
	require.NoError(t, os.CopyFS(module, os.DirFS(acme)))
	root := kit.Root(t)
	require.NoError(t, os.WriteFile(filepath.Join(module, "go.mod"), fmt.Appendf(nil,
		"module example.com/acme\n\ngo 1.26.0\n\nrequire github.com/doorcode-auth/doorcode v0.0.0\n\nreplace github.com/doorcode-auth/doorcode => %s\n",
		root), 0o600))
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(module, "go.sum"), sums, 0o600))

	program := filepath.Join(t.TempDir(), "acme")
	build := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-tags=nomsgpack", "-o", program, ".")
	build.Dir, build.Env = module, append(os.Environ(), "GOPROXY=off", "GOWORK=off")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	signInByDummy(t, program)
}

// signInByDummy runs a program and signs somebody in whose code comes through the
// channel dummy.
func signInByDummy(t *testing.T, program string) {
	t.Helper()
	without := kit.Serve(t, kit.ProcessOptions{Program: program})
	body := kit.JSON{"identifier": "ada@example.com", "channel": "dummy"}
	without.Post(t, kit.RequestPath, body).Refused(t, http.StatusBadRequest, "invalid_channel")
	without.Terminate(t)

	dir := t.TempDir()
	p := kit.Serve(t, kit.ProcessOptions{Program: program, Dir: dir, Env: []string{"DOORCODE_DUMMY_FILE=dummy.jsonl"}})
	asked := p.Post(t, kit.RequestPath, body).Want(t, http.StatusOK)
	require.Equal(t, "dummy", asked.Text("channel"))
	require.Equal(t, "OTP sent to email", asked.Text("message"))
	code, err := kit.ReadCodes(filepath.Join(dir, "dummy.jsonl")).Newest("ada@example.com")
	require.NoError(t, err)
	p.Verify(t, "ada@example.com", code).Want(t, http.StatusOK)
	printed := kit.Run(t, program, dir, []string{"DOORCODE_DUMMY_FILE=dummy.jsonl"}, "config", "print")
	require.Contains(t, printed.Out, "dummy.file")
}

// copyTree copies the files of this tree that are not ignored.
func copyTree(t *testing.T) string {
	t.Helper()
	root, tree := kit.Root(t), t.TempDir()
	git := exec.CommandContext(t.Context(), "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	git.Dir = root
	list, err := git.Output()
	require.NoError(t, err, "the tests of a channel need the tree in git")
	for name := range strings.SplitSeq(strings.TrimRight(string(list), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // removed, and not yet committed
		}
		require.NoError(t, err)
		to := filepath.Join(tree, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
		require.NoError(t, os.WriteFile(to, text, 0o600))
	}
	return tree
}

func replaceOnce(t *testing.T, text, old, by string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), "%q in\n%s", old, text)
	return strings.Replace(text, old, by, 1)
}
