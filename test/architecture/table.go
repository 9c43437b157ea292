package architecture

import (
	"path"
	"slices"
	"strings"
)

// row is one line of the table "who may import whom" of docs/architecture.md.
type row struct {
	from string   // a folder; the longest one that fits counts
	may  []string // folders of the tree, each with all below it
}

// table says who may import whom inside the tree. Beyond it everybody may import what
// lies in their own unit (an adapter: its own folder), and a _test.go file whatever
// test offers. A folder without a row may hold no Go.
var table = []row{
	{from: "domain"},
	{from: "application/port", may: []string{"domain"}},
	{from: "application", may: []string{"domain", "application/port"}},
	{from: "adapters/httpapi", may: []string{"domain", "application", "adapters/internal"}},
	{from: "adapters", may: []string{"domain", "application/port", "adapters/internal"}},
	{from: "bootstrap", may: []string{"domain", "application/port", "bootstrap/internal"}},
	{from: "bootstrap/internal/command", may: []string{
		"domain", "application", "adapters", "bootstrap/internal/wiring", "bootstrap/internal/config",
		"bootstrap/internal/settings",
	}},
	{from: "bootstrap/internal/wiring", may: []string{
		"domain", "application", "adapters", "bootstrap/internal/config", "bootstrap/internal/settings",
		"bootstrap/internal/asynclog",
	}},
	{from: "bootstrap/internal/config", may: []string{"domain", "application", "adapters", "bootstrap/internal/settings"}},
	{from: "bootstrap/internal/settings", may: []string{"domain"}},
	{from: "bootstrap/internal/asynclog"},
	{from: "cmd", may: []string{"bootstrap"}},
	{from: "test/kit", may: []string{"domain", "application", "adapters", "bootstrap", "test"}},
	{from: "test/acceptance", may: []string{"domain", "application", "adapters", "bootstrap", "test"}},
	{from: "test", may: []string{"domain", "application", "adapters", "test"}},
	{from: "examples", may: []string{"domain", "application/port", "bootstrap", "client", "test/contract"}},
}

// technology says which third-party modules belong to which unit. A library in one
// row is closed to all the others. An adapter folder that has no row may import every
// library without an owner: a new channel needs no change here.
var technology = map[string][]string{
	"domain":                {"golang.org/x/net/idna"},
	"application":           {},
	"application/port":      {},
	"adapters/httpapi":      {"github.com/gin-gonic/gin", "github.com/mileusna/useragent"},
	"adapters/message":      {"golang.org/x/text/language", "golang.org/x/text/unicode/norm"},
	"adapters/console":      {},
	"adapters/djangocfg":    {"github.com/lib/pq"}, // other people's PostgreSQL, which adapters/postgres knows nothing of
	"adapters/phonenumbers": {},
	"adapters/jwt":          {"github.com/golang-jwt/jwt/v5", "github.com/go-jose/go-jose/v4"},
	"adapters/postgres":     {"github.com/jmoiron/sqlx", "github.com/lib/pq", "github.com/pressly/goose/v3"},
	"adapters/sqlite":       {"github.com/jmoiron/sqlx", "modernc.org/sqlite", "github.com/pressly/goose/v3"},
	"adapters/internal/sqlstore": {
		"github.com/jmoiron/sqlx", "github.com/pressly/goose/v3",
	},
	"adapters/system":   {"github.com/google/uuid"},
	"adapters/twilio":   {"github.com/twilio/twilio-go"},
	"adapters/sendgrid": {"github.com/sendgrid/sendgrid-go", "github.com/sendgrid/rest"},
	"adapters/smtp":     {"github.com/wneessen/go-mail"},
	"adapters/sourcerules": {
		"github.com/goccy/go-yaml",
	},
	"adapters/telegram":           {"github.com/go-telegram/bot"},
	"bootstrap":                   {},
	"bootstrap/internal/command":  {"github.com/spf13/cobra", "github.com/spf13/pflag"},
	"bootstrap/internal/wiring":   {"github.com/google/wire"},
	"bootstrap/internal/config":   {},
	"bootstrap/internal/settings": {"github.com/goccy/go-yaml"},
	"bootstrap/internal/asynclog": {},
	"cmd":                         {},
	"test/architecture":           {},
}

