package settings_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/bootstrap/internal/settings"
)

func yaml(t *testing.T, text string) (settings.Layer, settings.Mistakes) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "app.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return settings.YAML(path)
}

func one(text, origin string) settings.Raw {
	return settings.Raw{Texts: []string{text}, Origin: origin}
}

func TestYAML(t *testing.T) {
	t.Parallel()
	layer, mistakes := yaml(t, `---
# A comment.
mode: fast     # another
key: 012345678901234567890123456789e99
server:
  port: 0x1f
  debug: yes
  timeout:
  issuer: ""
  names: [a, "b,c", 3]
  list:
    - x
    - y
  quoted: "a: b # c"
  single: 'it''s'
  block: |
    one
    two
  1: number
flow: {a: 1, b: {c: true}}
`)
	require.Empty(t, mistakes)
	require.Equal(t, settings.Layer{
		"mode":          one("fast", "app.yaml:3"),
		"key":           one("012345678901234567890123456789e99", "app.yaml:4"),
		"server.port":   one("0x1f", "app.yaml:6"),
		"server.debug":  one("yes", "app.yaml:7"),
		"server.issuer": one("", "app.yaml:9"),
		"server.names":  {Texts: []string{"a", "b,c", "3"}, List: true, Origin: "app.yaml:10"},
		"server.list":   {Texts: []string{"x", "y"}, List: true, Origin: "app.yaml:12"},
		"server.quoted": one("a: b # c", "app.yaml:14"),
		"server.single": one("it's", "app.yaml:15"),
		"server.block":  one("one\ntwo\n", "app.yaml:16"),
		"server.1":      one("number", "app.yaml:19"),
		"flow.a":        one("1", "app.yaml:20"),
		"flow.b.c":      one("true", "app.yaml:20"),
	}, layer)
}

func TestYAML_empty(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "null\n", "server:\n"} {
		layer, mistakes := yaml(t, text)
		require.Empty(t, mistakes, text)
		require.Empty(t, layer, text)
	}
}

func TestYAML_mistakes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ text, want string }{
		"twice":         {"mode: a\nmode: hunter2\n", "mode: is there twice (app.yaml:2): keep one of the two"},
		"twice deeper":  {"s:\n  a: 1\n  b: 2\n  a: 3\n", "s.a: is there twice (app.yaml:4): keep one of the two"},
		"a dotted key":  {"server.port: 1\n", "server.port: a key with a dot (app.yaml:1): write server: and below it port"},
		"an anchor":     {"a: &x hunter2\nb: *x\n", "a: an anchor, alias or tag (app.yaml:1): write the value out"},
		"a merge":       {"a:\n  <<: {b: 1}\n", "a: a key that is no name (app.yaml:2): write the keys out, one a line"},
		"a tag":         {"a: !!binary hunter2\n", "a: an anchor, alias or tag (app.yaml:1): write the value out"},
		"two documents": {"a: 1\n---\nb: 2\n", "app.yaml: a second document (app.yaml:3): put everything into one"},
		"a lone value":  {"hunter2\n", "app.yaml: a lone value (app.yaml:1): write key: value lines"},
		"a lone list":   {"- hunter2\n", "app.yaml: a lone list (app.yaml:1): write key: value lines"},
		"deep lists":    {"a: [[1]]\n", "a: a list of more than values (app.yaml:1): list plain values only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, mistakes := yaml(t, row.text)
			require.NotEmpty(t, mistakes)
			require.Equal(t, row.want, mistakes[0].String())
			require.NotContains(t, mistakes.Error(), "hunter2")
		})
	}
}

func TestYAML_neverQuotesTheFile(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"key: hunter2\n  bad: [hunter2\n", "\tkey: hunter2\n", "key: \"hunter2\n", "key: {hunter2\n", "? hunter2\n: - x\n- y",
		"key: hunter2: hunter2\n",
		"a: *hunter2\n", "a: &hunter2\n", "%hunter2\n---\na: 1\n", "key: 'hunter2\nb: c\n", "a: |hunter2\n", "\"hunter2: x",
		"a: @hunter2\n",
	} {
		_, mistakes := yaml(t, text)
		require.NotEmpty(t, mistakes, text)
		require.NotContains(t, mistakes.Error(), "hunter2", text)
	}
}

func TestYAML_unreadable(t *testing.T) {
	t.Parallel()
	_, mistakes := settings.YAML(filepath.Join(t.TempDir(), "missing.yaml"))
	require.Len(t, mistakes, 1)
	require.Equal(t, "the file cannot be read", mistakes[0].Problem)
	big := filepath.Join(t.TempDir(), "big.yaml")
	require.NoError(t, os.WriteFile(big, make([]byte, 1<<20+1), 0o600))
	_, mistakes = settings.YAML(big)
	require.Len(t, mistakes, 1)
	require.Equal(t, "the file cannot be read", mistakes[0].Problem)
}

func FuzzYAML(f *testing.F) {
	for _, seed := range []string{
		"a: 1", "a:\n  b: [1, 2]\n", "a: &x 1\nb: *x", "{a: {b: 'c'}}", "? a\n: b",
		"a: |\n  x\n", "- a\n-b", "a: !!str b", "<<: *a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		layer, _ := yaml(t, text)
		for path, raw := range layer {
			require.NotEmpty(t, path)
			require.True(t, raw.List || len(raw.Texts) == 1)
		}
	})
}
