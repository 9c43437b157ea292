// Security page: what SECURITY.md promises has tests of the names that it gives.
package acceptance_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/test/kit"
)

func TestSecurityPage_namesTestsThatAreThere(t *testing.T) {
	t.Parallel()
	root := kit.Root(t)
	var tests []string
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	require.NoError(t, filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, found := range declared.FindAllStringSubmatch(string(text), -1) {
			tests = append(tests, found[1])
		}
		return err
	}))
	page, err := os.ReadFile(filepath.Join(root, "SECURITY.md"))
	require.NoError(t, err)
	named := regexp.MustCompile("`(Test\\w+)(\\*?)`").FindAllStringSubmatch(string(page), -1)
	require.Greater(t, len(named), 20)
	for _, name := range named {
		there := false
		for _, test := range tests {
			there = there || test == name[1] || name[2] == "*" && strings.HasPrefix(test, name[1])
		}
		require.True(t, there, "there is no test %s%s", name[1], name[2])
	}
	for line := range strings.Lines(string(page)) {
		if strings.Count(line, " | ") == 2 && !strings.HasPrefix(line, "| |") {
			require.Contains(t, line, "`Test", "a promise without a test")
			for cell := range strings.SplitSeq(line, " | ") {
				words := len(strings.Fields(strings.Trim(cell, "|\n ")))
				require.LessOrEqual(t, words, 30, "split a cell of more than 30 words: %s", cell)
			}
		}
	}
}
