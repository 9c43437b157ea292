package architecture

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// Each rule has an archive in testdata, a small tree that breaks it:
//
//	# what the archive shows
//	domain/user.go:3: imports: the line that the rule must report
//	-- domain/user.go --
//	package domain
//	... 498
//
// The last line stands for 498 lines of comment.

func TestPlantedViolations(t *testing.T) {
	t.Parallel()
	for _, c := range checks() {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			want, files := planted(t, c.rule)
			source, err := load(files)
			if err != nil {
				t.Fatal(err)
			}
			r := c.inspect(source)
			var got []string
			for _, f := range r.findings {
				got = append(got, f.String())
			}
			if len(want) == 0 || r.looked == 0 {
				t.Errorf("the archive plants %d violations and the rule looked at %d things; want some of each",
					len(want), r.looked)
			}
			for _, line := range got {
				if !slices.Contains(want, line) {
					t.Errorf("reported, not planted: %s", line)
				}
			}
			for _, line := range want {
				if !slices.Contains(got, line) {
					t.Errorf("planted, not reported: %s", line)
				}
			}
			if !t.Failed() && !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// An archive that no rule reads would be a lost rule.
func TestPlantedViolations_areAllRead(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range archives {
		rule := strings.TrimSuffix(filepath.Base(name), ".txtar")
		if !slices.ContainsFunc(checks(), func(c check) bool { return c.rule == rule }) {
			t.Errorf("%s belongs to no rule of checks.go", name)
		}
	}
}

func TestLoad_refusesWhatDoesNotParse(t *testing.T) {
	t.Parallel()
	_, err := load(fstest.MapFS{"domain/user.go": {Data: []byte("package domain\n\nfunc {\n")}})
	if err == nil || !strings.Contains(err.Error(), "domain/user.go:3") {
		t.Errorf("got error %v, want one that names domain/user.go:3", err)
	}
}

func TestSnake(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Clock": "clock", "OTPSecrets": "otp_secrets", "CodeSender": "code_sender", "SignIns": "sign_ins",
		"UserIDs": "user_ids", "JWKSource": "jwk_source", "IDs": "ids",
	} {
		if got := snake(name); got != want {
			t.Errorf("snake(%q) = %q, want %q", name, got, want)
		}
	}
}

var (
	marker = regexp.MustCompile(`^-- (\S+) --$`)
	repeat = regexp.MustCompile(`^\.\.\. (\d+)$`)
)

// planted reads the archive of a rule: the lines it must report, and the tree.
func planted(t *testing.T, rule string) (want []string, files fs.FS) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", rule+".txtar"))
	if err != nil {
		t.Fatalf("each rule needs an archive that breaks it: %v", err)
	}
	contents := map[string]*strings.Builder{}
	var current *strings.Builder
	for line := range strings.Lines(string(data)) {
		bare := strings.TrimSuffix(line, "\n")
		switch m := marker.FindStringSubmatch(bare); {
		case m != nil:
			current = &strings.Builder{}
			contents[m[1]] = current
		case current != nil:
			current.WriteString(expand(t, line))
		case bare != "" && !strings.HasPrefix(bare, "#"):
			want = append(want, bare)
		}
	}
	tree := fstest.MapFS{}
	for name, text := range contents {
		tree[name] = &fstest.MapFile{Data: []byte(text.String())}
	}
	return want, tree
}

// expand writes out a line that stands for many.
func expand(t *testing.T, line string) string {
	t.Helper()
	m := repeat.FindStringSubmatch(strings.TrimSpace(line))
	if m == nil {
		return line
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		t.Fatal(fmt.Errorf("read archive: %w", err))
	}
	return strings.Repeat("//\n", n)
}
