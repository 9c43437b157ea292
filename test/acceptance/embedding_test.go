// A program outside of the tree that swaps a port and wraps the handler is doorcode in
// everything else.
package acceptance_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

// buildOutside builds the program of a folder of testdata in a module of its own.
func buildOutside(t *testing.T, folder string) (program string) {
	t.Helper()
	root, dir := kit.Root(t), t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("testdata", folder))))
	mod, err := os.ReadFile(filepath.Join(acme, "go.mod"))
	require.NoError(t, err)
	mod = fmt.Appendf(mod, "\nreplace github.com/doorcode-auth/doorcode => %q\n", root)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), mod, 0o600))
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600))
	program = filepath.Join(dir, "program")
	build := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-tags=nomsgpack", "-o", program, ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOWORK=off")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

func TestEmbedding_keepsEverything(t *testing.T) {
	t.Parallel()
	program := buildOutside(t, "embedding")
	p := kit.Serve(t, kit.ProcessOptions{Program: program})
	response, err := http.Get(p.URL + "/hello")
	require.NoError(t, err)
	hello, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	require.Equal(t, "hello", string(hello))

	for address, status := range map[string]int{
		"bob@acme.example": http.StatusOK,
		"ada@example.com":  http.StatusForbidden,
	} {
		p.Request(t, address).Want(t, http.StatusOK)
		require.Equal(t, status, p.Verify(t, address, p.Code(t, address)).Status, address)
	}
	database := []string{
		"DOORCODE_DATABASE_URL=sqlite://" + filepath.Join(p.Dir, "doorcode.db"),
		"DOORCODE_HTTP_ADDR=127.0.0.1:0",
	}
	listed := kit.Run(t, program, t.TempDir(), database, "user", "list")
	require.Zero(t, listed.Code, listed.Err)
	require.Contains(t, listed.Out, "bob@acme.example")
	require.NotContains(t, listed.Out, "ada@example.com")
	second := kit.Run(t, program, t.TempDir(), database, "serve")
	require.Equal(t, 1, second.Code)
	require.Contains(t, second.Err, "stop it, or set DOORCODE_DATABASE_URL")

	answer := make(chan kit.Answer, 1)
	go func() {
		got, _ := p.Try(http.MethodPost, kit.RequestPath, kit.JSON{"identifier": "+12025550123", "channel": "pigeon"})
		answer <- got
	}()
	awaitFile(t, filepath.Join(p.Dir, "sending"))
	require.NoError(t, p.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool {
		_, err := p.Try(http.MethodGet, "/healthz", nil)
		return err != nil
	}, 10*time.Second, 5*time.Millisecond, "it still takes requests")
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, "accepted"), nil, 0o600))
	asked := (<-answer).Want(t, http.StatusOK)
	require.Zero(t, p.Wait(t), p.Log)

	again := kit.Serve(t, kit.ProcessOptions{Program: program, Dir: p.Dir})
	shown, err := again.Try(http.MethodGet, "/api/auth/otp/"+asked.Text("challenge_id")+"/status", nil)
	require.NoError(t, err)
	require.Equal(t, "sent", shown.Want(t, http.StatusOK).Text("status"), "the outcome was not written before the end")
}

func awaitFile(t *testing.T, path string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, err := os.Stat(path)
		return err == nil
	}, 10*time.Second, 5*time.Millisecond, path)
}