// testLibraries may be imported by _test.go files and in test, and by nothing that
// ships.
var testLibraries = []string{
	"github.com/stretchr/testify",
	"github.com/google/go-cmp",
	"pgregory.net/rapid",
	"go.uber.org/goleak",
	"github.com/getkin/kin-openapi",
	"github.com/emersion/go-smtp",
	"github.com/emersion/go-sasl",
	"github.com/chromedp/chromedp",
	"github.com/chromedp/cdproto",     // its protocol
	"github.com/nyaruka/phonenumbers", // adapters/phonenumbers has what it needs of it in a file
}

// worldly folders of test meet the product from outside (they open databases, forge
// tokens), so they may use every library. The others of test are imported by the tests
// of all sides and keep to testLibraries.
var worldly = []string{"test/kit", "test/acceptance"}

// pure is all that domain may import of the standard library: nothing that meets the
// network, the disk, a clock's tick or a context.
var pure = []string{
	"bytes", "cmp", "errors", "fmt", "iter", "maps", "slices", "sort", "strconv", "strings", "time",
	"math", "math/big", "math/bits", "regexp", "unicode", "unicode/utf16", "unicode/utf8",
	"crypto/hkdf", "crypto/hmac", "crypto/sha256", "crypto/subtle",
	"encoding/base64", "encoding/binary", "encoding/hex",
	"net/netip", "net/url",
}

// technical packages of the standard library belong to adapters: a use case neither
// speaks HTTP or SQL, nor reads files, nor logs.
var technical = []string{
	"database/sql", "embed", "html/template", "io/fs", "log", "log/slog", "net", "net/http", "net/smtp",
	"os", "os/exec", "os/signal", "syscall", "testing", "text/template",
}

// rowOf finds the row a folder stands in.
func rowOf(dir string) (row, bool) {
	var best row
	for _, r := range table {
		if under(dir, r.from) && len(r.from) > len(best.from) {
			best = r
		}
	}
	return best, best.from != ""
}

// unitOf is the part of the tree that counts as one: a whole side of the hexagon, but each
// adapter, each package in adapters/internal and bootstrap/internal, and each folder of
// test by itself.
func unitOf(dir string) string {
	parts := strings.Split(dir, "/")
	depth := 1
	switch {
	case under(dir, "application/port"), parts[0] == "test", parts[0] == "adapters":
		depth = 2
	}
	if under(dir, "adapters/internal") || under(dir, "bootstrap/internal") {
		depth = 3
	}
	return path.Join(parts[:min(depth, len(parts))]...)
}

// mayImport says whether a file of one folder may import another folder of the tree.
func mayImport(from, to string, test bool) bool {
	r, ok := rowOf(from)
	if !ok {
		return false
	}
	if unitOf(from) == unitOf(to) || test && under(to, "test") {
		return true
	}
	return slices.ContainsFunc(r.may, func(folder string) bool { return under(to, folder) })
}

// mayUse says whether a file of one folder may import a library.
func mayUse(from, library string, test bool) bool {
	unit := unitOf(from)
	if (test || under(from, "test")) && unit != "test/architecture" && owns(testLibraries, library) {
		return true
	}
	if slices.Contains(worldly, unit) {
		return true
	}
	if libraries, ok := technology[unit]; ok {
		return owns(libraries, library)
	}
	return !under(from, "test") && !owns(testLibraries, library) && owner(library) == ""
}

// owner names the unit a library belongs to; the first by name when there are several.
func owner(library string) string {
	var units []string
	for unit, libraries := range technology {
		if owns(libraries, library) {
			units = append(units, unit)
		}
	}
	slices.Sort(units)
	return strings.Join(units, ", ")
}

// owns says whether a library is one of these modules, or a package of one.
func owns(modules []string, library string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return under(library, m) })
}
