package fake_test

import (
	"runtime"
	"testing"
)

// failing is a test whose failure is what another test wants to see.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Fatalf(string, ...any) {
	f.failed = true
	runtime.Goexit()
}
