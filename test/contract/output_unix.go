//go:build unix

package contract

import (
	"os"
	"syscall"
)

// replaceStdout sends what the process writes to its standard output to a file.
func replaceStdout(file *os.File) (restore func(), err error) {
	stdout := int(os.Stdout.Fd())
	saved, err := syscall.Dup(stdout)
	if err != nil {
		return nil, err
	}
	return func() {
		_ = duplicate(saved, stdout)
		_ = syscall.Close(saved)
	}, duplicate(int(file.Fd()), stdout)
}
