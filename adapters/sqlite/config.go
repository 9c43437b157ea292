package sqlite

import (
	"net/url"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Config locates the database.
type Config struct {
	// Path is the file, which is created if it does not exist, or Memory. It is a path
	// and not a URL: no character is special.
	Path string
}

// Memory is the path of an in-memory database.
const Memory = ":memory:"

func (c Config) inMemory() bool { return c.Path == Memory }

// busyTimeout is how long a connection waits for a write lock of another process. It is
// shorter than a store operation may take.
const busyTimeout = 1500 * time.Millisecond

// source is the driver's data source name (https://www.sqlite.org/uri.html), with the
// settings of a connection as pragmas.
func (c Config) source(busyTimeout time.Duration, pragmas ...string) string {
	query := url.Values{
		"_time_integer_format": {"unix_micro"},
		"_dqs":                 {"false"}, // "x" is an identifier and never a string
		"_busy_timeout":        {strconv.FormatInt(busyTimeout.Milliseconds(), 10)},
		"_pragma":              pragmas,
	}
	if c.inMemory() {
		return "file::memory:?" + query.Encode()
	}
	path := filepath.ToSlash(c.Path)
	if runtime.GOOS == "windows" && filepath.IsAbs(c.Path) {
		path = "/" + path
	}
	for strings.HasPrefix(path, "//") { // would begin with a host name
		path = path[1:]
	}
	return "file:" + escape.Replace(path) + "?" + query.Encode()
}

var escape = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")
