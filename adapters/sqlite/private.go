package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// makePrivate makes an empty file, which is an empty database, for this user
// alone; what SQLite puts beside it gets the same mode. A file that is there stays
// as it is, and of one that cannot be made SQLite says why.
//
// The file is made elsewhere and linked into place: to open one that SQLite has
// open, and to close it, takes the locks of this process away.
func makePrivate(path string) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".doorcode-*") // with mode 0600
	if err != nil {
		return
	}
	_ = temp.Close() // nothing was written
	_ = os.Link(temp.Name(), path)
	_ = os.Remove(temp.Name())
}
