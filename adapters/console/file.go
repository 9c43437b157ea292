package console

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// file is one that is opened for appending, and made, with the first write. It stays
// open as long as the process lives.
type file struct {
	path string
	open *os.File
}

// Write appends. One write at a time.
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

// checkFile says why a file cannot be appended to, and leaves everything as it is. Of
// what is no file, such as a pipe, nothing is said: to open it may have to wait.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil
	}
	opened, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) && isWritable(filepath.Dir(path)) {
		return nil // it can be made
	}
	if err != nil {
		return err
	}
	return opened.Close()
}

// endsTorn reports whether the last line of a file has no end: whoever wrote it
// was killed meanwhile. Of what is no file, nothing is read.
func endsTorn(path string) bool {
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
