package sqlite

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
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

// busyTimeout is how long a connection waits for another process that writes;
// less than a store may keep anybody waiting.
const busyTimeout = 1500 * time.Millisecond

// source is how the driver is told of the file (https://www.sqlite.org/uri.html)
// and of the settings of a connection, which are pragmas.
func (c Config) source(wait time.Duration, pragmas ...string) string {
	query := url.Values{
		"_time_integer_format": {"unix_micro"},
		"_dqs":                 {"false"}, // "x" is a name and never a text
		"_busy_timeout":        {strconv.FormatInt(wait.Milliseconds(), 10)},
		"_pragma":              pragmas,
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
