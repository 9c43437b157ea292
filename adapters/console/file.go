package console

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// file is created and opened for appending by the first write. It is never closed.
type file struct {
	path string
	open *os.File
}

// Write appends. It is not safe for concurrent use.
func (f *file) Write(p []byte) (int, error) {
	if f.open == nil {
		opened, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return 0, err
		}
		f.open = opened
	}
	return f.open.Write(p)
}

// checkFile reports why a file cannot be appended to, without side effects. Pipes and
// devices are not checked, because opening them may block.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil
	}
	opened, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) && isWritable(filepath.Dir(path)) {
		return nil // it can be created
	}
	if err != nil {
		return err
	}
	return opened.Close()
}

// isTorn reports whether the last line of a regular file has no line end, because a
// process was killed during a write.
func isTorn(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return false
	}
	reader, err := os.Open(path)
	if err != nil {
		return false
	}
	defer reader.Close()
	last := make([]byte, 1)
	_, err = reader.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}
