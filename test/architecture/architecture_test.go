package architecture

import (
	"os"
	"testing"
)

// root is the top of the tree, seen from this package.
const root = "../.."

func TestArchitecture(t *testing.T) {
	t.Parallel()
	source, err := load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks() {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			r := c.inspect(source)
			for _, f := range r.findings {
				t.Error(f)
			}
			if r.looked == 0 && source.has(c.needs) {
				t.Errorf("%s:1: %s: the rule found nothing to look at: follow the code that moved", c.needs, c.rule)
			}
		})
	}
}
