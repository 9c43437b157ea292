package command

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// below is every command by its words, without those of cobra.
func below(cmd *cobra.Command, words ...string) map[string]*cobra.Command {
	all := map[string]*cobra.Command{strings.Join(words, " "): cmd}
	for _, next := range cmd.Commands() {
		maps.Copy(all, below(next, append(slices.Clone(words), next.Name())...))
	}
	return all
}

func TestHelp_onEachCommand(t *testing.T) {
	t.Parallel()
	commands := below((&program{}).root())
	require.Contains(t, commands, "migrate status")
	for words := range commands {
		got := run(t, t.TempDir(), nil, append(strings.Fields(words), "--help")...)
		require.Zero(t, got.code, words)
		require.Contains(t, got.out, strings.TrimSpace("doorcode "+words), words)
		require.Contains(t, got.out, "--config", words)
		require.Empty(t, got.err, words)
	}
}

// Whatever prints data prints it for programs too.
func TestOutput_onEachCommandThatPrintsData(t *testing.T) {
	t.Parallel()
	silent := []string{"", "serve", "config docs"} // which print a log and a page
	for words, cmd := range below((&program{}).root()) {
		if cmd.HasSubCommands() && words != "" {
			continue
		}
		require.Equal(t, !slices.Contains(silent, words), cmd.Flags().Lookup("output") != nil, words)
		got := run(t, t.TempDir(), nil, append(strings.Fields(words), "--output", "xml")...)
		require.Equal(t, 2, got.code, words)
		require.Empty(t, got.out, words)
	}
	for _, words := range []string{
		"config check", "config print", "keys generate", "message preview", "migrate status", "migrate up", "token info",
		"version", "send test --to ada@example.com",
		"sources explain https://example.com/?utm_source=x",
	} {
		got := run(t, t.TempDir(), nil, append(strings.Fields(words), "--output", "json")...)
		require.Zero(t, got.code, "%s: %s", words, got.err)
		require.True(t, json.Valid([]byte(got.out)), "%s: %s", words, got.out)
	}
	for _, words := range []string{"healthcheck --addr " + freeAddr(t), "token inspect a.b.c"} {
		got := run(t, t.TempDir(), []string{someKey}, append(strings.Fields(words), "--output", "json")...)
		require.Equal(t, 1, got.code, "%s: %s", words, got.err)
		require.True(t, json.Valid([]byte(got.out)), "%s: %s", words, got.out)
	}
}
