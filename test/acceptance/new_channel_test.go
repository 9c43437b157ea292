// A new channel: one folder and one line in this tree, or a main of one's own
// outside of it. Nothing else changes.
package acceptance_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

// acme is a channel of somebody's own: a module that touches no file of this tree.
const acme = "../../examples/acme"

func TestNewChannel_isOneFolderAndOneLine(t *testing.T) {
	t.Parallel()
	tree := copyTree(t)
	require.NoError(t, os.CopyFS(filepath.Join(tree, "adapters", "pager"), os.DirFS(filepath.Join(acme, "pager"))))
	list := filepath.Join(tree, "bootstrap", "internal", "wiring", "channels.go")
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	changed := replaceOnce(t, string(text), "console.Provider,\n", "console.Provider,\n\t\tpager.Provider,\n")
	const adapters = `"github.com/doorcode-auth/doorcode/adapters/`
	changed = replaceOnce(t, changed, adapters+"console\"\n", adapters+"console\"\n\t"+adapters+"pager\"\n")
	require.NoError(t, os.WriteFile(list, []byte(changed), 0o600))

	program := filepath.Join(t.TempDir(), "doorcode")
	require.NoError(t, kit.Build(tree, "./cmd/doorcode", program))
	signInByPager(t, program)
	rules := exec.CommandContext(t.Context(), "go", "test", "./test/architecture", "./adapters/pager")
	rules.Dir = tree
	out, err := rules.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// The example is built, and proved by its own tests, with this very tree, which its
// go.mod knows by its released version only: the go.mod of this build is another one.
func TestNewChannel_outsideOfTheTree(t *testing.T) {
	t.Parallel()
	root := kit.Root(t)
	mod, err := os.ReadFile(filepath.Join(acme, "go.mod"))
	require.NoError(t, err)
	require.NotContains(t, string(mod), "replace", "it is of no use to others")
	ours, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go \S+$`)
	require.Equal(t, version.FindString(string(ours)), version.FindString(string(mod)))
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	dir := t.TempDir()
	modfile, program := filepath.Join(dir, "acme.mod"), filepath.Join(dir, "acme")
	require.NoError(t, os.WriteFile(modfile, fmt.Appendf(mod, "\nreplace github.com/doorcode-auth/doorcode => %q\n", root), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "acme.sum"), sums, 0o600))
	for _, command := range [][]string{{"build", "-o", program, "."}, {"test", "-count=1", "./..."}} {
		flags := []string{command[0], "-mod=mod", "-modfile=" + modfile, "-tags=nomsgpack"}
		run := exec.CommandContext(t.Context(), "go", append(flags, command[1:]...)...)
		run.Dir, run.Env = acme, append(os.Environ(), "GOPROXY=off", "GOWORK=off")
		out, err := run.CombinedOutput()
		require.NoError(t, err, "%s: %s", command, out)
	}
	signInByPager(t, program)
}

// signInByPager runs a program and signs somebody in whose code comes through the
// channel pager.
func signInByPager(t *testing.T, program string) {
	t.Helper()
	without := kit.Serve(t, kit.ProcessOptions{Program: program})
	body := kit.JSON{"identifier": "+15551234567", "channel": "pager"}
	without.Post(t, kit.RequestPath, body).Refused(t, http.StatusBadRequest, "invalid_channel")
	without.Terminate(t)

	paged := make(chan string, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, _ := io.ReadAll(r.Body)
		paged <- r.Header.Get("Authorization") + " " + string(page)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"id":"page-1"}`)
	}))
	t.Cleanup(api.Close)
	env := []string{"DOORCODE_ACME_URL=" + api.URL, "DOORCODE_ACME_API_KEY=the-key-of-acme"}
	p := kit.Serve(t, kit.ProcessOptions{Program: program, Env: env})
	asked := p.Post(t, kit.RequestPath, body).Want(t, http.StatusOK)
	require.Equal(t, "pager", asked.Text("channel"))
	require.Equal(t, "OTP sent to phone", asked.Text("message"))
	page := <-paged
	require.Contains(t, page, "Bearer the-key-of-acme")
	require.Contains(t, page, `"to":"+15551234567"`)
	code := regexp.MustCompile(`\b[0-9]{6}\b`).FindString(page)
	p.Verify(t, "+15551234567", code).Want(t, http.StatusOK)
	printed := kit.Run(t, program, t.TempDir(), env, "config", "print")
	require.Contains(t, printed.Out, "acme.url")
	require.NotContains(t, printed.Out, "the-key-of-acme")
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

// What docs/adding-a-channel.md shows is what the example does.
func TestNewChannel_page(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "adding-a-channel.md"))
	require.NoError(t, err)
	var source strings.Builder
	for _, name := range []string{"main.go", "pager/sender.go", "pager/sender_test.go"} {
		text, err := os.ReadFile(filepath.Join(acme, name))
		require.NoError(t, err)
		source.Write(text)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	require.Len(t, blocks, 5)
	for _, block := range blocks {
		require.Contains(t, source.String(), block[1])
	}
}
