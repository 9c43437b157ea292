// A new channel: one folder and one line in this tree, or a main of one's own
// outside of it. Nothing else changes.
package acceptance_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/contract"
	"github.com/doorcode-auth/doorcode/test/kit"
)

// acme is a module outside of this tree, with a channel of its own.
const acme = "../../examples/acme"

// channelTests are those of this package that sending through another channel may break.
const channelTests = `^(TestSending_(theNextProvider|notOnTheChannel|theDefaultRouteOfPhones|aProviderThatPanics)|` +
	`TestDeliveries_(ofARoute|ofATextThatArrives|webhooksThatAreNotSetUp)|TestDeliveriesPage_.*)$`

// guide is docs/adding-a-channel.md: its blocks of a language, in order.
func guide(t *testing.T, language string) (blocks []string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(kit.Root(t), "docs", "adding-a-channel.md"))
	require.NoError(t, err)
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		blocks = append(blocks, block[1])
	}
	require.NotEmpty(t, blocks, language)
	return blocks
}

// shell runs commands of the guide in a folder.
func shell(t *testing.T, dir, commands string, env ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), append(env, "GOWORK=off")...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", commands, out)
}

// apply adds the new line of a diff below the old one, in a file that has it once, as far
// indented.
func apply(t *testing.T, path, diff string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := regexp.MustCompile(`^ (.+)\n\+(.+)\n$`).FindStringSubmatch(diff)
	require.Len(t, lines, 3, diff)
	indent := regexp.MustCompile(`(?m)^(\t+)` + regexp.QuoteMeta(lines[1]) + `\n`).FindStringSubmatch(string(text))
	require.NotNil(t, indent, "%s in %s", lines[1], path)
	changed := replaceOnce(t, string(text), indent[0], indent[0]+indent[1]+lines[2]+"\n")
	require.NoError(t, os.WriteFile(path, []byte(changed), 0o600))
}

// The guide, word for word, in a copy of the tree: afterwards every test passes that a new
// provider may break. "make generate test" is run in parts, without the mocks, which no
// provider changes, and without the tests of stores and routes.
func TestNewChannel_inTheTree(t *testing.T) {
	t.Parallel()
	tree := copyTree(t)
	commands := guide(t, "sh")
	require.Equal(t, "cp -r examples/acme/pager adapters/pager\n", commands[0])
	require.Equal(t, "make generate test\n", commands[1])
	shell(t, tree, commands[0])
	for _, diff := range guide(t, "diff") {
		apply(t, filepath.Join(tree, "bootstrap", "internal", "wiring", "channels.go"), diff)
	}
	shell(t, tree, "make configuration")
	const program = "bin/doorcode"
	shell(t, tree, "go build -tags=nomsgpack -o "+program+" ./cmd/doorcode")
	signInByPager(t, filepath.Join(tree, program))
	shell(t, tree, "go test -tags=nomsgpack "+
		"./adapters/pager ./test/architecture ./test/contract ./bootstrap/... ./cmd/...")
	shell(t, tree, "go test -tags=nomsgpack ./test/acceptance -run '"+channelTests+"'")
}

// The guide for a module outside of the tree. Instead of "go mod tidy", which asks the
// network for what only tests of others need, the module requires what this tree does.
func TestNewChannel_outsideOfTheTree(t *testing.T) {
	t.Parallel()
	tree := copyTree(t)
	mod, err := os.ReadFile(filepath.Join(acme, "go.mod"))
	require.NoError(t, err)
	require.NotContains(t, string(mod), "replace", "it is of no use to others")
	ours, err := os.ReadFile(filepath.Join(tree, "go.mod"))
	require.NoError(t, err)
	version := regexp.MustCompile(`(?m)^go \S+$`)
	require.Equal(t, version.FindString(string(ours)), version.FindString(string(mod)))
	requires := regexp.MustCompile(`(?ms)^require \(\n.*?^\)\n`).FindAllString(string(ours), -1)
	require.NotEmpty(t, requires)
	commands := guide(t, "sh")[2]
	const tidy = "go mod tidy\n"
	require.Equal(t, 1, strings.Count(commands, tidy))
	complete := "cp ../doorcode/go.sum . && cat >> go.mod <<'END'\n" + strings.Join(requires, "") + "END\n"
	shell(t, tree, strings.Replace(commands, tidy, complete, 1))
	signInByPager(t, filepath.Join(tree, "..", "acme", "acme"))
}

