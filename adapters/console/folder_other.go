//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd

package console

import "os"

// isWritable reports whether this process can create files in a folder: here, whether
// the folder exists.
func isWritable(folder string) bool {
	info, err := os.Stat(folder)
	return err == nil && info.IsDir()
}
