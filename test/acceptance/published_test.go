// The modules of this tree as other modules get them: by version, from a module proxy.
package acceptance_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

const (
	productModule = "github.com/doorcode-auth/doorcode"
	clientModule  = productModule + "/client"
	firstVersion  = "v0.1.0"
)

// publish writes a module of the tree to a folder in the layout of a module proxy.
func publish(t *testing.T, proxy, module string) {
	t.Helper()
	root, files, nested := kit.Root(t), map[string][]byte{}, []string{}
	for name, text := range treeFiles(t, root) {
		name, isOurs := strings.CutPrefix(path.Join(productModule, name), module+"/")
		if !isOurs {
			continue
		}
		files[name] = text
		if dir, isMod := strings.CutSuffix(name, "/go.mod"); isMod {
			nested = append(nested, dir+"/")
		}
	}
	mod := files["go.mod"]
	require.Equal(t, "module "+module, strings.Split(string(mod), "\n")[0])
	require.NotContains(t, string(mod), "replace", "others do not get it")

	dir := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	require.NoError(t, os.MkdirAll(dir, 0o700))
	archive, err := os.Create(filepath.Join(dir, firstVersion+".zip"))
	require.NoError(t, err)
	defer archive.Close()
	to := zip.NewWriter(archive)
	for name, text := range files {
		if isNested(name, nested) {
			continue
		}
		file, err := to.Create(module + "@" + firstVersion + "/" + name)
		require.NoError(t, err)
		_, err = file.Write(text)
		require.NoError(t, err)
	}
	require.NoError(t, to.Close())
	for name, text := range map[string]string{
		"list": firstVersion + "\n", firstVersion + ".info": `{"Version":"` + firstVersion + `"}`,
		firstVersion + ".mod": string(mod),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
}

func isNested(name string, modules []string) bool {
	for _, dir := range modules {
		if strings.HasPrefix(name, dir) {
			return true
		}
	}
	return false
}

// getter runs the go command in a module of its own, with an empty module cache. It gets modules from a proxy folder
// and, what the client requires, from the downloads of this machine.
type getter struct {
	dir string
	env []string
}

func newGetter(t *testing.T, proxy string) *getter {
	t.Helper()
	fetch := exec.CommandContext(t.Context(), "go", "mod", "download") // nothing to do if the cache has it
	fetch.Dir = filepath.Join(kit.Root(t), "client")
	out, err := fetch.CombinedOutput()
	require.NoError(t, err, "%s", out)
	downloads, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE").Output()
	require.NoError(t, err)
	cache := filepath.Join(strings.TrimSpace(string(downloads)), "cache", "download")
	return &getter{dir: t.TempDir(), env: append(os.Environ(),
		"GOPROXY=file://"+filepath.ToSlash(proxy)+",file://"+filepath.ToSlash(cache), "GONOPROXY=none", "GOPRIVATE=",
		"GOSUMDB=off", "GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw", "GOWORK=off", "GOTOOLCHAIN=local",
	)}
}

func (g *getter) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = g.dir, g.env
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
	return string(out)
}

// A service gets the client by its version, and needs nothing else of the tree.
func TestPublished_client(t *testing.T) {
	t.Parallel()
	proxy := t.TempDir()
	publish(t, proxy, clientModule)
	app := newGetter(t, proxy)
	const program = `package main

import (
	"log"
	"net/http"

	"` + clientModule + `"
)

func main() {
	verifier, err := client.New(client.Config{Issuer: "https://login.example.com"})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("GET /me", verifier.Protect(http.NotFoundHandler()))
}
`
	require.NoError(t, os.WriteFile(filepath.Join(app.dir, "main.go"), []byte(program), 0o600))
	app.run(t, "mod", "init", "example.com/app")
	app.run(t, "get", clientModule)
	app.run(t, "vet", "./...")
	require.Equal(t, clientModule+" "+firstVersion+"\n", app.run(t, "list", "-m", clientModule))
}

// The product can be a module of others too: programs with channels of their own require it.
func TestPublished_product(t *testing.T) {
	t.Parallel()
	proxy := t.TempDir()
	publish(t, proxy, productModule)
	newGetter(t, proxy).run(t, "mod", "download", productModule+"@"+firstVersion)
}
