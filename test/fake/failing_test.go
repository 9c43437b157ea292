package fake_test

import (
	"runtime"
	"testing"
)

// failing is a test that has to fail, for another test.
type failing struct {
	testing.TB
	failed bool
}

func (f *failing) Fatalf(string, ...any) {
	f.failed = true
	runtime.Goexit()
}