// signInByPager runs a program, signs a user in whose code comes by the channel pager, and
// reports that it was delivered.
func signInByPager(t *testing.T, program string) {
	t.Helper()
	without := kit.Serve(t, kit.ProcessOptions{Program: program})
	body := kit.JSON{"identifier": "+15551234567", "channel": "pager"}
	without.Post(t, kit.RequestPath, body).Refused(t, http.StatusBadRequest, "invalid_channel")
	without.Terminate(t)

	paged := make(chan string, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, _ := io.ReadAll(r.Body)
		paged <- r.Header.Get("Authorization") + "|" + string(page)
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"id":"page-1"}`)
	}))
	t.Cleanup(api.Close)
	const reportKey = "the-key-of-reports"
	env := []string{
		"DOORCODE_ACME_URL=" + api.URL, "DOORCODE_ACME_API_KEY=the-key-of-acme", "DOORCODE_ACME_REPORT_KEY=" + reportKey,
		"DOORCODE_ACME_FROM=+15550100000", "DOORCODE_HTTP_PUBLIC_URL=https://id.example.com",
	}
	p := kit.Serve(t, kit.ProcessOptions{Program: program, Env: env})
	asked := p.Post(t, kit.RequestPath, body).Want(t, http.StatusOK)
	require.Equal(t, "pager", asked.Text("channel"))
	require.Equal(t, "OTP sent to phone", asked.Text("message"))
	bearer, page, _ := strings.Cut(<-paged, "|")
	require.Equal(t, "Bearer the-key-of-acme", bearer)
	var sent struct{ To, Text, Encoding, Reference, Report string }
	require.NoError(t, json.Unmarshal([]byte(strings.Replace(page, "report_to", "report", 1)), &sent))
	require.Equal(t, "+15551234567", sent.To)
	require.Equal(t, "GSM-7", sent.Encoding)
	require.Regexp(t, `^https://id\.example\.com/webhooks/acme\?challenge=.*&delivery=.`, sent.Report)
	p.Verify(t, sent.To, regexp.MustCompile(`\b[0-9]{6}\b`).FindString(sent.Text)).Want(t, http.StatusOK)

	report := func(key string) (status int) {
		body := fmt.Sprintf(`{"at":%d,"reference":%q,"status":"delivered"}`, time.Now().Unix(), sent.Reference)
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(body))
		url := p.URL + "/webhooks/acme"
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("Acme-Signature", hex.EncodeToString(mac.Sum(nil)))
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, http.StatusForbidden, report("another key"))
	require.Equal(t, http.StatusNoContent, report(reportKey))
	path := "/api/auth/otp/" + asked.Text("challenge_id") + "/status"
	require.Equal(t, "delivered", p.Do(t, http.MethodGet, path, nil).Want(t, http.StatusOK).Text("status"))

	abroad := p.Post(t, kit.RequestPath, kit.JSON{"identifier": "+4915123456789", "channel": "pager"})
	abroad.Refused(t, http.StatusBadRequest, "invalid_phone")
	printed := kit.Run(t, program, t.TempDir(), env, "config", "print")
	require.Contains(t, printed.Out, "acme.url")
	require.NotContains(t, printed.Out, "the-key-of-acme")
}

// copyTree copies the files of this tree that are not ignored into a folder named doorcode. It
// is the same one in each run, so that the go command finds there what it has compiled before;
// runs at the same time wait for each other.
func copyTree(t *testing.T) string {
	t.Helper()
	root := kit.Root(t)
	name := sha256.Sum256([]byte(root + t.Name()))
	above := filepath.Join(os.TempDir(), "doorcode-guide-"+hex.EncodeToString(name[:8]))
	lock, err := os.OpenFile(above+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { _ = lock.Close() })
	require.NoError(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	require.NoError(t, os.RemoveAll(above))
	t.Cleanup(func() { _ = os.RemoveAll(above) })
	tree := filepath.Join(above, "doorcode")
	for name, text := range treeFiles(t, root) {
		to := filepath.Join(tree, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
		require.NoError(t, os.WriteFile(to, text, 0o600))
	}
	return tree
}

// treeFiles yields the files of the tree with their paths below root: the committed ones, and those that may be.
func treeFiles(t *testing.T, root string) iter.Seq2[string, []byte] {
	t.Helper()
	git := exec.CommandContext(t.Context(), "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	git.Dir = root
	list, err := git.Output()
	require.NoError(t, err, "the test needs the tree in git")
	return func(yield func(string, []byte) bool) {
		for name := range strings.SplitSeq(strings.TrimRight(string(list), "\x00"), "\x00") {
			text, err := os.ReadFile(filepath.Join(root, name))
			if os.IsNotExist(err) {
				continue // removed, and not yet committed
			}
			require.NoError(t, err)
			if !yield(name, text) {
				return
			}
		}
	}
}

func replaceOnce(t *testing.T, text, old, by string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, old), "%q in\n%s", old, text)
	return strings.Replace(text, old, by, 1)
}

// What docs/adding-a-channel.md shows is what the example does.
func TestNewChannel_page(t *testing.T) {
	t.Parallel()
	var source strings.Builder
	for _, name := range []string{"main.go", "pager/sender.go", "pager/reports.go", "pager/sender_test.go"} {
		text, err := os.ReadFile(filepath.Join(acme, name))
		require.NoError(t, err)
		source.Write(text)
	}
	blocks := guide(t, "go")
	require.Len(t, blocks, 8)
	for _, block := range blocks {
		require.Contains(t, source.String(), block)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "adding-a-channel.md"))
	require.NoError(t, err)
	for _, result := range domain.SendResults {
		if result != domain.SendTest {
			require.Contains(t, string(page), "`"+string(result)+"`", "what the result means")
		}
	}
	for field := range reflect.TypeFor[contract.SenderUnderTest]().Fields() {
		require.Contains(t, strings.ToLower(string(page)), strings.ToLower(field.Name), "what the kit asks for")
	}
}
