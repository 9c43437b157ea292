//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd

package console

import "os"

// isWritable reports whether this process can make files in a folder: here, whether
// there is one.
func isWritable(folder string) bool {
	info, err := os.Stat(folder)
	return err == nil && info.IsDir()
}
