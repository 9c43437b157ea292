package sqlite

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strings"
)

// Config says where the database is.
type Config struct {
	// Path is the file, made if it is not there, or Memory. It is a path and no
	// URL: every character stands for itself.
	Path string
}

// Memory is the path of a database that is gone when it is closed.
const Memory = ":memory:"

func (c Config) inMemory() bool { return c.Path == Memory }

// source is how the driver is told of the file. The switches before the path's
// own characters are SQLite's: https://www.sqlite.org/uri.html
func (c Config) source(settings ...string) string {
	query := url.Values{
		"_time_integer_format": {"unix_micro"},
		"_dqs":                 {"false"}, // "x" is a name and never a text
		"_pragma": append([]string{
			"busy_timeout(1500)",
			"foreign_keys(1)",
			"temp_store(2)",
		}, settings...),
	}
	if c.inMemory() {
		return "file::memory:?" + query.Encode()
	}
	path := filepath.ToSlash(c.Path)
	if runtime.GOOS == "windows" && filepath.IsAbs(c.Path) {
		path = "/" + path
	}
	for strings.HasPrefix(path, "//") { // would begin with the name of a machine
		path = path[1:]
	}
	return "file:" + escape.Replace(path) + "?" + query.Encode()
}

var escape = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")
