// The README: its curls, run in a fresh clone of the tree.
package acceptance_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

var (
	// A curl is an indented block, which may go on after a backslash.
	readmeCurl   = regexp.MustCompile(`(?m)^ +curl (?:.*\\\n)*.*$`)
	readmeAnswer = regexp.MustCompile("(?s)```(?:json|text)\n(.*?)```")
	readmeCode   = regexp.MustCompile(`"otp_code":"[0-9]{6}"`)
)

func TestReadme_itsCurlsWork(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(kit.Root(t), "README.md"))
	require.NoError(t, err)
	curls, answers := readmeCurl.FindAllString(string(text), -1), readmeAnswer.FindAllStringSubmatch(string(text), -1)
	require.Len(t, curls, 7)
	require.Len(t, answers, 7)
	require.Len(t, readmeCode.FindAllString(strings.Join(curls, "\n"), -1), 1)

	service := kit.Serve(t, kit.ProcessOptions{Env: []string{"DOORCODE_SECRET_KEY="}}) // as after make run
	access, refresh := "", ""
	for i, curl := range curls {
		require.Contains(t, curl, "localhost:8000/")
		curl = strings.ReplaceAll(curl, "localhost:8000", strings.TrimPrefix(service.URL, "http://"))
		if readmeCode.MatchString(curl) {
			curl = readmeCode.ReplaceAllString(curl, `"otp_code":"`+service.Code(t, "ada@example.com")+`"`)
		}
		out := typed(t, curl, "ACCESS="+access, "REFRESH="+refresh)

		var got, want any
		require.NoError(t, json.Unmarshal(out, &got), "%s\n%s", curl, out)
		require.NoError(t, json.Unmarshal([]byte(answers[i][1]), &want), answers[i][1])
		require.Equal(t, shape(want), shape(got), "the answer to\n%s\nis not as in the README: %s", curl, out)
		if a, r := tokensIn(got); r != "" {
			require.NotEqual(t, refresh, r)
			access, refresh = a, r
		}
	}
	require.NotEmpty(t, access)
}

// typed is what a curl of a page prints, with variables that its reader has set.
func typed(t *testing.T, curl string, variables ...string) []byte {
	t.Helper()
	_, err := exec.LookPath("curl")
	require.NoError(t, err, "install curl: apt-get install curl")
	command := exec.CommandContext(t.Context(), "sh", "-c", curl)
	command.Env = append(append(os.Environ(), "no_proxy=127.0.0.1"), variables...)
	out, err := command.Output()
	require.NoError(t, err, curl)
	return out
}

// tokensIn are the tokens of an answer, if it has some.
func tokensIn(answer any) (access, refresh string) {
	members, _ := answer.(map[string]any)
	if inner, ok := members["tokens"].(map[string]any); ok {
		members = inner
	}
	access, _ = members["access"].(string)
	refresh, _ = members["refresh"].(string)
	return access, refresh
}

// shape is a value without what chance and the clock have made of it: all else
// the README must say as it is.
func shape(value any) any {
	if list, ok := value.([]any); ok {
		shapes := make([]any, len(list))
		for i, element := range list {
			shapes[i] = shape(element)
		}
		return shapes
	}
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	members := map[string]any{}
	for name, member := range object {
		switch text, ok := member.(string); {
		case !ok:
			members[name] = shape(member)
		case slices.Contains(madeUp, name):
			members[name] = text != ""
		default:
			members[name] = text
		}
	}
	return members
}

var madeUp = []string{
	"access", "refresh", "uuid", "username", "challenge_id", "session_id", "expires_at",
	"date_joined", "last_login", "id", "created_at", "last_used_at", "user_agent", "at",
}
